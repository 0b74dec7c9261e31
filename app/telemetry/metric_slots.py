"""Metric slots: a worker's metric files are named after a slot, not a process id, so that they never pile up.

A worker takes the lowest slot that no living worker holds and continues the totals in its files. Files named by process
id would grow by one set for every worker ever started, and deleting them would make counters fall.
"""

from collections.abc import Iterable
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

_slot: str | None = None


def current() -> str | None:
    """The slot of this process, which names its metric files; None in a process that writes no metrics."""
    return _slot


def lowest_free(taken: Iterable[int]) -> int:
    """The lowest slot, counted from 0, that is not taken."""
    taken_slots = set(taken)
    return next(slot for slot in range(len(taken_slots) + 1) if slot not in taken_slots)


def take(slot: int) -> None:
    """Make `slot` the one of this process. A worker calls this before it loads the application."""
    global _slot
    # An earlier worker that was killed may have left its gauges, if the arbiter missed its end.
    release(slot)
    _slot = str(slot)


def release(slot: int) -> None:
    """Delete the gauges of a dead worker. Its counters stay, because they count past events."""
    mark_process_dead(slot)  # type: ignore[no-untyped-call]


def wipe(directory: Path) -> None:
    """Delete all metric files. At container start only: a volume outlives the container, its totals must not."""
    for file in directory.glob("*.db"):
        file.unlink(missing_ok=True)
