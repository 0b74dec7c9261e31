"""The page cache of a worker: put around the application, begun after the fork, ended with the worker."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Flask

from app import events, metrics
from app.cache.background_refresh import BackgroundRefresh
from app.cache.invalidation import ChangeLogFollower, Poller
from app.cache.lru_store import Memory
from app.cache.pages import LagTracker, PageCache
from app.cache.policy import RULES
from app.cache.redis_store import Shared
from app.config import Settings
from app.extensions import redis

_PACKAGE = Path(__file__).parent.parent


class Freshness:
    """What keeps this worker's pages fresh: it follows the change log, and renders behind the visitors' backs."""

    def __init__(self, watcher: ChangeLogFollower, behind: BackgroundRefresh) -> None:
        self._watcher = watcher
        self._behind = behind
        self._news = events.News()
        self._poller: Poller | None = None

    def start(self) -> None:
        """Begins; nothing is kept before the change log has been read once."""
        self._poller = Poller(self._watcher, self._news.wait)
        self._poller.start()
        self._behind.start()

    def stop(self) -> None:
        """Ends."""
        self._behind.stop()
        if self._poller is not None:
            self._poller.stop()
            self._news.close()


def install(
    app: Flask,
    settings: Settings,
    version: str,
    changes: tuple[Callable[[int, int], Sequence[events.Change]], Callable[[], events.Mark]],
    reading: LagTracker,
) -> None:
    """Puts the page cache in front of the application. `changes` reads the change log: since a number, and the last.

    Nothing is kept until `app.extensions["freshness"].start()`, and never with HALOCLINE_PAGE_CACHE_BYTES=0.
    """
    memory = Memory(settings.page_cache_bytes)
    watcher = ChangeLogFollower(memory, *changes, looked=metrics.change_log_read.set_to_current_time)
    behind = BackgroundRefresh()
    app.extensions["freshness"] = Freshness(watcher, behind)
    if settings.page_cache_bytes == 0 or settings.fault_delay_s or settings.fault_error_ratio:
        # Faults on purpose are to hit whoever asks, not the first one alone.
        return
    # Another release renders otherwise, another database holds other missions: each has its own names.
    release = settings.revision if settings.revision != "unknown" else _fingerprint()
    told = f"{version}\n{release}\n{settings.mongodb_uri}\n{settings.mongodb_database}"
    shared = Shared(
        lambda: redis.client, hashlib.sha256(told.encode()).hexdigest()[:16], metrics.page_cache_redis_failures.inc
    )
    answers = {name: metrics.page_cache_answers.labels(name) for name in ("hit", "miss", "stale", "bypass")}

    def count(outcome: str) -> None:
        answers[outcome].inc()
        if outcome == "miss":
            metrics.page_cache_bytes.set(memory.size_bytes)

    # Flask documents this assignment as the way to add a layer.
    app.wsgi_app = PageCache(  # type: ignore[method-assign]
        app.wsgi_app,
        app.url_map,
        RULES,
        memory,
        watcher,
        shared,
        reading,
        count,
        one_origin=settings.public_url is not None,
        admit=app.extensions["admit"],
        behind=behind.offer,
    )


def _fingerprint() -> str:
    """What stands for a revision in a checkout, where files change under one version."""
    parts = sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".html", ".json", ".xml"))
    told = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in parts]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
