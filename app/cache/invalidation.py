"""What the change log says has been outdated: read twice a second, at once when Redis tells that there is news."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import structlog
from pymongo.errors import PyMongoError

from app.cache.lru_store import Memory
from app.events import Change, Mark

# A new profile shall show within a second: half of it is for noticing, half for rendering.
POLL_S = 0.5
# Changes that are remembered for what is rendered right now and for what other processes have rendered; more have
# come by than any rendering takes, and what is older counts as outdated.
_REMEMBERED = 2_000
_AT_ONCE = 1_000

# Says of a change that it is of simulated things alone.
SIMULATED = "simulated"

log = structlog.get_logger(__name__)


class ChangeLogFollower:
    """Follows the change log and marks in `memory` what it outdates.

    `read(after, limit)` gives the changes beyond a number in order, `latest()` the mark of the last one; both may
    raise pymongo's errors: then nothing is learned, and what is kept goes on being shown. `looked` is called after
    each look that learned what there is to know.
    """

    def __init__(
        self,
        memory: Memory,
        read: Callable[[int, int], Sequence[Change]],
        latest: Callable[[], Mark],
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        self._memory = memory
        self._read = read
        self._latest = latest
        self._looked = looked
        self._lock = threading.Lock()
        self._recent: deque[tuple[Mark, frozenset[str]]] = deque()
        # The marks of these changes, and of the one before them, from which on everything is remembered.
        self._words: dict[int, str] = {}
        # The number of the newest change of each tag among them.
        self._newest: dict[str, int] = {}
        self._mark: Mark | None = None

    @property
    def mark(self) -> Mark | None:
        """The change log as far as it is known here; None while it has never been read."""
        return self._mark

    def outdates(self, mark: Mark, tags: Iterable[str]) -> bool:
        """Whether a known change beyond `mark` outdates one of the tags; True where nobody remembers, or knows it."""
        with self._lock:
            if not self._is_known(mark):
                return True
            return any(self._newest.get(tag, -1) > mark.number for tag in tags)

    def knows(self, mark: Mark) -> bool:
        """Whether this is a place in the log as it is remembered here; False of another log, or of one long ago."""
        with self._lock:
            return self._is_known(mark)

    def _is_known(self, mark: Mark) -> bool:
        return self._words.get(mark.number) == mark.word

    def look(self) -> None:
        """Takes in what has been logged since the last look."""
        latest = self._latest()
        if self._mark is None or latest.number < self._mark.number:
            # At first; or another database, or one that was restored.
            self._begin(latest)
        elif latest != self._mark:
            self._follow(self._mark, latest)
        self._looked()

    def _follow(self, known: Mark, latest: Mark) -> None:
        while changes := self._read(known.number, _AT_ONCE):
            for change in changes:
                if change.mark.number != known.number + 1 or change.follows != known.word:
                    # The log keeps an hour: who slept longer cannot know what happened. Or it is another log.
                    self._begin(self._latest())
                    return
                known = change.mark
            self._learn([(change.mark, widened(change.tags)) for change in changes])
            if len(changes) < _AT_ONCE:
                return
        if known.number <= latest.number and known != latest:
            self._begin(self._latest())

    def _begin(self, mark: Mark) -> None:
        with self._lock:
            self._recent.clear()
            self._newest.clear()
            self._words = {mark.number: mark.word}
            self._mark = mark
        self._memory.clear()

    def _learn(self, changes: Sequence[tuple[Mark, frozenset[str]]]) -> None:
        # Remembered before it is marked: what is kept in between is asked about again by whoever keeps it.
        with self._lock:
            for mark, tags in changes:
                self._recent.append((mark, tags))
                self._words[mark.number] = mark.word
                self._newest.update(dict.fromkeys(tags, mark.number))
                self._mark = mark
            while len(self._recent) > _REMEMBERED:
                oldest, tags = self._recent.popleft()
                self._words.pop(oldest.number - 1, None)
                for tag in tags:
                    if self._newest[tag] == oldest.number:
                        del self._newest[tag]
        # All at once, because marking holds up whoever reads; it may mark more than it must.
        self._memory.outdate(changes[-1][0].number, frozenset().union(*(tags for _, tags in changes)))

    def forget(self) -> None:
        """Knows nothing any more: nothing is kept or shown from memory until the log has been read again."""
        with self._lock:
            self._recent.clear()
            self._newest.clear()
            self._words = {}
            self._mark = None
        self._memory.clear()


def widened(tags: Iterable[str]) -> frozenset[str]:
    """The tags and their kinds: `mission:p/m` outdates also what shows any mission, tagged `mission`.

    What is simulated, and tagged so, outdates what shows simulated things, and itself; nothing real shows it.
    """
    told = frozenset(tags)
    return told if SIMULATED in told else told | {tag.partition(":")[0] for tag in told}


class Poller:
    """A thread that looks again and again. `is_alive` is False as soon as nobody looks any more."""

    def __init__(self, watcher: ChangeLogFollower, wait_for_news: Callable[[float], None]) -> None:
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
