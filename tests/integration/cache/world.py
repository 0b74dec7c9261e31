"""A model of two workers over one database, with a clock, a change log and a Redis under the control of the test."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from redis import ConnectionError as RedisConnectionError
from werkzeug.test import Client

from app import extensions
from app.cache.dependencies import Dependencies
from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import LruStore
from app.cache.pages import PageCache
from app.cache.policy import INVENTED, RULES
from app.cache.redis_store import RedisStore
from app.domain import reporting
from app.domain.records import Mission, Over, Platform, Update, UpdateKind
from app.domain.totals import Totals
from app.ingest.derive import search_index
from app.store import change_log, documents, transactions
from tests.made_missions import make_mission
from tests.unit.cache.doubles import closed_breaker

# Status and body.
Response = tuple[int, bytes]

URLS = [
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
    "/map?embed=1",
    "/fleet",
    "/fleet?simulated=include",
    "/fleet/p1",
    "/fleet/p7",
    "/search?q=p1",
    "/search?q=p",
    "/search?q=p&simulated=include",
    "/stats",
    "/status",
    "/updates",
    "/updates.rss",
    "/sitemap.xml",
    "/api/v1/missions",
    "/api/v1/platforms",
    "/api/v1/platforms/p1",
    "/api/v1/platforms/p7",
    "/api/v1/search?q=glider",
    "/api/v1/search?q=p7&simulated=include",
    "/api/v1/stats",
    "/api/v1/status",
    "/api/v1/updates",
]
DAY_S = 86_400.0
# Ages of new data. The status of a platform, whether a mission is active, and its end by silence depend on them and
# change half a minute later.
AGES_S = [0.0, DAY_S - 30.0, 14 * DAY_S - 30.0, 365 * DAY_S - 30.0]


@dataclass
class Redis:
    """The real Redis, which a test can make unreachable."""

    is_unreachable: bool = False

    def client(self) -> Any:
        if self.is_unreachable:
            raise RedisConnectionError("unreachable")
        return extensions.redis.client


@dataclass
class Worker:
    """The page cache of one worker over the application."""

    client: Client
    follower: ChangeLogFollower
    store: LruStore
    # The queue of the background refresh, if the world has one.
    refreshes: list[Callable[[], object]] = field(default_factory=list)

    def is_fresh(self, url: str) -> bool:
        """True if this URL, with a canonical query, is a cache hit."""
        path, _, query = url.partition("?")
        cached = self.store.get(("", path, query, ("", "")))
        return cached is not None and cached[1]

    def get(self, url: str) -> Response:
        response = self.client.get(url, buffered=True)
        return response.status_code, response.data


@dataclass
class World:
    """Two workers, one database, one Redis, and the application without a cache to compare with."""

    app: Flask
    redis: Redis
    # Two minutes before the end of a year.
    now_s: list[float] = field(default_factory=lambda: [datetime(2023, 12, 31, 23, 58, tzinfo=UTC).timestamp()])
    workers: list[Worker] = field(default_factory=list)
    # The responses of Flask at the time of each worker's last poll of the change log.
    at_last_poll: list[dict[str, Response]] = field(default_factory=list)
    written: int = 0
    # The responses of Flask since the last write and clock step.
    rendered: dict[str, Response] = field(default_factory=dict)
    # With the background refresh, stale pages may be served for half a second more.
    has_refresh: bool = False
    # Earlier responses of Flask, with the time of the first later poll of each worker.
    past: list[tuple[dict[str, Response], dict[int, float]]] = field(default_factory=list)

    def uncached(self, url: str) -> Response:
        """The response of Flask without a page cache."""
        if url not in self.rendered:
            response = Client(self.app, use_cookies=False).get(url, buffered=True)
            self.rendered[url] = response.status_code, response.data
        return self.rendered[url]

    def restart(self, number: int) -> None:
        """Replace the worker by a new process with an empty store."""
        store = LruStore(4_000_000, lambda: self.now_s[0], INVENTED)
        follower = ChangeLogFollower(store, change_log.since, change_log.latest)
        refreshes: list[Callable[[], object]] = []
        dependencies = Dependencies(
            url_map=self.app.url_map,
            rules=RULES,
            store=store,
            follower=follower,
            shared=RedisStore(self.redis.client, closed_breaker(), "test", lambda: None),
            replica_lag=extensions.replica_lag,
            clock=lambda: self.now_s[0],
            pause=lambda _s: None,
            refresh=lambda _key, render: self.has_refresh and not refreshes.append(render),  # type: ignore[func-returns-value]
        )
        cache = PageCache(self.app.wsgi_app, dependencies)
        self.workers[number] = Worker(Client(cache, use_cookies=False), follower, store, refreshes)
        self.poll(number)

    def now(self) -> datetime:
        """The present time of this world."""
        return datetime.fromtimestamp(self.now_s[0], UTC)

    def poll(self, number: int) -> None:
        """The worker reads the change log."""
        self.workers[number].follower.poll()
        self.at_last_poll[number] = self.rendered
        for _, polled_at_s in self.past:
            polled_at_s.setdefault(number, self.now_s[0])

    def step(self, seconds: float) -> None:
        """Let time pass, and both workers poll at the end of it."""
        if self.has_refresh:
            self._remember()
        self.now_s[0] += seconds
        self.rendered = {}
        self.poll(0)
        self.poll(1)

    def _remember(self) -> None:
        """Record the responses of Flask before they change: workers that have not polled may still serve them."""
        for url in URLS:
            self.uncached(url)
        self.past.append((self.rendered, {}))

    def stale(self, number: int, url: str) -> set[Response]:
        """The earlier responses that the worker may still serve."""
        since_s = self.now_s[0] - 0.5
        return {responses[url] for responses, polled_at_s in self.past if polled_at_s.get(number, since_s) >= since_s}

    def write(self, which: int, age_s: float = 0.0) -> None:
        """Change a mission and log the change in one transaction, as an import does."""
        self._remember()
        self.written += 1
        self.rendered = {}
        end_at = self.now() - timedelta(seconds=age_s)
        store_change(made_mission(which, self.written, end_at), self.written, self.now())


def made_mission(which: int, written: int, end_at: datetime) -> Mission:
    """A mission of an hour whose number of profiles is the number of the change."""
    template = make_mission(which)
    figures = replace(template.figures, start_at=end_at - timedelta(hours=1), end_at=end_at, profiles=written)
    return replace(template, figures=figures)


def store_change(mission: Mission, written: int, at: datetime) -> None:
    """Store a mission and log the change in one transaction, as an import does."""
    world_tag = "simulated" if mission.simulated else "totals"

    def commit(session: Any) -> None:
        for name, doc in _documents(mission, written):
            if name != "totals" or not mission.simulated:
                extensions.mongo.db[name].replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)
        change_log.append((f"mission:{mission.id}", f"platform:{mission.platform}", world_tag), at, session)

    transactions.run(commit)


def _documents(mission: Mission, written: int) -> list[tuple[str, dict[str, Any]]]:
    """The documents that an import of the mission writes: (collection, document)."""
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
        ("end", end_at + reporting.ENDED_AFTER, "silence"),
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
        *(("search", entry) for entry in search_index.entries(platform, [mission])),
    ]
