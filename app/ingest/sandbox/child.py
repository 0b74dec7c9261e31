"""The reader process, `python -P -m app.ingest.sandbox.child`: parse one file after another for an import.

A request is a line of JSON on standard input, an answer goes to standard output as `frames` has it. It ends with the
import, and on its own when it is too long at a file: nobody may be left to end it.
"""

import json
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from app import logs
from app.ingest.refusals import Refused
from app.ingest.sandbox import wire_format
from app.ingest.sources import formats
from app.ingest.sources.erddap_metadata import About
from app.ingest.sources.observations import Observations

# The import ends the reader when its time is up; the alarm is for a reader whose import was killed.
_ALARM_AFTER_S = 5


def main() -> None:
    """Answers requests until there are no more."""
    # Libraries print to standard output when they fail: answers have a door of their own.
    answers = os.dup(1)
    os.dup2(2, 1)
    # Ctrl-C is for the import, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A core of a file that crashes the library helps nobody, and fills the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logs.configure(sys.argv[1], sys.stderr)
    for line in sys.stdin.buffer:
        _answer(json.loads(line), answers)


def _answer(request: dict[str, Any], answers: int) -> None:
    signal.alarm(math.ceil(request["timeout_s"]) + _ALARM_AFTER_S)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = _address_space_bytes() + request["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        found: Observations | Refused = _read(request)
    except Refused as refused:
        found = refused
    except MemoryError:
        found = wire_format.OutOfMemory("unreadable", "it asks for more memory than a file of its size gets")
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        _send(found, answers)
    except Refused as refused:
        _send(refused, answers)
    signal.alarm(0)


def _read(request: dict[str, Any]) -> Observations:
    path = Path(os.fsdecode(request["path"].encode("latin-1")))
    about = About(**request["about"]) if request["about"] else None
    try:
        return formats.read(path, formats.Limits(**request["limits"]), about)
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error


def _send(found: Observations | Refused, answers: int) -> None:
    for view in wire_format.refusal(found) if isinstance(found, Refused) else wire_format.observations(found):
        rest = view
        while rest:
            rest = rest[os.write(answers, rest) :]


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
