"""Workers that share a Redis render a page once, and never serve the page of another release."""

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
from app.cache.dependencies import Dependencies
from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import LruStore
from app.cache.pages import PageCache
from app.cache.policy import Rule
from app.cache.redis_store import RedisStore
from tests.unit.cache.doubles import ChangeLog, FakeReplicaLag

CLIENTS = 16
URLS = Map([UrlRule("/")])
RULES = {"/": Rule(("mission",))}


@dataclass
class Site:
    """A slow page that contains the name of the worker that rendered it."""

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
    """Workers, possibly of several releases, that share one Redis."""

    site: Site = field(default_factory=Site)
    log: ChangeLog = field(default_factory=lambda: ChangeLog(last=1))
    followers: list[ChangeLogFollower] = field(default_factory=list)
    # The background refreshes, each in a thread that is not started; None without background refresh.
    refreshes: list[threading.Thread] | None = None

    def worker(self, name: str, release: str = "1", pause: Callable[[float], None] = time.sleep) -> Client:
        store = LruStore(1_000_000)
        follower = ChangeLogFollower(store, self.log.since, self.log.latest)
        follower.poll()
        self.followers.append(follower)
        dependencies = Dependencies(
            url_map=URLS,
            rules=RULES,
            store=store,
            follower=follower,
            shared=redis_store(release),
            replica_lag=FakeReplicaLag(),
            pause=pause,
            refresh=self.refresh,
        )
        return Client(PageCache(self.site(name), dependencies), use_cookies=False)

    def refresh(self, _key: object, render: Callable[[], object]) -> bool:
        if self.refreshes is None:
            return False
        self.refreshes.append(threading.Thread(target=render))
        return True

    def change(self) -> None:
        """Change a mission; every worker reads the change."""
        self.log.append("mission:p/m")
        for follower in self.followers:
            follower.poll()


def redis_store(release: str) -> RedisStore:
    return RedisStore(lambda: extensions.redis.client, extensions.redis.breaker, f"once-{release}", lambda: None)


@pytest.fixture
def fleet(settings: config.Settings) -> Iterator[Fleet]:
    extensions.redis.bind(settings)
    extensions.redis.client.flushdb()
    yield Fleet()
    extensions.redis.close()


def together(clients: list[Client]) -> list[tuple[int, bytes]]:
    """The responses to requests that all clients send at the same moment."""
    ready = threading.Barrier(len(clients))
    answers: list[tuple[int, bytes]] = []

    def request(client: Client) -> None:
        ready.wait(10)
        answer = client.get("/", buffered=True)
        answers.append((answer.status_code, answer.data))

    threads = [threading.Thread(target=request, args=(client,)) for client in clients]
    run(threads)
    return answers


def test_sixteen_clients_of_two_workers_share_one_rendering(fleet: Fleet) -> None:
    workers = [fleet.worker("a"), fleet.worker("b")]
    answers = together(workers * (CLIENTS // 2))
    assert len(fleet.site.rendered) == 1
    assert answers == [(200, fleet.site.rendered[0].encode())] * CLIENTS


def test_after_a_worker_with_the_lock_has_died_another_one_renders(fleet: Fleet) -> None:
    assert redis_store("1").lock(("", "/", "", ("", "")))
    assert fleet.worker("a").get("/").data == b"a"
    assert fleet.site.rendered == ["a"]


def test_a_worker_renders_when_the_lock_is_released_without_an_entry(fleet: Fleet) -> None:
    other = redis_store("1")
    token = other.lock(("", "/", "", ("", "")))
    assert token
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            other.unlock(("", "/", "", ("", "")), token)

    assert fleet.worker("a", pause=pause).get("/").data == b"a"
    assert len(pauses) == 3


def test_in_the_background_one_worker_renders_and_the_others_wait_for_its_entry(fleet: Fleet) -> None:
    workers = [fleet.worker(name) for name in "abc"]
    assert {worker.get("/").data for worker in workers} == {b"a"}
    fleet.refreshes = []
    fleet.change()
    assert {worker.get("/").data for worker in workers} == {b"a"}
    run(fleet.refreshes)
    assert len(fleet.site.rendered) == 2
    assert {worker.get("/").data for worker in workers} == {fleet.site.rendered[1].encode()}
    # Each worker has the new page, and submitted one refresh only.
    assert len(fleet.refreshes) == 3


def run(threads: list[threading.Thread]) -> None:
    """Run the threads concurrently, to their ends."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_a_rendering_that_raises_releases_the_lock(fleet: Fleet) -> None:
    fleet.site.fails = 1
    worker = fleet.worker("a")
    with pytest.raises(RuntimeError, match="broken"):
        worker.get("/")
    started_s = time.monotonic()
    assert fleet.worker("b").get("/").data == b"b"
    # No wait for the end of the lock's lifetime.
    assert time.monotonic() - started_s < fleet.site.takes_s + 1.0


def test_an_entry_of_another_release_is_never_served(fleet: Fleet) -> None:
    old, new, newer = fleet.worker("old", "1"), fleet.worker("new", "2"), fleet.worker("newer", "2")
    assert old.get("/").data == b"old"
    assert new.get("/").data == b"new"
    assert newer.get("/").data == b"new"
    assert fleet.worker("older", "1").get("/").data == b"old"
    assert fleet.site.rendered == ["old", "new"]
