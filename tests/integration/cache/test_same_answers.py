"""With the page cache in front, everyone gets what Flask itself would answer: whatever is read, written or broken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database
from redis import ConnectionError as RedisAway
from werkzeug.test import Client

import app as halocline
from app import config, extensions
from app.cache.freshness import Watcher
from app.cache.memory import Memory
from app.cache.pages import PageCache
from app.cache.rules import RULES
from app.cache.shared import Shared
from app.domain.records import Mission
from app.store import changes, documents, indexes, transactions
from tests.integration.store.test_mission_lists import make_mission

ADDRESSES = [
    "/",
    "/missions",
    "/missions?sort=deepest",
    "/missions?year=2015&utm_source=letter",
    "/missions?project=P1&year=2015",
    "/missions?simulated=include",
    "/missions?year=nonsense",
    "/missions/p1/00001",
    "/missions/p2/00002",
    "/missions/p3/00003?after=nonsense",
]
# What a visitor's headers could do if they were believed.
HEADERS: list[dict[str, str]] = [
    {},
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"},
    {"Accept": "application/json", "Accept-Language": "sv"},
    {"Range": "bytes=0-10"},
]


@dataclass
class Redis:
    """The real Redis, which can be told to be away."""

    away: bool = False

    def client(self) -> Any:
        if self.away:
            raise RedisAway("away")
        return extensions.redis.client


@dataclass
class Worker:
    """A worker's page cache over the application."""

    client: Client
    watcher: Watcher


@dataclass
class World:
    """Two workers, one store, one Redis, and the application without a cache to compare with."""

    app: Flask
    redis: Redis
    now_s: list[float] = field(default_factory=lambda: [1_000_000.0])
    workers: list[Worker] = field(default_factory=list)
    # What Flask answered when each worker last looked at the change log.
    seen: list[dict[str, tuple[int, bytes]]] = field(default_factory=list)
    written: int = 0
    # Flask's answers since the last write.
    rendered: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def plain(self, address: str) -> tuple[int, bytes]:
        if address not in self.rendered:
            answer = Client(self.app, use_cookies=False).get(address, buffered=True)
            self.rendered[address] = answer.status_code, answer.data
        return self.rendered[address]

    def restart(self, number: int) -> None:
        """The worker is a new process: an empty memory, its first look at the log."""
        memory = Memory(2_000_000, lambda: self.now_s[0])
        watcher = Watcher(memory, changes.since, changes.latest)
        shared = Shared(self.redis.client, "test", lambda: None)
        cache = PageCache(
            self.app.wsgi_app,
            self.app.url_map,
            RULES,
            memory,
            watcher,
            shared,
            extensions.reading,
            clock=lambda: self.now_s[0],
            pause=lambda _s: None,
        )
        self.workers[number] = Worker(Client(cache, use_cookies=False), watcher)
        self.look(number)

    def look(self, number: int) -> None:
        """The worker reads the change log."""
        self.workers[number].watcher.look()
        self.seen[number] = {address: self.plain(address) for address in ADDRESSES}

    def write(self, which: int) -> None:
        """A mission changes, with its change logged in the same transaction, as importers do it."""
        self.written += 1
        self.rendered = {}
        mission: Mission = make_mission(which)
        doc = documents.mission_to_document(mission)
        doc["figures"]["profiles"] = self.written
        tags = (f"mission:{mission.id}", f"platform:{mission.platform}", "totals")

        def both(session: Any) -> None:
            extensions.mongo.db.missions.replace_one({"_id": mission.id}, doc, upsert=True, session=session)
            changes.append(tags, mission.figures.end_at, session)

        transactions.run(both)


@pytest.fixture
def world(settings_of_world: config.Settings) -> Iterator[Callable[[], World]]:
    """Makes worlds that begin with an empty store."""
    extensions.mongo.bind(settings_of_world)
    extensions.redis.bind(settings_of_world)
    db: Database[Any] = extensions.mongo.db
    indexes.ensure(db)
    flask_app = halocline.create_app(settings_of_world)

    def make() -> World:
        for name in ("missions", "changes", "counters", "platforms"):
            db[name].delete_many({})
        extensions.redis.client.flushdb()
        made = World(flask_app, Redis(), workers=[None, None], seen=[{}, {}])  # type: ignore[list-item]
        made.restart(0)
        made.restart(1)
        return made

    yield make
    extensions.mongo.close()
    extensions.redis.close()


@pytest.fixture
def settings_of_world(settings: config.Settings) -> config.Settings:
    return settings.model_copy(update={"mongodb_database": f"{settings.mongodb_database}_cache", "page_cache_bytes": 0})


_WORKER = st.integers(0, 1)
_READ = st.tuples(st.just("read"), _WORKER, st.sampled_from(ADDRESSES), st.sampled_from(HEADERS))
_STEP = st.one_of(
    _READ,
    _READ,
    _READ,
    st.tuples(st.just("write"), st.integers(1, 3)),
    st.tuples(st.just("look"), _WORKER),
    st.tuples(st.just("restart"), _WORKER),
    st.tuples(st.just("redis"), st.booleans()),
    st.tuples(st.just("clock"), st.sampled_from([0.5, 3.0, 40.0, 4_000.0])),
)


def _read(world: World, number: int, address: str, headers: dict[str, str]) -> bool:
    """Whether the worker answers what Flask answers now, or answered when the worker last looked."""
    answer = world.workers[number].client.get(address, headers=headers, buffered=True)
    return (answer.status_code, answer.data) in (world.plain(address), world.seen[number][address])


def _step(world: World, step: tuple[Any, ...]) -> bool:
    match step:
        case ("read", number, address, headers):
            return _read(world, number, address, headers)
        case ("write", which):
            world.write(which)
        case ("look", number):
            world.look(number)
        case ("restart", number):
            world.restart(number)
        case ("redis", away):
            world.redis.away = away
        case ("clock", seconds):
            world.now_s[0] += seconds
    return True


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(_STEP, min_size=5, max_size=20))
def test_nobody_ever_gets_another_page_than_flask_gives(
    world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    made = world()
    assert [step for step in steps if not _step(made, step)] == []
    # And after a last look everyone is up to date.
    made.look(0)
    made.look(1)
    read = [(n, address) for n in (0, 1) for address in ADDRESSES]
    told = [(n, a) for n, a in read if _answer(made, n, a) != made.plain(a)]
    assert told == []


def _answer(world: World, number: int, address: str) -> tuple[int, bytes]:
    answer = world.workers[number].client.get(address, buffered=True)
    return answer.status_code, answer.data


def test_what_one_worker_has_rendered_another_takes_from_redis(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.look(0)
    made.look(1)
    first = made.workers[0].client.get("/missions", buffered=True)
    made.app.view_functions["missions.index"], kept = None, made.app.view_functions["missions.index"]
    try:
        assert made.workers[1].client.get("/missions", buffered=True).data == first.data
    finally:
        made.app.view_functions["missions.index"] = kept


def test_what_was_shared_before_a_change_is_not_taken(world: Callable[[], World]) -> None:
    made = world()
    made.workers[0].client.get("/missions", buffered=True)
    made.write(1)
    made.look(1)
    assert _answer(made, 1, "/missions") == made.plain("/missions")
    assert b"p1/00001" in made.plain("/missions")[1]


def test_what_was_shared_before_a_restored_backup_is_not_taken(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.write(2)
    made.look(0)
    made.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    extensions.mongo.db.changes.delete_one({"_id": 2})
    extensions.mongo.db.counters.update_one({"_id": "changes"}, {"$set": {"n": 1}})
    made.rendered = {}
    made.restart(1)
    assert _answer(made, 1, "/missions") == made.plain("/missions")
    assert b"p2/00002" not in made.plain("/missions")[1]
