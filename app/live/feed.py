"""Passes the changes of the change log on to the event loop, which sends them to the clients."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from pymongo.errors import PyMongoError

from app import errors
from app.events import Change, Mark
from app.live.history import RETAINED_CHANGES, History

log = structlog.get_logger(__name__)

# While files are imported, changes come faster than a reader can follow; the first one after a pause is sent at once.
_INTERVAL_S = 0.2


class ReadChanges(Protocol):
    """The read of `app.store.change_log`, which this folder does not import."""

    def since(self, number: int, limit: int) -> Sequence[Change]:
        """At most `limit` changes beyond `number`, in order."""


class Feed:
    """Observes the follower of the change log. A thread of its own limits how often events are sent."""

    def __init__(self, history: History, change_log: ReadChanges) -> None:
        self._history, self._change_log = history, change_log
        self._changed, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def restarted(self, mark: Mark) -> None:
        """The follower begins at `mark`. Clients that come from another worker have seen earlier changes."""
        try:
            before = self._change_log.since(mark.number - RETAINED_CHANGES, RETAINED_CHANGES)
        except PyMongoError as error:
            # Such clients are resynchronised.
            log.warning("live_history_unreadable", error=errors.name_of(error))
            before = []
        self._history.restart(mark, before)
        self._changed.set()

    def changed(self, changes: Sequence[Change]) -> None:
        """The follower has read changes, and the pages that they affect are invalid in this worker."""
        self._history.extend(changes)
        self._changed.set()

    def start(self, send: Callable[[], None]) -> None:
        """Call `send` after changes, at most five times a second. Call it after the fork."""
        self._thread = threading.Thread(target=self._run, args=(send,), name="live", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stopping.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join(1)

    def _run(self, send: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            self._changed.wait()
            self._changed.clear()
            send()
            self._stopping.wait(_INTERVAL_S)
