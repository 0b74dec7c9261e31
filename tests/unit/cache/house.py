"""A site behind its page cache, without servers: the change log and Redis are objects of the test."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import Map
from werkzeug.routing import Rule as UrlRule
from werkzeug.test import Client, TestResponse

from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import Memory
from app.cache.pages import ROUTE
from app.cache.policy import Rule
from app.events import Change, Mark
from app.http.expiry import VALID_UNTIL

URLS = Map(
    [UrlRule("/"), UrlRule("/list"), UrlRule("/api"), UrlRule("/things/<name>"), UrlRule("/feed"), UrlRule("/no")]
)
RULES = {
    "/": Rule(("mission",)),
    "/list": Rule(("mission",), ("year", "after")),
    "/api": Rule(("mission",), ("year",), strict=True),
    "/things/<name>": Rule(("thing:{name}",), most_s=60.0),
    "/feed": Rule(("mission",), absolute=True),
}
TEXT = "Sea water is salty, and colder further down. " * 40


@dataclass
class Log:
    """A change log as MongoDB would keep it: numbers without gaps, a word for each, old ones gone."""

    changes: list[Change] = field(default_factory=list)
    last: int = 0
    word: str = "w"

    def append(self, *tags: str) -> None:
        follows = self.latest().word
        self.last += 1
        self.changes.append(Change(self.latest(), follows, tags))

    def since(self, number: int, limit: int) -> list[Change]:
        return [change for change in self.changes if change.mark.number > number][:limit]

    def latest(self) -> Mark:
        return self.mark(self.last)

    def mark(self, number: int) -> Mark:
        return Mark(number, f"{self.word}{number}")


@dataclass
class Site:
    """An application whose answers say what it was asked, and how often it was."""

    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "text/html"), ("ETag", '"own"')])
    version: int = 1
    rendered: list[str] = field(default_factory=list)
    valid_until_s: float | None = None
    gate: threading.Event | None = None
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        what = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        self.rendered.append(what)
        self.began.release()
        if self.gate is not None:
            assert self.gate.wait(10)
        environ[ROUTE] = environ["PATH_INFO"]
        if self.valid_until_s is not None:
            environ[VALID_UNTIL] = self.valid_until_s
        start_response(self.status, [*self.headers])
        return [f"{what} version {self.version} {sorted(told.items())} {TEXT}".encode()]


class Nowhere:
    """A Redis that is away."""

    def __getattr__(self, _name: str) -> Any:
        from redis import ConnectionError as Away

        raise Away("away")


class Primary:
    """Reads that never lag, unless told so."""

    lags = False

    def begin(self) -> None:
        return None

    def lagged(self) -> bool:
        return self.lags


@dataclass
class House:
    """A site behind its page cache, with the handles of what surrounds it."""

    site: Site
    log: Log
    watcher: ChangeLogFollower
    memory: Memory
    reading: Primary
    outcomes: list[str]
    client: Client
    now_s: list[float]
    # Who renders behind: takes nothing over unless told so, and keeps what it took until it is called.
    takes_over: bool = False
    taken: list[Callable[[], object]] = field(default_factory=list)

    def behind(self, _key: object, render: Callable[[], object]) -> bool:
        if self.takes_over:
            self.taken.append(render)
        return self.takes_over

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def change(self, *tags: str) -> None:
        self.site.version += 1
        self.log.append(*tags)
