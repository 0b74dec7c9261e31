"""Metric files belong to slots, not to process ids, so that recycled workers leave no files behind.

A worker takes the lowest slot that no living worker holds and continues the totals it finds there.
Files named by pid would grow by one set for every worker that ever lived, and deleting them would make counters fall.
"""

from collections.abc import Iterable
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

_slot: str | None = None


def current() -> str | None:
    """The slot of this process, which names its metric files; None in a process that shares no metrics."""
    return _slot


def lowest_free(taken: Iterable[int]) -> int:
    """The lowest slot, counted from 0, that is not taken."""
    held = set(taken)
    return next(slot for slot in range(len(held) + 1) if slot not in held)


def take(slot: int) -> None:
    """Makes `slot` the identity of this process. For a worker, before its first request."""
    global _slot
    # A predecessor that was killed and whose end went unnoticed may have left its gauges.
    release(slot)
    _slot = str(slot)


def release(slot: int) -> None:
    """Forgets the gauges of a dead worker; its counters stay, because what it counted happened."""
    mark_process_dead(slot)  # type: ignore[no-untyped-call]


def wipe(directory: Path) -> None:
    """Empties the directory. At container start only: a volume outlives the container, its totals must not."""
    for file in directory.glob("*.db"):
        file.unlink(missing_ok=True)
