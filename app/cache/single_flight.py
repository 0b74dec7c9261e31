"""Single flight: concurrent requests for one page wait for one rendering and share its result."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.is_done = threading.Event()
        self.result: T | None = None


class SingleFlight(Generic[T]):
    """The calls that run in this process, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight: dict[Hashable, _Flight[T]] = {}

    def is_in_flight(self, key: Hashable) -> bool:
        """True if a call for this key runs now."""
        return key in self._in_flight

    def run(self, key: Hashable, call: Callable[[], T], timeout_s: float, fallback: Callable[[], T]) -> T:
        """The result of `call`, or of the call for this key that runs already.

        If that other call fails or exceeds the timeout, the result of `fallback`. Raises what the own call raises.
        """
        with self._lock:
            flight = self._in_flight.get(key)
            is_leader = flight is None
            if flight is None:
                flight = self._in_flight[key] = _Flight()
        if not is_leader:
            if flight.is_done.wait(timeout_s) and flight.result is not None:
                return flight.result
            return fallback()
        try:
            flight.result = call()
            return flight.result
        finally:
            with self._lock:
                del self._in_flight[key]
            flight.is_done.set()
