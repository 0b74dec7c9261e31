"""Upload slots: how many files a process receives at once with one API key."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import TooMany

_lock = threading.Lock()
_by_key: Counter[str] = Counter()


@contextmanager
def held(key_id: str, worker_limit: int) -> Iterator[None]:
    """A slot for an upload with this key. Raises TooMany if the key has half of the slots, and at least one.

    A client that sends slowly keeps its slots for hours; the other half is left to other keys.
    """
    with _lock:
        if _by_key[key_id] >= max(worker_limit // 2, 1):
            raise TooMany("Too many uploads at once with this API key; try again when one of them has ended.")
        _by_key[key_id] += 1
    try:
        yield
    finally:
        with _lock:
            _by_key[key_id] -= 1
            if not _by_key[key_id]:
                del _by_key[key_id]  # Keys without an upload take no memory.
