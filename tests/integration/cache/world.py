"""Two workers with their page caches over one store and one Redis, and the application without a cache."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from redis import ConnectionError as RedisAway
from werkzeug.test import Client

from app import extensions
from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import Memory
from app.cache.pages import PageCache
from app.cache.policy import RULES
from app.cache.redis_store import Shared
from app.domain import lifecycle
from app.domain.records import Mission, Over, Platform, Totals, Update, UpdateKind
from app.store import change_log, documents, transactions
from tests.made_missions import make_mission

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
    watcher: ChangeLogFollower
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
        watcher = ChangeLogFollower(memory, change_log.since, change_log.latest)
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
            change_log.append((f"mission:{mission.id}", f"platform:{mission.platform}", of_world), self.now(), session)

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


def answer_of(world: World, number: int, address: str) -> tuple[int, bytes]:
    """Status and body that a worker answers with."""
    answer = world.workers[number].client.get(address, buffered=True)
    return answer.status_code, answer.data
