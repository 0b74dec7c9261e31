"""Files read in a process of their own: a damaged one that hangs, crashes or devours memory costs only itself."""

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

from app.ingest.refusals import Refused
from app.ingest.sandbox import wire_format
from app.ingest.sources.erddap_metadata import About
from app.ingest.sources.formats import Limits
from app.ingest.sources.netcdf import CELLS_PER_SAMPLE
from app.ingest.sources.observations import Observations

# A damaged file asks for gigabytes whatever its size; a sound one, for 200 bytes a sample, of which compressed files
# hold two or more. The first part is for small ones, and enough for five million samples.
_LEAST_MEMORY_BYTES = 1 << 30
_MEMORY_PER_BYTE = 100
# The slowest, a table of text, is read at several times this.
_BYTES_A_SECOND = 1 << 20
# How long a reader whose pipe broke may take to be dead: a crash is over in an instant, a core dump is off.
_END_TIMEOUT_S = 2

log = structlog.get_logger(__name__)


class ReaderProcess:
    """The reader process of a run: started when first asked, and again after a file that ended it."""

    def __init__(
        self, timeout_s: float, memory_bytes: int, log_level: str = "INFO", command: Sequence[str] | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        # Without the current folder in the path: a numpy.py that lies there must not become ours.
        self._command = command or (sys.executable, "-P", "-m", "app.ingest.sandbox.child", log_level)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Starts the process beforehand: what it imports is then ready with the rest of the run."""
        self._started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: Path, limits: Limits, about: About | None = None) -> Observations:
        """The file's rows. Raises Refused: as `detect.read`, or `unreadable` when the process does not survive it."""
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
        requests, answers = _pipes(process)
        try:
            requests.write(json.dumps(request).encode() + b"\n")
            found = wire_format.answer(
                _Until(answers.fileno(), time.monotonic() + timeout_s).take,
                limits.max_samples,
                limits.max_samples * CELLS_PER_SAMPLE,
            )
        except TimeoutError:
            self.close()
            raise Refused("unreadable", f"reading it takes more than {timeout_s:.0f} s: it is damaged") from None
        except (EOFError, BrokenPipeError):
            status = self.close(_END_TIMEOUT_S)
            raise Refused("unreadable", f"reading it ends the reader ({_ended(status)}): it is damaged") from None
        except wire_format.BadFrame as error:
            self.close()
            log.warning("reader_torn", cause=str(error))
            raise Refused("unreadable", "reading it confuses the reader: it is damaged") from error
        except wire_format.OutOfMemory:
            self.close()
            raise
        except Refused:
            raise
        except BaseException:
            # An answer that nobody took must not be the next file's.
            self.close()
            raise
        return found

    def close(self, patience_s: float = 0) -> int:
        """Ends the process, and says how it ended; 0 when there was none. One that is dying gets time to say so."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with process:
            try:
                return process.wait(patience_s)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        return self._process


class _Until:
    """Bytes from a pipe until a moment of the monotonic clock."""

    def __init__(self, source: int, deadline_s: float) -> None:
        self._source = source
        self._deadline_s = deadline_s
        self._ready = select.poll()
        self._ready.register(source, select.POLLIN)

    def take(self, view: memoryview) -> None:
        """Fills the view. Raises TimeoutError or EOFError."""
        while view:
            left_s = self._deadline_s - time.monotonic()
            if left_s <= 0 or not self._ready.poll(left_s * 1000):
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
