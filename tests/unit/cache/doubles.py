"""A page cache over a small application, with a change log, a clock and a Redis under the control of the test."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import redis
from werkzeug.routing import Map
from werkzeug.routing import Rule as UrlRule
from werkzeug.test import Client, TestResponse

from app.cache.dependencies import Dependencies
from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import LruStore
from app.cache.pages import PageCache
from app.cache.policy import Rule
from app.cache.redis_store import RedisStore
from app.circuit_breaker import CircuitBreaker, Policy
from app.events import Change, Mark
from app.http.expiry import VALID_UNTIL
from app.telemetry.observe import ROUTE

URLS = Map(
    [
        UrlRule("/"),
        UrlRule("/list"),
        UrlRule("/api"),
        UrlRule("/things/<name>"),
        UrlRule("/feed"),
        UrlRule("/no"),
    ]
)
RULES = {
    "/": Rule(("mission",)),
    "/list": Rule(("mission",), ("year", "after")),
    "/api": Rule(("mission",), ("year",), strict=True),
    "/things/<name>": Rule(("thing:{name}",), max_age_s=60.0),
    "/feed": Rule(("mission",), absolute=True),
}
TEXT = "Sea water is salty, and colder further down. " * 40


@dataclass
class ChangeLog:
    """A change log like the one in MongoDB: consecutive numbers, a token for each change, old changes deleted."""

    changes: list[Change] = field(default_factory=list)
    last: int = 0
    token: str = "t"

    def append(self, *tags: str) -> None:
        previous_token = self.latest().epoch_token
        self.last += 1
        self.changes.append(Change(self.latest(), previous_token, tags))

    def since(self, number: int, limit: int) -> list[Change]:
        return [change for change in self.changes if change.mark.number > number][:limit]

    def latest(self) -> Mark:
        return self.mark(self.last)

    def mark(self, number: int) -> Mark:
        return Mark(number, f"{self.token}{number}")


@dataclass
class Site:
    """An application whose responses contain the request and a version."""

    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "text/html")])
    version: int = 1
    rendered: list[str] = field(default_factory=list)
    valid_until_s: float | None = None
    gate: threading.Event | None = None
    started: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    # Called at the end of each rendering.
    after_rendering: Callable[[], None] = lambda: None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request_headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        url = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        self.rendered.append(url)
        self.started.release()
        if self.gate is not None:
            assert self.gate.wait(10)
        environ[ROUTE] = environ["PATH_INFO"]
        if self.valid_until_s is not None:
            environ[VALID_UNTIL] = self.valid_until_s
        start_response(self.status, [*self.headers])
        body = f"{url} version {self.version} {sorted(request_headers.items())} {TEXT}".encode()
        self.after_rendering()
        return [body]


class UnreachableRedis:
    """A Redis client whose commands fail."""

    def __getattr__(self, _name: str) -> Any:
        raise redis.ConnectionError("unreachable")


def closed_breaker() -> CircuitBreaker:
    """A circuit breaker that stays closed, so that every command is tried."""
    policy = Policy(failures_until_open=1_000_000, silent_s=0, first_probe_s=0, probe_period_s=0)
    return CircuitBreaker(lambda: None, policy)


class FakeReplicaLag:
    """Reads from the primary, unless the test says otherwise."""

    has_lag = False

    def reset(self) -> None:
        return None

    def has_secondary_read(self) -> bool:
        return self.has_lag


class Setup:
    """A site behind its page cache, with the parts that a test controls."""

    def __init__(self, **more: Any) -> None:
        self.site = Site()
        self.log = ChangeLog(last=1)
        self.now_s = 1_000.0
        self.replica_lag = FakeReplicaLag()
        self.store = LruStore(4_000_000, lambda: self.now_s)
        self.follower = ChangeLogFollower(self.store, self.log.since, self.log.latest)
        self.outcomes: list[str] = []
        # The background refresh: refuses work unless enabled, and keeps what it accepts until the test runs it.
        self.has_refresh = False
        self.refreshes: list[Callable[[], object]] = []
        redis_client: Any = UnreachableRedis()
        dependencies = Dependencies(
            url_map=URLS,
            rules=RULES,
            store=self.store,
            follower=self.follower,
            shared=RedisStore(lambda: redis_client, closed_breaker(), "test", lambda: None),
            replica_lag=self.replica_lag,
            count=self.outcomes.append,
            refresh=self._refresh,
            clock=lambda: self.now_s,
            pause=lambda _s: None,
            **more,
        )
        self.pages = PageCache(self.site, dependencies)
        self.client = Client(self.pages, use_cookies=False)
        self.follower.poll()

    def _refresh(self, _key: object, render: Callable[[], object]) -> bool:
        if self.has_refresh:
            self.refreshes.append(render)
        return self.has_refresh

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def change(self, *tags: str) -> None:
        """The content changes, and the change log has an entry for it."""
        self.site.version += 1
        self.log.append(*tags)

    def change_and_poll(self) -> None:
        self.change("mission:p/m")
        self.follower.poll()
