"""Invalidation by the change log, which is read twice a second and at once when Redis announces a change."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import structlog
from pymongo.errors import PyMongoError

from app import errors
from app.cache.lru_store import LruStore
from app.events import Change, Mark

# A new profile must show within a second: half of it is for reading the change, half for rendering.
POLL_INTERVAL_S = 0.5
# The retained history. A rendering, here or in another process, takes less time than so many changes; entries from
# before the history count as stale.
_RETAINED_CHANGES = 2_000
_BATCH = 1_000

# The tag of a change that affects only simulated platforms.
SIMULATED = "simulated"

log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Is informed by the follower, in its thread. Its methods must not raise."""

    def restarted(self, mark: Mark) -> None:
        """The follower begins at this mark: earlier changes were not read."""

    def changed(self, changes: Sequence[Change]) -> None:
        """These changes were read, and what they affect is invalid."""


class ChangeLogFollower:
    """Reads the change log and invalidates entries of `store`.

    `read(after, limit)` returns the changes beyond a number in order, `latest()` the mark of the last one. Both may
    raise pymongo's errors; entries then stay as they are. `on_poll` is called after each successful poll, `on_change`
    after an invalidation, with the time of the first change that it follows. `observer` gets the changes themselves.
    """

    def __init__(
        self,
        store: LruStore,
        read: Callable[[int, int], Sequence[Change]],
        latest: Callable[[], Mark],
        on_poll: Callable[[], None] = lambda: None,
        on_change: Callable[[datetime], None] = lambda _at: None,
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._read = read
        self._latest = latest
        self._on_poll = on_poll
        self._on_change = on_change
        self._observer = observer
        self._lock = threading.Lock()
        self._history: deque[tuple[Mark, frozenset[str]]] = deque()
        # The token of each change of the history, and of the one before the first, where the history begins.
        self._token_by_number: dict[int, str] = {}
        # The newest change of each tag in the history.
        self._newest_by_tag: dict[str, int] = {}
        self._mark: Mark | None = None

    @property
    def mark(self) -> Mark | None:
        """The last change that was read; None until the first poll."""
        return self._mark

    def is_stale(self, mark: Mark, tags: Iterable[str]) -> bool:
        """True if a change after `mark` affects a tag, or if `mark` is outside the retained history."""
        with self._lock:
            if not self._has(mark):
                return True
            return any(self._newest_by_tag.get(tag, -1) > mark.number for tag in tags)

    def is_in_history(self, mark: Mark) -> bool:
        """True if this mark is in the retained history; False if it is older, or of another change log."""
        with self._lock:
            return self._has(mark)

    def _has(self, mark: Mark) -> bool:
        return self._token_by_number.get(mark.number) == mark.epoch_token

    def poll(self) -> None:
        """Read the changes since the last poll and invalidate what they affect."""
        latest = self._latest()
        if self._mark is None or latest.number < self._mark.number:
            # The first poll; or the database was replaced or restored.
            self._restart(latest)
        elif latest != self._mark:
            self._follow(self._mark, latest)
        self._on_poll()

    def _follow(self, last: Mark, latest: Mark) -> None:
        while changes := self._read(last.number, _BATCH):
            for change in changes:
                if change.mark.number != last.number + 1 or change.previous_token != last.epoch_token:
                    # A gap, because the log retains one hour only; or another log.
                    self._restart(self._latest())
                    return
                last = change.mark
            self._apply([(change.mark, with_kinds(change.tags)) for change in changes])
            if changes[0].at is not None:
                self._on_change(changes[0].at)
            if self._observer is not None:
                self._observer.changed(changes)
            if len(changes) < _BATCH:
                return
        if last.number <= latest.number and last != latest:
            self._restart(self._latest())

    def _restart(self, mark: Mark) -> None:
        with self._lock:
            self._history.clear()
            self._newest_by_tag.clear()
            self._token_by_number = {mark.number: mark.epoch_token}
            self._mark = mark
        self._store.clear()
        if self._observer is not None:
            self._observer.restarted(mark)

    def _apply(self, changes: Sequence[tuple[Mark, frozenset[str]]]) -> None:
        # Record the changes before invalidating: `CacheFill._store_if_fresh` checks again after it has stored an entry,
        # so one that is stored in between is caught.
        with self._lock:
            for mark, tags in changes:
                self._history.append((mark, tags))
                self._token_by_number[mark.number] = mark.epoch_token
                self._newest_by_tag.update(dict.fromkeys(tags, mark.number))
                self._mark = mark
            while len(self._history) > _RETAINED_CHANGES:
                oldest, tags = self._history.popleft()
                self._token_by_number.pop(oldest.number - 1, None)
                for tag in tags:
                    if self._newest_by_tag[tag] == oldest.number:
                        del self._newest_by_tag[tag]
        # One call for all, because it blocks readers. It may invalidate an entry that only an earlier change affects.
        self._store.invalidate(changes[-1][0].number, frozenset().union(*(tags for _, tags in changes)))

    def reset(self) -> None:
        """Discard the history and all entries. Nothing is cached until the next poll succeeds."""
        with self._lock:
            self._history.clear()
            self._newest_by_tag.clear()
            self._token_by_number = {}
            self._mark = None
        self._store.clear()


def with_kinds(tags: Iterable[str]) -> frozenset[str]:
    """The tags and their kinds: a change of `mission:p/m` also affects pages of any mission, tagged `mission`.

    A simulated change affects its own tags and the pages tagged `simulated`; other pages do not show it.
    """
    own = frozenset(tags)
    return own if SIMULATED in own else own | {tag.partition(":")[0] for tag in own}


class ChangeLogPoller:
    """A thread that polls the change log. `wait(timeout_s)` returns early when a change is announced."""

    def __init__(self, follower: ChangeLogFollower, wait: Callable[[float], None]) -> None:
        self._follower = follower
        self._wait = wait
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="change-log", daemon=True)

    @property
    def is_alive(self) -> bool:
        """True while the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread. Call it after the fork."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current poll; close the connections after that."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * POLL_INTERVAL_S)

    def _run(self) -> None:
        is_unreachable = False
        while not self._stopping.is_set():
            try:
                self._follower.poll()
                is_unreachable = False
            except PyMongoError as error:
                if not is_unreachable:
                    log.warning("change_log_unreachable", error=errors.name_of(error))
                is_unreachable = True
            except Exception:  # Any fault: if the thread ended, stale pages would be served for ever.
                log.exception("change_log_poll_failed")
                self._follower.reset()
            self._wait(POLL_INTERVAL_S)
