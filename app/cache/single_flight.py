"""One rendering at a time of each answer: whoever comes while it is under way waits for it and gets the same."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.landed = threading.Event()
        self.result: T | None = None


class Flights(Generic[T]):
    """Renderings under way in this process, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Flight[T]] = {}

    def is_under_way(self, key: Hashable) -> bool:
        """Whether somebody renders this at the moment."""
        return key in self._under_way

    def fly(self, key: Hashable, render: Callable[[], T], wait_s: float, otherwise: Callable[[], T]) -> T:
        """What `render` gives: ours, or that of whoever was first; when that one fails or takes longer, `otherwise`.

        Raises what they raise.
        """
        with self._lock:
            flight = self._under_way.get(key)
            leads = flight is None
            if flight is None:
                flight = self._under_way[key] = _Flight()
        if not leads:
            if flight.landed.wait(wait_s) and flight.result is not None:
                return flight.result
            return otherwise()
        try:
            flight.result = render()
            return flight.result
        finally:
            with self._lock:
                del self._under_way[key]
            flight.landed.set()
