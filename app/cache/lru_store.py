"""Cache entries in a worker's memory: bounded in bytes, indexed by tag, evicted by least recent use."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from time import time

from app.cache.cached_response import Entry

# Share of the memory for entries that were requested only once. They evict each other, never the protected entries.
_PROBATION_SHARE = 0.25


class LruStore:
    """A segmented LRU, thread-safe. A second request moves an entry from the probationary to the protected segment."""

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._probation: OrderedDict[Hashable, Entry] = OrderedDict()
        self._protected: OrderedDict[Hashable, Entry] = OrderedDict()
        self._keys_by_tag: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._invalidated_at_s: dict[Hashable, float] = {}
        self._probation_bytes = 0
        self._protected_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Approximate memory that all entries take."""
        return self._probation_bytes + self._protected_bytes

    def __len__(self) -> int:
        return len(self._probation) + len(self._protected)

    def get(self, key: Hashable) -> tuple[Entry, bool] | None:
        """The entry, and True if it is fresh: not invalidated, and before its `valid_until_s`. None for a miss."""
        with self._lock:
            entry = self._protected.get(key)
            if entry is not None:
                self._protected.move_to_end(key)
            elif (entry := self._probation.get(key)) is not None:
                # Only 200 responses are promoted. A 404 stays on probation, however often it is requested.
                if entry.is_revalidatable:
                    self._promote(key, entry)
            else:
                return None
            return entry, key not in self._invalidated_at_s and self._clock() < entry.valid_until_s

    def stale_for_s(self, key: Hashable) -> float:
        """Seconds since the entry was invalidated or expired; 0 if it is fresh or missing."""
        with self._lock:
            entry = self._protected.get(key) or self._probation.get(key)
            if entry is None:
                return 0.0
            since_s = min(self._invalidated_at_s.get(key, float("inf")), entry.valid_until_s)
            return max(self._clock() - since_s, 0.0)

    def put(self, key: Hashable, entry: Entry, stale_since_s: float | None = None) -> None:
        """Replace the entry of this key. An entry larger than the probationary segment is not stored.

        The old entry is removed in any case. With `stale_since_s`, the new entry is stale from the start.
        """
        with self._lock:
            was_protected = key in self._protected
            self._remove(key)
            if entry.size_bytes > self._max_bytes * _PROBATION_SHARE:
                return
            segment = self._protected if was_protected else self._probation
            segment[key] = entry
            self._add_bytes(was_protected, entry.size_bytes)
            for tag in entry.tags:
                self._keys_by_tag[tag].add(key)
            if stale_since_s is not None:
                self._invalidated_at_s[key] = stale_since_s
            self._evict()

    def invalidate(self, change_number: int, tags: Iterable[str]) -> None:
        """Mark as stale all entries that have one of the tags and were rendered before this change."""
        with self._lock:
            for key in {key for tag in tags for key in self._keys_by_tag.get(tag, ())}:
                entry = self._protected.get(key) or self._probation[key]
                if entry.mark.number < change_number:
                    self._invalidated_at_s.setdefault(key, self._clock())

    def remove(self, key: Hashable) -> None:
        """Remove the entry, if there is one."""
        with self._lock:
            self._remove(key)

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            for key in [*self._probation, *self._protected]:
                self._remove(key)

    def _promote(self, key: Hashable, entry: Entry) -> None:
        del self._probation[key]
        self._add_bytes(False, -entry.size_bytes)
        self._protected[key] = entry
        self._add_bytes(True, entry.size_bytes)
        self._evict()

    def _evict(self) -> None:
        while self._protected_bytes > self._max_bytes * (1 - _PROBATION_SHARE):
            self._remove(next(iter(self._protected)))
        while self._probation_bytes > self._max_bytes * _PROBATION_SHARE:
            self._remove(next(iter(self._probation)))

    def _remove(self, key: Hashable) -> None:
        for is_protected, segment in ((True, self._protected), (False, self._probation)):
            if (entry := segment.pop(key, None)) is not None:
                self._add_bytes(is_protected, -entry.size_bytes)
                for tag in entry.tags:
                    self._keys_by_tag[tag].discard(key)
                    if not self._keys_by_tag[tag]:
                        del self._keys_by_tag[tag]
        self._invalidated_at_s.pop(key, None)

    def _add_bytes(self, is_protected: bool, delta_bytes: int) -> None:
        if is_protected:
            self._protected_bytes += delta_bytes
        else:
            self._probation_bytes += delta_bytes
