"""The page cache of one worker process: its WSGI layer, and the threads that keep its entries current."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from werkzeug.routing import Map

from app import events
from app.cache.background_refresh import BackgroundRefresh
from app.cache.dependencies import Dependencies, ReplicaLag
from app.cache.invalidation import ChangeLogFollower, ChangeLogPoller, Observer
from app.cache.lru_store import LruStore
from app.cache.pages import PageCache
from app.cache.policy import INVENTED, RULES
from app.cache.redis_store import RedisStore
from app.config import Settings
from app.extensions import redis
from app.server.readiness import Readiness
from app.telemetry import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from app.cache.dependencies import Admit

_PACKAGE = Path(__file__).parent.parent
_OUTCOMES = ("hit", "miss", "stale", "bypass")


class ChangeLog(Protocol):
    """The reads of `app.store.change_log`, which this folder does not import."""

    def since(self, number: int, limit: int) -> Sequence[events.Change]:
        """At most `limit` changes beyond `number`, in order."""

    def latest(self) -> events.Mark:
        """The last change."""


class WorkerCache:
    """Built before the fork, started after it. Nothing is cached until the change log has been read once.

    `observer` gets the changes that the worker reads.
    """

    def __init__(
        self,
        settings: Settings,
        version: str,
        change_log: ChangeLog,
        replica_lag: ReplicaLag,
        observer: Observer | None = None,
    ) -> None:
        self._settings = settings
        self._version = version
        self._replica_lag = replica_lag
        self.store = LruStore(settings.page_cache_bytes, invented=INVENTED)
        self._follower = ChangeLogFollower(
            self.store,
            change_log.since,
            change_log.latest,
            on_poll=metrics.change_log_read.set_to_current_time,
            on_change=_publish_lag,
            observer=observer,
        )
        self._refresh = BackgroundRefresh()
        self._listener = events.ChangeListener()
        self._poller: ChangeLogPoller | None = None
        self._pages: PageCache | None = None

    @property
    def is_enabled(self) -> bool:
        """False with HALOCLINE_PAGE_CACHE_BYTES=0, and with injected faults, which are meant for each request."""
        settings = self._settings
        return bool(settings.page_cache_bytes and not settings.fault_delay_s and not settings.fault_error_ratio)

    def wrap(self, app: "WSGIApplication", url_map: Map, admit: "Admit") -> "WSGIApplication":
        """The page cache around `app`, or `app` itself if the cache is disabled."""
        if not self.is_enabled:
            return app
        on_failure = metrics.page_cache_redis_failures.inc
        shared = RedisStore(lambda: redis.client, redis.breaker, self._namespace(), on_failure)
        counters = {outcome: metrics.page_cache_requests.labels(outcome) for outcome in _OUTCOMES}

        def count(outcome: str) -> None:
            counters[outcome].inc()
            if outcome == "miss":
                metrics.page_cache_bytes.set(self.store.size_bytes)

        dependencies = Dependencies(
            url_map=url_map,
            rules=RULES,
            store=self.store,
            follower=self._follower,
            shared=shared,
            replica_lag=self._replica_lag,
            count=count,
            admit=admit,
            refresh=self._refresh.submit,
            has_one_origin=self._settings.public_url is not None,
        )
        self._pages = PageCache(app, dependencies)
        return self._pages

    def ready(self, environ: "WSGIEnvironment") -> Readiness:
        """How the cache can answer this request."""
        return self._pages.ready(environ) if self._pages is not None else Readiness.THREAD

    def start(self) -> None:
        """Start the threads. Call it after the fork."""
        self._poller = ChangeLogPoller(self._follower, self._listener.wait)
        self._poller.start()
        self._refresh.start()

    def stop(self) -> None:
        """Stop the threads; close the connections after that."""
        self._refresh.stop()
        if self._poller is not None:
            self._poller.stop()
            self._listener.close()

    def poll_change_log(self) -> None:
        """Read the change log once, now. Raises pymongo's errors."""
        self._follower.poll()

    def _namespace(self) -> str:
        """Identifies this release and this database, so that workers of others never share an entry."""
        settings = self._settings
        release = settings.revision if settings.revision != "unknown" else _fingerprint()
        identity = f"{self._version}\n{release}\n{settings.mongodb_uri}\n{settings.mongodb_database}"
        # Pages have one script more, and a link to the page that imports files.
        identity += f"\n{settings.has_live_events}\n{settings.uploads > 0}\n{settings.upload_page}"
        return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _publish_lag(at: datetime) -> None:
    # The clock of the importer may be ahead of this one.
    metrics.change_lag.set(max((datetime.now(UTC) - at).total_seconds(), 0))


def _fingerprint() -> str:
    """Replaces the revision in a checkout, where files change under one version."""
    paths = sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".html", ".json", ".xml"))
    lines = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
