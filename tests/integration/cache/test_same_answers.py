"""With the page cache in front, everyone gets what Flask itself would answer: whatever is read, written or broken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
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
from app.domain import lifecycle
from app.domain.records import Mission, Over, Platform, Totals, Update, UpdateKind
from app.queries import clock
from app.store import changes, documents, indexes, transactions
from app.views import landing
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
    "/missions/p7/00007",
    "/?simulated=include",
    "/map",
    "/fleet",
    "/fleet?simulated=include",
    "/fleet/p1",
    "/fleet/p7",
    "/stats",
    "/status",
    "/updates",
    "/updates.rss",
    "/sitemap.xml",
    "/api/v1/missions",
    "/api/v1/platforms",
    "/api/v1/platforms/p1",
    "/api/v1/platforms/p7",
    "/api/v1/stats",
    "/api/v1/status",
    "/api/v1/updates",
]
DAY_S = 86_400.0
# How old the data are that come in: a platform's status, a mission's being active and its end by silence depend on it,
# and change half a minute later.
AGES_S = [0.0, DAY_S - 30.0, 14 * DAY_S - 30.0, 365 * DAY_S - 30.0]
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
    memory: Memory
    # What is to be rendered behind, where the world has it so.
    later: list[Callable[[], object]] = field(default_factory=list)

    def is_fresh(self, address: str) -> bool:
        """Whether the address is answered from memory; of those without a query, or with the one of the address."""
        path, _, query = address.partition("?")
        found = self.memory.find(("", path, query, ("", "")))
        return found is not None and found[1]


@dataclass
class World:
    """Two workers, one store, one Redis, and the application without a cache to compare with."""

    app: Flask
    redis: Redis
    # Two minutes before a year turns.
    now_s: list[float] = field(default_factory=lambda: [datetime(2023, 12, 31, 23, 58, tzinfo=UTC).timestamp()])
    workers: list[Worker] = field(default_factory=list)
    # What Flask answered when each worker last looked at the change log.
    seen: list[dict[str, tuple[int, bytes]]] = field(default_factory=list)
    written: int = 0
    # Flask's answers since the last write, and at this time.
    rendered: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    # Whether pages are rendered behind: they may be shown for half a second more then.
    behind: bool = False
    # What Flask answered earlier, with the time at which each worker learned that this is over.
    past: list[tuple[dict[str, tuple[int, bytes]], dict[int, float]]] = field(default_factory=list)

    def plain(self, address: str) -> tuple[int, bytes]:
        if address not in self.rendered:
            answer = Client(self.app, use_cookies=False).get(address, buffered=True)
            self.rendered[address] = answer.status_code, answer.data
        return self.rendered[address]

    def restart(self, number: int) -> None:
        """The worker is a new process: an empty memory, its first look at the log."""
        memory = Memory(4_000_000, lambda: self.now_s[0])
        watcher = Watcher(memory, changes.since, changes.latest)
        shared = Shared(self.redis.client, "test", lambda: None)
        later: list[Callable[[], object]] = []
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
            behind=lambda _key, render: self.behind and not later.append(render),  # type: ignore[func-returns-value]
        )
        self.workers[number] = Worker(Client(cache, use_cookies=False), watcher, memory, later)
        self.look(number)

    def now(self) -> datetime:
        """The present in this world."""
        return datetime.fromtimestamp(self.now_s[0], UTC)

    def look(self, number: int) -> None:
        """The worker reads the change log."""
        self.workers[number].watcher.look()
        self.seen[number] = self.rendered
        for _, over in self.past:
            over.setdefault(number, self.now_s[0])

    def step(self, seconds: float) -> None:
        """Time passes; workers look more often than that."""
        if self.behind:
            self._end()
        self.now_s[0] += seconds
        self.rendered = {}
        self.look(0)
        self.look(1)

    def _end(self) -> None:
        """What Flask answers is about to change: workers that have not looked may go on showing it."""
        for address in ADDRESSES:
            self.plain(address)
        self.past.append((self.rendered, {}))

    def was(self, number: int, address: str) -> set[tuple[int, bytes]]:
        """What the worker may still show though it is over."""
        since_s = self.now_s[0] - 0.5
        return {told[address] for told, over in self.past if over.get(number, since_s) >= since_s}

    def write(self, which: int, age_s: float = 0.0) -> None:
        """A mission changes, with its change logged in the same transaction, as importers do it."""
        self._end()
        self.written += 1
        self.rendered = {}
        end_at = self.now() - timedelta(seconds=age_s)
        made = make_mission(which)
        figures = replace(made.figures, start_at=end_at - timedelta(hours=1), end_at=end_at, profiles=self.written)
        mission: Mission = replace(made, figures=figures)
        of_world = "simulated" if mission.simulated else "totals"

        def all_of_it(session: Any) -> None:
            for name, doc in _documents(mission, self.written):
                if name != "totals" or not mission.simulated:
                    extensions.mongo.db[name].replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)
            changes.append((f"mission:{mission.id}", f"platform:{mission.platform}", of_world), self.now(), session)

        transactions.run(all_of_it)


def _documents(mission: Mission, written: int) -> list[tuple[str, dict[str, Any]]]:
    """What an importer leaves of the mission: (collection, document)."""
    start_at, end_at = mission.figures.start_at, mission.figures.end_at
    sums = (written, 0, 0.0, 0.0, 3_600.0)
    platform = Platform(
        mission.platform,
        mission.platform.upper(),
        mission.kind,
        *(None,) * 4,
        last_seen_at=end_at,
        last_mission=mission.mission,
        missions=1,
        profiles=written,
        samples=0,
        distance_m=0.0,
        vertical_m=0.0,
        time_at_sea_s=3_600.0,
        simulated=mission.simulated,
    )
    kinds: list[tuple[UpdateKind, datetime, Over | None]] = [
        ("deployment", start_at, None),
        ("recovery", end_at + lifecycle.SILENT_FOR, "silence"),
    ]
    news = [
        Update(
            f"{kind}/{mission.id}",
            kind,
            mission.platform,
            mission.mission,
            at=start_at,
            shown_from=shown_from,
            over=over,
            learned_at=None,
            distance_m=0.0,
            time_at_sea_s=3_600.0,
            simulated=mission.simulated,
        )
        for kind, shown_from, over in kinds
    ]
    totals = [
        Totals(scope, 1, 1, *sums, last_data_at=end_at, computed_at=end_at, under_way_s=under_way_s)
        for scope, under_way_s in (("fleet", None), (f"year:{end_at.year}", 3_600.0))
    ]
    return [
        ("missions", documents.mission_to_document(mission)),
        ("platforms", documents.platform_to_document(platform)),
        *(("updates", documents.update_to_document(update)) for update in news),
        *(("totals", documents.totals_to_document(total)) for total in totals),
    ]


@pytest.fixture
def world(settings_of_world: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], World]]:
    """Makes worlds that begin with an empty store."""
    extensions.mongo.bind(settings_of_world)
    extensions.redis.bind(settings_of_world)
    db: Database[Any] = extensions.mongo.db
    indexes.ensure(db)
    flask_app = halocline.create_app(settings_of_world)

    def make() -> World:
        for name in ("missions", "imports", "derived_pending", "changes", "counters", "platforms", "updates", "totals"):
            db[name].delete_many({})
        extensions.redis.client.flushdb()
        made = World(flask_app, Redis(), workers=[None, None], seen=[{}, {}])  # type: ignore[list-item]
        monkeypatch.setattr(clock, "now", made.now)
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
    st.tuples(st.just("write"), st.sampled_from([1, 2, 3, 7]), st.sampled_from(AGES_S)),
    st.tuples(st.just("look"), _WORKER),
    st.tuples(st.just("restart"), _WORKER),
    st.tuples(st.just("redis"), st.booleans()),
    st.tuples(st.just("clock"), st.sampled_from([0.5, 3.0, 40.0, 60.0, 4_000.0, 14 * DAY_S])),
)


# Few addresses, so that what was read before a change is read again after it.
_READ_AGAIN = st.tuples(st.just("read"), _WORKER, st.sampled_from(["/", "/fleet", "/missions"]), st.just({}))  # type: ignore[var-annotated]
_SOON = st.one_of(_STEP, *[_READ_AGAIN] * 6, st.tuples(st.just("behind"), _WORKER))


def _read(world: World, number: int, address: str, headers: dict[str, str]) -> bool:
    """Whether the worker answers what Flask answers now, or answered when the worker last looked."""
    answer = world.workers[number].client.get(address, headers=headers, buffered=True)
    data = answer.data
    if "Host" in headers:
        # A page that names its own address names the one that it was asked at; and no other visitor gets that page.
        data = data.replace(f"//{headers['Host']}".encode(), b"//localhost")
    told = answer.status_code, data
    if world.behind and told in world.was(number, address):
        return True
    return told in (world.plain(address), world.seen[number].get(address))


def _step(world: World, step: tuple[Any, ...]) -> bool:
    match step:
        case ("read", number, address, headers):
            return _read(world, number, address, headers)
        case ("write", which, age_s):
            world.write(which, age_s)
        case ("look", number):
            world.look(number)
        case ("restart", number):
            world.restart(number)
        case ("redis", away):
            world.redis.away = away
        case ("clock", seconds):
            world.step(seconds)
        case ("behind", number):
            while world.workers[number].later:
                world.workers[number].later.pop()()
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
    _nobody_is_misled(world(), steps)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(_SOON, min_size=10, max_size=30))
def test_what_is_rendered_behind_shows_half_a_second_after_it_was_noticed(
    world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    made = world()
    made.behind = True
    _nobody_is_misled(made, steps)


def _nobody_is_misled(made: World, steps: list[tuple[Any, ...]]) -> None:
    assert [step for step in steps if not _step(made, step)] == []
    if made.behind:
        made.step(0.0)
        made.step(0.6)
    # And after a last look everyone is up to date.
    made.look(0)
    made.look(1)
    read = [(n, address) for n in (0, 1) for address in ADDRESSES]
    told = [(n, a) for n, a in read if _answer(made, n, a) != made.plain(a)]
    assert told == []


def _answer(world: World, number: int, address: str) -> tuple[int, bytes]:
    answer = world.workers[number].client.get(address, buffered=True)
    return answer.status_code, answer.data


ENDS = [
    ("/", 1, DAY_S - 30.0),
    ("/", 7, DAY_S - 30.0),
    ("/", 1, 14 * DAY_S - 30.0),
    ("/?simulated=include", 7, DAY_S - 30.0),
    ("/fleet", 1, DAY_S - 30.0),
    ("/fleet", 1, 365 * DAY_S - 30.0),
    ("/fleet/p1", 1, DAY_S - 30.0),
    ("/fleet/p1", 1, 365 * DAY_S - 30.0),
    ("/api/v1/platforms", 1, DAY_S - 30.0),
    ("/api/v1/platforms/p1", 1, 365 * DAY_S - 30.0),
    ("/stats", 1, 0.0),
    ("/api/v1/stats", 1, 0.0),
    ("/updates", 1, 14 * DAY_S - 30.0),
    ("/updates.rss", 1, 14 * DAY_S - 30.0),
    ("/api/v1/updates", 1, 14 * DAY_S - 30.0),
]


@pytest.mark.parametrize(("address", "which", "age_s"), ENDS)
def test_a_page_changes_by_itself_at_the_moment_that_its_view_names(
    world: Callable[[], World], address: str, which: int, age_s: float
) -> None:
    made = world()
    made.write(which, age_s)
    made.look(0)
    before = _answer(made, 0, address)
    made.step(29.0)
    assert _answer(made, 0, address) == before == made.plain(address)
    made.step(32.0)
    assert _answer(made, 0, address) == made.plain(address) != before


@pytest.mark.parametrize("address", ["/status", "/api/v1/status"])
def test_what_no_change_tells_of_shows_after_a_second(world: Callable[[], World], address: str) -> None:
    made = world()
    made.look(0)
    before = _answer(made, 0, address)
    extensions.mongo.db.derived_pending.insert_one({"_id": "updates:p1", "number": 1, "at": made.now()})
    made.step(0.9)
    assert _answer(made, 0, address) == before
    made.step(0.2)
    assert _answer(made, 0, address) == made.plain(address) != before


def test_a_mission_ceases_to_be_active_though_its_platform_goes_on(world: Callable[[], World]) -> None:
    made = world()
    made.write(1, DAY_S - 30.0)
    # The same platform's next mission.
    made.write(9)
    _changes_by_itself(made)


def test_a_platform_falls_silent_whose_mission_is_not_among_the_listed_ones(
    world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_LISTED", 1)
    made = world()
    made.write(1, DAY_S - 30.0)
    made.write(2)
    _changes_by_itself(made)


def _changes_by_itself(made: World) -> None:
    made.look(0)
    before = _answer(made, 0, "/")
    made.step(29.0)
    assert _answer(made, 0, "/") == before
    made.step(2.0)
    assert _answer(made, 0, "/") == made.plain("/") != before


def test_a_page_is_kept_until_then(world: Callable[[], World]) -> None:
    made = world()
    made.write(1, DAY_S - 1_830.0)
    made.look(0)
    before = {address: _answer(made, 0, address) for address in ("/", "/fleet", "/updates")}
    made.app.wsgi_app, kept = None, made.app.wsgi_app  # type: ignore[assignment, method-assign]
    made.app.view_functions, views = {}, made.app.view_functions
    made.step(1_829.0)
    try:
        assert {address: _answer(made, 0, address) for address in before} == before
    finally:
        made.app.wsgi_app, made.app.view_functions = kept, views  # type: ignore[method-assign]


def test_what_is_simulated_outdates_nothing_real(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.look(0)
    before = {address: _answer(made, 0, address) for address in ADDRESSES}
    made.write(7)
    changed = {address for address in ADDRESSES if made.plain(address) != before[address]}
    real = [address for address in ADDRESSES if address not in changed and "p7" not in address]
    assert {"/", "/missions?simulated=include", "/missions/p7/00007"} <= changed
    made.look(0)
    fresh = {address for address in real if made.workers[0].is_fresh(address)}
    assert fresh >= {"/missions", "/map", "/fleet", "/stats", "/updates", "/api/v1/missions"}


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
    _forget_second_change()
    made.rendered = {}
    made.restart(1)
    assert _answer(made, 1, "/missions") == made.plain("/missions")
    assert b"p2/00002" not in made.plain("/missions")[1]


def test_what_was_shared_before_a_restored_backup_that_was_continued_is_not_taken(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.write(2)
    made.look(0)
    made.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _forget_second_change()
    made.write(3)
    made.restart(1)
    assert made.workers[0].watcher.mark != made.workers[1].watcher.mark
    assert _answer(made, 1, "/missions") == made.plain("/missions")
    made.look(0)
    assert _answer(made, 0, "/missions") == made.plain("/missions")
    assert b"p2/00002" not in made.plain("/missions")[1]


def _forget_second_change() -> None:
    """The log is as it was after the first change."""
    first = extensions.mongo.db.changes.find_one({"_id": 1})
    extensions.mongo.db.changes.delete_one({"_id": 2})
    extensions.mongo.db.counters.update_one({"_id": "changes"}, {"$set": {"n": 1, "word": first["word"]}})
