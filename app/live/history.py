"""The changes that a client may have missed: the newest part of the change log, in memory."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.cache.invalidation import with_kinds
from app.events import Change, Mark

# As many as the page cache retains. While files are imported one after the other, they span some minutes.
RETAINED_CHANGES = 2_000


@dataclass(frozen=True, slots=True)
class News:
    """The changes up to `mark` together: the tags that they name, and those that pages with such a tag wait for."""

    mark: Mark
    tags: frozenset[str]
    affected: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Recorded:
    mark: Mark
    tags: frozenset[str]
    affected: frozenset[str]


class History:
    """Thread-safe: the follower of the change log adds changes, the event loop reads them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorded: deque[_Recorded] = deque()
        # The token of each change of the history, and of the one before the first.
        self._token_by_number: dict[int, str] = {}
        self._mark: Mark | None = None

    @property
    def mark(self) -> Mark | None:
        """The newest change; None before the change log has been read."""
        return self._mark

    def restart(self, mark: Mark, before: Sequence[Change]) -> None:
        """Begin again at `mark`. `before` are the changes up to it; they are used if they are complete."""
        with self._lock:
            self._recorded.clear()
            self._token_by_number = {mark.number: mark.epoch_token}
            self._mark = mark
            if _is_chain(before, mark):
                first = before[0]
                self._token_by_number[first.mark.number - 1] = first.previous_token
                self._add(before)

    def extend(self, changes: Sequence[Change]) -> None:
        """Add the changes that follow the newest one."""
        with self._lock:
            self._add(changes)

    def between(self, after: Mark, until: Mark) -> News | None:
        """What changed after one mark up to another. None if one of them is not in the history."""
        with self._lock:
            if not (self._has(after) and self._has(until)):
                return None
            tags: set[str] = set()
            affected: set[str] = set()
            # The newest first: a client has rarely missed more than the last change.
            for recorded in reversed(self._recorded):
                if recorded.mark.number <= after.number:
                    break
                if recorded.mark.number <= until.number:
                    tags |= recorded.tags
                    affected |= recorded.affected
            return News(until, frozenset(tags), frozenset(affected))

    def _has(self, mark: Mark) -> bool:
        return self._token_by_number.get(mark.number) == mark.epoch_token

    def _add(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._recorded.append(_Recorded(change.mark, frozenset(change.tags), with_kinds(change.tags)))
            self._token_by_number[change.mark.number] = change.mark.epoch_token
            self._mark = change.mark
        while len(self._recorded) > RETAINED_CHANGES:
            self._token_by_number.pop(self._recorded.popleft().mark.number - 1, None)


def _is_chain(changes: Sequence[Change], mark: Mark) -> bool:
    """True if each change names the one before it, and the last one is `mark`."""
    follows = all(
        after.mark.number == before.mark.number + 1 and after.previous_token == before.mark.epoch_token
        for before, after in pairwise(changes)
    )
    return bool(changes) and follows and changes[-1].mark == mark
