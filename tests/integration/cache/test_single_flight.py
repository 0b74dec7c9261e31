"""Over one Redis, many workers render a page once, and what another release has rendered is nobody's."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.routing import Map
from werkzeug.routing import Rule as UrlRule
from werkzeug.test import Client

from app import config, extensions
from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import Memory
from app.cache.pages import PageCache
from app.cache.policy import Rule
from app.cache.redis_store import Shared
from tests.unit.cache.house import Log, Primary

CLIENTS = 16
URLS = Map([UrlRule("/")])
RULES = {"/": Rule(("mission",))}


@dataclass
class Site:
    """A page that takes its time and says who made it."""

    takes_s: float = 0.3
    fails: int = 0
    rendered: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> Callable[..., Iterable[bytes]]:
        def answer(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            self.rendered.append(name)
            time.sleep(self.takes_s)
            if len(self.rendered) <= self.fails:
                raise RuntimeError("broken")
            start_response("200 OK", [("Content-Type", "text/html")])
            return [name.encode()]

        return answer


@dataclass
class Fleet:
    """Workers of releases over one Redis."""

    site: Site = field(default_factory=Site)
    log: Log = field(default_factory=lambda: Log(last=1))
    watchers: list[ChangeLogFollower] = field(default_factory=list)
    # What is to be rendered behind, each in a thread that has not begun.
    behind: list[threading.Thread] | None = None

    def worker(self, name: str, release: str = "1", pause: Callable[[float], None] = time.sleep) -> Client:
        memory = Memory(1_000_000)
        watcher = ChangeLogFollower(memory, self.log.since, self.log.latest)
        watcher.look()
        self.watchers.append(watcher)
        shared = Shared(lambda: extensions.redis.client, f"once-{release}", lambda: None)
        cache = PageCache(
            self.site(name), URLS, RULES, memory, watcher, shared, Primary(), pause=pause, behind=self.take
        )
        return Client(cache, use_cookies=False)

    def take(self, _key: object, render: Callable[[], object]) -> bool:
        if self.behind is None:
            return False
        self.behind.append(threading.Thread(target=render))
        return True

    def change(self) -> None:
        """A mission changes, and every worker knows."""
        self.log.append("mission:p/m")
        for watcher in self.watchers:
            watcher.look()


@pytest.fixture
def fleet(settings: config.Settings) -> Iterator[Fleet]:
    extensions.redis.bind(settings)
    extensions.redis.client.flushdb()
    yield Fleet()
    extensions.redis.close()


def together(clients: list[Client]) -> list[tuple[int, bytes]]:
    """What they get who all ask at the same moment."""
    ready = threading.Barrier(len(clients))
    answers: list[tuple[int, bytes]] = []

    def ask(client: Client) -> None:
        ready.wait(10)
        answer = client.get("/", buffered=True)
        answers.append((answer.status_code, answer.data))

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    run(threads)
    return answers


def test_sixteen_clients_of_two_workers_make_one_rendering(fleet: Fleet) -> None:
    workers = [fleet.worker("a"), fleet.worker("b")]
    answers = together(workers * (CLIENTS // 2))
    assert len(fleet.site.rendered) == 1
    assert answers == [(200, fleet.site.rendered[0].encode())] * CLIENTS


def test_when_the_holder_of_the_lock_has_died_others_render(fleet: Fleet) -> None:
    dead = Shared(lambda: extensions.redis.client, "once-1", lambda: None)
    assert dead.lock(("", "/", "", ("", "")))
    assert fleet.worker("a").get("/").data == b"a"
    assert fleet.site.rendered == ["a"]


def test_when_what_the_holder_of_the_lock_has_rendered_is_of_no_use_others_render(fleet: Fleet) -> None:
    other = Shared(lambda: extensions.redis.client, "once-1", lambda: None)
    word = other.lock(("", "/", "", ("", "")))
    assert word
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 3:
            other.unlock(("", "/", "", ("", "")), word)

    assert fleet.worker("a", pause=pause).get("/").data == b"a"
    assert len(paused) == 3


def test_behind_the_visitors_backs_one_worker_renders_and_the_others_wait_for_its_page(fleet: Fleet) -> None:
    workers = [fleet.worker(name) for name in "abc"]
    assert {worker.get("/").data for worker in workers} == {b"a"}
    fleet.behind = []
    fleet.change()
    assert {worker.get("/").data for worker in workers} == {b"a"}
    run(fleet.behind)
    assert len(fleet.site.rendered) == 2
    assert {worker.get("/").data for worker in workers} == {fleet.site.rendered[1].encode()}
    # Each has it, and asked nobody to render it again.
    assert len(fleet.behind) == 3


def run(threads: list[threading.Thread]) -> None:
    """Runs them at once, to their ends."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_a_rendering_that_raises_lets_the_next_one_in_at_once(fleet: Fleet) -> None:
    fleet.site.fails = 1
    worker = fleet.worker("a")
    with pytest.raises(RuntimeError, match="broken"):
        worker.get("/")
    began_s = time.monotonic()
    assert fleet.worker("b").get("/").data == b"b"
    # The lock was given back: nobody waited for its end.
    assert time.monotonic() - began_s < fleet.site.takes_s + 1.0


def test_what_another_release_has_rendered_is_never_shown(fleet: Fleet) -> None:
    old, new, newer = fleet.worker("old", "1"), fleet.worker("new", "2"), fleet.worker("newer", "2")
    assert old.get("/").data == b"old"
    assert new.get("/").data == b"new"
    assert newer.get("/").data == b"new"
    assert fleet.worker("older", "1").get("/").data == b"old"
    assert fleet.site.rendered == ["old", "new"]
