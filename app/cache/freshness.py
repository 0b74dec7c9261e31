"""What the change log says has been outdated: read twice a second, at once when Redis tells that there is news."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import structlog
from pymongo.errors import PyMongoError

from app.cache.memory import Memory

# A new profile shall show within a second: half of it is for noticing, half for rendering.
POLL_S = 0.5
# Changes that are remembered for what is rendered right now and for what other processes have rendered; more have
# come by than any rendering takes, and what is older counts as outdated.
_REMEMBERED = 2_000
_AT_ONCE = 1_000

log = structlog.get_logger(__name__)

Change = tuple[int, Sequence[str]]


class Watcher:
    """Follows the change log and marks in `memory` what it outdates.

    `read(after, limit)` gives the changes beyond a number in order, `latest()` the highest number; both may raise
    pymongo's errors: then nothing is learned, and what is kept goes on being shown.
    """

    def __init__(self, memory: Memory, read: Callable[[int, int], Sequence[Change]], latest: Callable[[], int]) -> None:
        self._memory = memory
        self._read = read
        self._latest = latest
        self._lock = threading.Lock()
        self._recent: deque[tuple[int, frozenset[str]]] = deque(maxlen=_REMEMBERED)
        # The change after which everything is remembered.
        self._remembers_from: int | None = None
        self._number: int | None = None

    @property
    def number(self) -> int | None:
        """The change log as far as it is known here; None while it has never been read."""
        return self._number

    def outdates(self, number: int, tags: Iterable[str]) -> bool:
        """Whether a known change beyond `number` outdates one of the tags; True where nobody remembers."""
        with self._lock:
            if self._remembers_from is None or number < self._remembers_from:
                return True
            wanted = frozenset(tags)
            return any(change > number and not wanted.isdisjoint(changed) for change, changed in self._recent)

    def look(self) -> None:
        """Takes in what has been logged since the last look."""
        if self._number is None:
            self._begin(self._latest())
            return
        while changes := self._read(self._number, _AT_ONCE):
            if changes[0][0] != self._number + 1:
                # The log keeps an hour: who slept longer cannot know what happened.
                self._begin(self._latest())
                return
            self._learn([(number, widened(tags)) for number, tags in changes])
            if len(changes) < _AT_ONCE:
                return
        if (latest := self._latest()) < self._number:
            # Another database, or one that was restored.
            self._begin(latest)

    def _begin(self, number: int) -> None:
        with self._lock:
            self._recent.clear()
            self._remembers_from = self._number = number
        self._memory.clear()

    def _learn(self, changes: Sequence[tuple[int, frozenset[str]]]) -> None:
        # Remembered before it is marked: what is kept in between is asked about again by whoever keeps it.
        with self._lock:
            for number, tags in changes:
                if len(self._recent) == _REMEMBERED:
                    self._remembers_from = self._recent[0][0]
                self._recent.append((number, tags))
                self._number = number
        # All at once, because marking holds up whoever reads; it may mark more than it must.
        self._memory.outdate(changes[-1][0], frozenset().union(*(tags for _, tags in changes)))

    def forget(self) -> None:
        """Knows nothing any more: nothing is kept or shown from memory until the log has been read again."""
        with self._lock:
            self._remembers_from = self._number = None
        self._memory.clear()


def widened(tags: Iterable[str]) -> frozenset[str]:
    """The tags and their kinds: `mission:p/m` outdates also what shows any mission, tagged `mission`."""
    return frozenset(name for tag in tags for name in (tag, tag.partition(":")[0]))


class Poller:
    """A thread that looks again and again. `is_alive` is False as soon as nobody looks any more."""

    def __init__(self, watcher: Watcher, wait_for_news: Callable[[float], None]) -> None:
        self._watcher = watcher
        self._wait_for_news = wait_for_news
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freshness", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether somebody looks."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the look that is under way; connections are closed after it."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(2 * POLL_S)

    def _run(self) -> None:
        away = False
        while not self._stopped.is_set():
            try:
                self._watcher.look()
                away = False
            except PyMongoError as error:
                if not away:
                    log.warning("change_log_unread", error=type(error).__name__)
                away = True
            except Exception:  # Whatever it is: a thread that dies would leave old pages shown for ever.
                log.exception("change_log_unreadable")
                self._watcher.forget()
            self._wait_for_news(POLL_S)
