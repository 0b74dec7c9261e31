"""The reader process, `python -P -m app.ingest.sandbox.child`: parse one file after another for an import.

A request is a line of JSON on standard input; the response goes to standard output in the format of `wire_format`. The
process ends with the import. An alarm ends it when a file takes too long, in case the import itself was killed.
"""

import json
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from app.ingest.formats import detection
from app.ingest.formats.erddap_metadata import About
from app.ingest.formats.observations import Observations
from app.ingest.refusals import Refused
from app.ingest.sandbox import wire_format
from app.telemetry import logs

# The import ends the reader at its deadline; the alarm is for a reader whose import was killed.
_ALARM_AFTER_S = 5


def main() -> None:
    """Respond to requests until the input ends."""
    # Libraries print to standard output when they fail: responses use a descriptor of their own.
    responses = os.dup(1)
    os.dup2(2, 1)
    # The import handles Ctrl-C and then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Core dumps of crashes would fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logs.configure(sys.argv[1], sys.stderr)
    for line in sys.stdin.buffer:
        _respond(json.loads(line), responses)


def _respond(request: dict[str, Any], responses: int) -> None:
    signal.alarm(math.ceil(request["timeout_s"]) + _ALARM_AFTER_S)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = _address_space_bytes() + request["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        result: Observations | Refused = _read(request)
    except Refused as refused:
        result = refused
    except MemoryError:
        result = wire_format.OutOfMemory("unreadable", "it needs more memory than the limit for a file of its size")
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        _send(result, responses)
    except Refused as refused:
        _send(refused, responses)
    signal.alarm(0)


def _read(request: dict[str, Any]) -> Observations:
    path = Path(os.fsdecode(request["path"].encode("latin-1")))
    about = About(**request["about"]) if request["about"] else None
    try:
        return detection.read(path, detection.Limits(**request["limits"]), about)
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error


def _send(result: Observations | Refused, responses: int) -> None:
    for view in wire_format.refusal(result) if isinstance(result, Refused) else wire_format.observations(result):
        rest = view
        while rest:
            rest = rest[os.write(responses, rest) :]


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
