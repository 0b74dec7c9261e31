"""Renderings behind the visitors' backs: nobody waits for a page of which there is one from a moment ago."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import structlog

log = structlog.get_logger(__name__)

# While files come in, each changes a page several times a second. Whoever looks sees no difference, but every
# rendering holds up who shares the processor with it. Two of these fit into the half second that an old page is shown.
EVERY_S = 0.25
# A change outdates lists, maps and sums at once; the last of so many is rendered within half a second.
_MOST_WAITING = 16


class BackgroundRefresh:
    """A thread that renders what it is offered, each page at most four times a second. Does nothing until `start`."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun_s: dict[Hashable, float] = {}
        self._waiting: set[Hashable] = set()
        self._thread: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begins; after a fork."""
        self._thread = ThreadPoolExecutor(1, "behind")

    def stop(self) -> None:
        """Ends after the rendering that is under way."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(cancel_futures=True)

    def offer(self, key: Hashable, render: Callable[[], object]) -> bool:
        """Whether the page is seen to: it is, or will be within a moment. False: whoever asks must render himself."""
        with self._lock:
            if self._thread is None:
                return False
            now_s = self._clock()
            self._begun_s = {other: at for other, at in self._begun_s.items() if now_s - at < EVERY_S}
            if key in self._waiting or key in self._begun_s:
                return True
            if len(self._waiting) >= _MOST_WAITING:
                return False
            self._waiting.add(key)
            self._thread.submit(self._run, key, render)
            return True

    def _run(self, key: Hashable, render: Callable[[], object]) -> None:
        with self._lock:
            self._begun_s[key] = self._clock()
        try:
            render()
        except Exception:  # Whoever asks half a second after the change renders himself, and is told.
            log.exception("rendering_behind_failed")
        finally:
            with self._lock:
                self._waiting.discard(key)
