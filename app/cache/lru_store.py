"""Entries in a worker's memory: bounded by bytes, found by what outdates them, the least recently used out first."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from time import time

from app.cache.cached_response import Entry

# What has been asked for once must not push out what is asked for all day: newcomers get this share of the room.
_NEWCOMERS = 0.25


class Memory:
    """Thread-safe. An entry that is asked for a second time moves from the newcomers to the regulars."""

    def __init__(self, most_bytes: int, clock: Callable[[], float] = time) -> None:
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._newcomers: OrderedDict[Hashable, Entry] = OrderedDict()
        self._regulars: OrderedDict[Hashable, Entry] = OrderedDict()
        self._by_tag: defaultdict[str, set[Hashable]] = defaultdict(set)
        # Since when each is.
        self._outdated: dict[Hashable, float] = {}
        self._newcomers_bytes = 0
        self._regulars_bytes = 0

    @property
    def size_bytes(self) -> int:
        """About what all entries take."""
        return self._newcomers_bytes + self._regulars_bytes

    def __len__(self) -> int:
        return len(self._newcomers) + len(self._regulars)

    def find(self, key: Hashable) -> tuple[Entry, bool] | None:
        """The entry and whether it is still fresh: no change outdated it, and its time has not come. None: no entry."""
        with self._lock:
            found = self._regulars.get(key)
            if found is not None:
                self._regulars.move_to_end(key)
            elif (found := self._newcomers.get(key)) is not None:
                # What does not exist stays a newcomer, however often somebody asks.
                if found.is_whole:
                    self._promote(key, found)
            else:
                return None
            return found, key not in self._outdated and self._clock() < found.valid_until_s

    def outdated_for_s(self, key: Hashable) -> float:
        """How long ago the entry was outdated, by a change or by its time; 0 while it is fresh or not there."""
        with self._lock:
            entry = self._regulars.get(key) or self._newcomers.get(key)
            if entry is None:
                return 0.0
            since_s = min(self._outdated.get(key, float("inf")), entry.valid_until_s)
            return max(self._clock() - since_s, 0.0)

    def keep(self, key: Hashable, entry: Entry, outdated_since_s: float | None = None) -> None:
        """Keeps the entry in place of an older one; one that is larger than all the room is not kept.

        One that has been overtaken says since when; it is never fresh.
        """
        with self._lock:
            was_regular = key in self._regulars
            self._remove(key)
            if entry.size_bytes > self._most_bytes * _NEWCOMERS:
                return
            segment = self._regulars if was_regular else self._newcomers
            segment[key] = entry
            self._count(was_regular, entry.size_bytes)
            for tag in entry.tags:
                self._by_tag[tag].add(key)
            if outdated_since_s is not None:
                self._outdated[key] = outdated_since_s
            self._make_room()

    def outdate(self, number: int, tags: Iterable[str]) -> None:
        """Marks what change `number` outdates; it may still be shown while its successor is rendered."""
        with self._lock:
            for key in {key for tag in tags for key in self._by_tag.get(tag, ())}:
                entry = self._regulars.get(key) or self._newcomers[key]
                if entry.mark.number < number:
                    self._outdated.setdefault(key, self._clock())

    def remove(self, key: Hashable) -> None:
        """Forgets the entry."""
        with self._lock:
            self._remove(key)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            for key in [*self._newcomers, *self._regulars]:
                self._remove(key)

    def _promote(self, key: Hashable, entry: Entry) -> None:
        del self._newcomers[key]
        self._count(False, -entry.size_bytes)
        self._regulars[key] = entry
        self._count(True, entry.size_bytes)
        self._make_room()

    def _make_room(self) -> None:
        while self._regulars_bytes > self._most_bytes * (1 - _NEWCOMERS):
            self._remove(next(iter(self._regulars)))
        while self._newcomers_bytes > self._most_bytes * _NEWCOMERS:
            self._remove(next(iter(self._newcomers)))

    def _remove(self, key: Hashable) -> None:
        for regular, segment in ((True, self._regulars), (False, self._newcomers)):
            if (entry := segment.pop(key, None)) is not None:
                self._count(regular, -entry.size_bytes)
                for tag in entry.tags:
                    self._by_tag[tag].discard(key)
                    if not self._by_tag[tag]:
                        del self._by_tag[tag]
        self._outdated.pop(key, None)

    def _count(self, regular: bool, size_bytes: int) -> None:
        if regular:
            self._regulars_bytes += size_bytes
        else:
            self._newcomers_bytes += size_bytes
