"""Functions that the event loop calls in its next turn."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress


class Calls:
    """Threads and the event loop add functions, which must not raise. `wake` ends the wait of the event loop."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._functions: deque[Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._functions)

    def add(self, function: Callable[[], None]) -> None:
        """In the event loop: call the function once other connections got their turn."""
        self._functions.append(function)

    def add_from_thread(self, function: Callable[[], None]) -> None:
        """Let the event loop call the function."""
        self._functions.append(function)
        with suppress(BlockingIOError):
            self._wake()

    def run(self) -> None:
        """Call the functions. Those that they add have to wait for the next turn."""
        for _ in range(len(self._functions)):
            self._functions.popleft()()
