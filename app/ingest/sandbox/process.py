"""The reader process: a damaged file that hangs, crashes or exhausts memory fails alone, without the import."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from app.ingest.formats.detection import Limits
from app.ingest.formats.erddap_metadata import About
from app.ingest.formats.netcdf import CELLS_PER_SAMPLE
from app.ingest.formats.observations import Observations
from app.ingest.refusals import Refused
from app.ingest.sandbox import wire_format

# A damaged file may need gigabytes whatever its size. A valid one needs 200 bytes a sample, and a compressed sample has
# two bytes or more. The constant is for small files, and enough for five million samples.
_LEAST_MEMORY_BYTES = 1 << 30
_MEMORY_PER_BYTE = 100
# Even the slowest format, a table of text, is read at several times this speed.
_BYTES_A_SECOND = 1 << 20
# The time for a reader with a broken pipe to exit: a crash is immediate, because core dumps are off.
_END_TIMEOUT_S = 2

log = structlog.get_logger(__name__)


class ReaderProcess:
    """The reader process of a run: started for the first file, and again after a file that ended it."""

    def __init__(
        self, timeout_s: float, memory_bytes: int, log_level: str = "INFO", command: Sequence[str] | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        # `-P`: a numpy.py in the current folder must not be imported.
        self._command = command or (sys.executable, "-P", "-m", "app.ingest.sandbox.child", log_level)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the process early: it imports its libraries while the run prepares."""
        self._started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: Path, limits: Limits, about: About | None = None) -> Observations:
        """The file's rows. Raises Refused as `formats.read` does, and `unreadable` if the process fails or hangs."""
        size = _size(path)
        timeout_s = self._timeout_s + size / _BYTES_A_SECOND
        memory_bytes = min(self._memory_bytes, _LEAST_MEMORY_BYTES + size * _MEMORY_PER_BYTE)
        request = {
            "path": os.fsencode(path.absolute()).decode("latin-1"),
            "limits": asdict(limits),
            "about": asdict(about) if about else None,
            "timeout_s": timeout_s,
            "memory_bytes": memory_bytes,
        }
        process = self._started()
        requests, responses = _pipes(process)
        try:
            requests.write(json.dumps(request).encode() + b"\n")
            observations = wire_format.received(
                _DeadlineReader(responses.fileno(), time.monotonic() + timeout_s).take,
                limits.max_samples,
                limits.max_samples * CELLS_PER_SAMPLE,
            )
        except TimeoutError:
            self.close()
            raise Refused("unreadable", f"reading it takes more than {timeout_s:.0f} s: it is damaged") from None
        except (EOFError, BrokenPipeError):
            status = self.close(_END_TIMEOUT_S)
            raise Refused("unreadable", f"the reader process ended ({_ended(status)}): it is damaged") from None
        except wire_format.BadFrame as error:
            self.close()
            log.warning("reader_response_invalid", cause=str(error))
            raise Refused("unreadable", "the reader process sent an invalid response: it is damaged") from error
        except wire_format.OutOfMemory:
            self.close()
            raise
        except Refused:
            raise
        except BaseException:
            # A pending response must not be taken for that of the next file.
            self.close()
            raise
        return observations

    def close(self, grace_s: float = 0) -> int:
        """End the process and return its status, 0 without a process. It is killed after `grace_s`."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with process:
            try:
                return process.wait(grace_s)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        return self._process


class _DeadlineReader:
    """Reads bytes from a pipe until a deadline of the monotonic clock."""

    def __init__(self, source: int, deadline_s: float) -> None:
        self._source = source
        self._deadline_s = deadline_s
        self._ready = select.poll()
        self._ready.register(source, select.POLLIN)

    def take(self, view: memoryview) -> None:
        """Fill the view. Raises TimeoutError or EOFError."""
        while view:
            remaining_s = self._deadline_s - time.monotonic()
            if remaining_s <= 0 or not self._ready.poll(remaining_s * 1000):
                raise TimeoutError
            count = os.readv(self._source, [view])
            if count == 0:
                raise EOFError
            view = view[count:]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("a reader without pipes")
    return process.stdin, process.stdout


def _ended(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"
