"""Cache entries in a worker's memory: bounded in bytes, indexed by tag, evicted by least recent use."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from time import time

from app.cache.cached_response import Entry

# Share of the memory for entries that were requested only once. They evict each other, never the protected entries.
_PROBATION_SHARE = 0.25
# Share for pages that clients can invent without end, such as searches: some dozens of popular queries. They evict
# each other, and no other page.
_INVENTED_SHARE = 0.1
# Keys of such pages that are remembered after one request, some hundred bytes each. A page is stored at its second
# request, so that a stream of different queries does not evict the popular ones.
_REMEMBERED_KEYS = 1_000


class LruStore:
    """A segmented LRU, thread-safe. A second request moves an entry from the probationary to the protected segment.

    Entries of the routes `invented` have a segment of their own, and are stored when they are put a second time.
    """

    def __init__(
        self, max_bytes: int, clock: Callable[[], float] = time, invented: frozenset[str] = frozenset()
    ) -> None:
        self._clock = clock
        self._invented_routes = invented
        self._lock = threading.Lock()
        self._probation = _Segment(max_bytes * _PROBATION_SHARE)
        self._protected = _Segment(max_bytes * (1 - _PROBATION_SHARE - _INVENTED_SHARE))
        self._invented = _Segment(max_bytes * _INVENTED_SHARE)
        self._keys_by_tag: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._invalidated_at_s: dict[Hashable, float] = {}
        self._requested_once: OrderedDict[Hashable, None] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """Approximate memory that all entries take."""
        return sum(segment.size_bytes for segment in self._segments())

    def __len__(self) -> int:
        return sum(len(segment.entries) for segment in self._segments())

    def get(self, key: Hashable) -> tuple[Entry, bool] | None:
        """The entry, and True if it is fresh: not invalidated, and before its `valid_until_s`. None for a miss."""
        with self._lock:
            for segment in self._segments():
                if (entry := segment.entries.get(key)) is not None:
                    # Only 200 responses are promoted. A 404 stays on probation, however often it is requested.
                    if segment is not self._probation:
                        segment.entries.move_to_end(key)
                    elif entry.is_revalidatable:
                        self._probation.pop(key)
                        self._add(self._protected, key, entry)
                    return entry, key not in self._invalidated_at_s and self._clock() < entry.valid_until_s
            return None

    def stale_for_s(self, key: Hashable) -> float:
        """Seconds since the entry was invalidated or expired; 0 if it is fresh or missing."""
        with self._lock:
            entry = self._find(key)
            if entry is None:
                return 0.0
            since_s = min(self._invalidated_at_s.get(key, float("inf")), entry.valid_until_s)
            return max(self._clock() - since_s, 0.0)

    def put(self, key: Hashable, entry: Entry, stale_since_s: float | None = None) -> None:
        """Replace the entry of this key. An entry larger than the probationary segment is not stored.

        The old entry is removed in any case. With `stale_since_s`, the new entry is stale from the start.
        """
        with self._lock:
            segment = self._segment_for(key, entry)
            self._remove(key)
            if segment is None or entry.size_bytes > min(segment.max_bytes, self._probation.max_bytes):
                return
            for tag in entry.tags:
                self._keys_by_tag[tag].add(key)
            if stale_since_s is not None:
                self._invalidated_at_s[key] = stale_since_s
            self._add(segment, key, entry)

    def invalidate(self, change_number: int, tags: Iterable[str]) -> None:
        """Mark as stale all entries that have one of the tags and were rendered before this change."""
        with self._lock:
            for key in {key for tag in tags for key in self._keys_by_tag.get(tag, ())}:
                entry = self._find(key)
                if entry is not None and entry.mark.number < change_number:
                    self._invalidated_at_s.setdefault(key, self._clock())

    def remove(self, key: Hashable) -> None:
        """Remove the entry, if there is one."""
        with self._lock:
            self._remove(key)

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            for key in [key for segment in self._segments() for key in segment.entries]:
                self._remove(key)

    def _segments(self) -> "tuple[_Segment, _Segment, _Segment]":
        return self._protected, self._probation, self._invented

    def _segment_for(self, key: Hashable, entry: Entry) -> "_Segment | None":
        """The segment of a new entry; None for an invented page at its first request."""
        if entry.route not in self._invented_routes:
            return self._protected if key in self._protected.entries else self._probation
        if key in self._invented.entries or key in self._requested_once:
            self._requested_once.pop(key, None)
            return self._invented
        self._requested_once[key] = None
        if len(self._requested_once) > _REMEMBERED_KEYS:
            self._requested_once.popitem(last=False)
        return None

    def _find(self, key: Hashable) -> Entry | None:
        return next((segment.entries[key] for segment in self._segments() if key in segment.entries), None)

    def _add(self, segment: "_Segment", key: Hashable, entry: Entry) -> None:
        """Add the entry, and evict the oldest entries of the segment while it is too large."""
        segment.add(key, entry)
        while segment.size_bytes > segment.max_bytes:
            self._remove(next(iter(segment.entries)))

    def _remove(self, key: Hashable) -> None:
        for segment in self._segments():
            if (entry := segment.pop(key)) is not None:
                for tag in entry.tags:
                    self._keys_by_tag[tag].discard(key)
                    if not self._keys_by_tag[tag]:
                        del self._keys_by_tag[tag]
        self._invalidated_at_s.pop(key, None)


class _Segment:
    """Entries in the order of their use, with their size."""

    def __init__(self, max_bytes: float) -> None:
        self.max_bytes = max_bytes
        self.size_bytes = 0
        self.entries: OrderedDict[Hashable, Entry] = OrderedDict()

    def add(self, key: Hashable, entry: Entry) -> None:
        self.entries[key] = entry
        self.size_bytes += entry.size_bytes

    def pop(self, key: Hashable) -> Entry | None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self.size_bytes -= entry.size_bytes
        return entry
