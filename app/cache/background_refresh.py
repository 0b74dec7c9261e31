"""Background refresh: serve the stale page while a thread of the worker renders the new one."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import structlog

log = structlog.get_logger(__name__)

# During an import, a page changes several times a second. Readers see no difference between such renderings, but each
# one slows down the other threads. Two of them fit into the half second in which a stale page may be served.
INTERVAL_S = 0.25
# One change invalidates lists, maps and totals at once. A full queue is rendered within half a second.
_MAX_QUEUED = 16


class BackgroundRefresh:
    """A thread that renders pages, each at most four times a second. It refuses all work until `start`."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._started_at_s: dict[Hashable, float] = {}
        self._queued: set[Hashable] = set()
        self._executor: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Start the thread. Call it after the fork."""
        self._executor = ThreadPoolExecutor(1, "refresh")

    def stop(self) -> None:
        """Stop after the rendering that runs now; drop the queued ones."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(cancel_futures=True)

    def submit(self, key: Hashable, render: Callable[[], object]) -> bool:
        """True if a refresh of this page is queued, runs, or started a moment ago; if False, the caller must render."""
        with self._lock:
            if self._executor is None:
                return False
            now_s = self._clock()
            self._started_at_s = {other: at for other, at in self._started_at_s.items() if now_s - at < INTERVAL_S}
            if key in self._queued or key in self._started_at_s:
                return True
            if len(self._queued) >= _MAX_QUEUED:
                return False
            self._queued.add(key)
            self._executor.submit(self._run, key, render)
            return True

    def _run(self, key: Hashable, render: Callable[[], object]) -> None:
        with self._lock:
            self._started_at_s[key] = self._clock()
        try:
            render()
        except Exception:  # The first request after the half second renders again and gets the error itself.
            log.exception("background_refresh_failed")
        finally:
            with self._lock:
                self._queued.discard(key)
