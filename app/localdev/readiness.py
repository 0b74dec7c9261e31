"""Wait until an embedded server is ready, or report in one line why it is not."""

import time
from collections.abc import Callable
from pathlib import Path

from app.localdev import pidfiles
from app.localdev.errors import LocalDevError

# A cold mongod from a slow disk needs about 10 s; a server that hangs must not keep the user waiting for ever.
START_WITHIN_S = 60.0
_POLL_S = 0.05


def wait(name: str, home: Path, is_ready: Callable[[], bool], errors: tuple[type[Exception], ...]) -> None:
    """Return once `is_ready()` is true; `errors` count as not ready.

    Raises LocalDevError when the server ends or START_WITHIN_S passes.
    """
    deadline = time.monotonic() + START_WITHIN_S
    while not _responds(is_ready, errors):
        log = home / f"{name}.log"
        if pidfiles.alive(home / f"{name}.pid") is None:
            raise LocalDevError(f"{name} ended while starting: {_cause(log)} (whole log: {log})")
        if time.monotonic() > deadline:
            raise LocalDevError(f"{name} was not ready within {START_WITHIN_S:.0f} s (log: {log})")
        time.sleep(_POLL_S)


def _responds(is_ready: Callable[[], bool], errors: tuple[type[Exception], ...]) -> bool:
    try:
        return is_ready()
    except errors:
        return False


def _cause(log: Path) -> str:
    text = pidfiles.last_lines(log, 40)
    if "No space left on device" in text:
        return "the disk is full: free some space and try again"
    return pidfiles.last_lines(log, 1) or "it wrote nothing"
