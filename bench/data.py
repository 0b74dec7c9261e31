"""The data sets of the benchmark, stored between runs in its own mongod.

240 and 24,000 missions: 8 at sea with 800 profiles, the others with 80, 20 samples a profile. 240,000 missions exist
without their data (`bench.archive`). Missions at sea are seeded again when their latest data are too old to count as at
sea.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from pymongo import MongoClient
from pymongo.database import Database

from app import config
from app.ingest import context
from app.ingest.derive import rebuild
from app.ingest.interpret.identity import Options
from app.ingest.persist import commit
from app.localdev import mongod, valkey
from app.seeding import run
from app.seeding.plan import Plan
from app.store import connection, indexes, seeds
from bench import archive

Document = dict[str, Any]
HOME = Path(__file__).parent.parent / "build" / "bench"
SMALL, LARGE, DOCUMENTS_ONLY = 240, 24_000, 240_000
PROFILES, ACTIVE_PROFILES, ACTIVE, SAMPLES = 80, 800, 8, 20
# A platform counts as at sea for 24 h after its latest data, and the data of seeded ones are up to six hours old. The
# remaining six hours are for a run of the benchmark.
_AT_SEA_FOR = timedelta(hours=12)
_JOBS = 2


def database(count: int) -> str:
    """The name of the database with this number of missions."""
    return f"halocline_bench_{count}"


def prepare(mongodb_uri: str, redis_url: str, count: int, now: datetime | None = None, name: str | None = None) -> str:
    """The name of a database with `count` missions, 8 of them at sea now. It is seeded unless an earlier run did so.

    `name` selects a separate database, for measurements that write to it.
    """
    name = name or database(count)
    now = now or datetime.now(UTC)
    if count == DOCUMENTS_ONLY:
        prepare(mongodb_uri, redis_url, LARGE, now)
        archive.multiply(mongodb_uri, redis_url, database(LARGE), database(count), ACTIVE)
        return database(count)
    settings = config.load(mongodb_uri=mongodb_uri, redis_url=redis_url, mongodb_database=name)
    until = now.replace(minute=0, second=0, microsecond=0)
    start = datetime(2005, 1, 1, tzinfo=UTC)
    plan = Plan(count, PROFILES, SAMPLES, ACTIVE, start, until, 0, ACTIVE_PROFILES, sailbuoys=False)
    with MongoClient[Document](mongodb_uri, tz_aware=True) as client:
        db: Database[Document] = client[name]
        # The database may be of an earlier release: its upgrade marks documents in transactions.
        with connection.bound(settings, archive.TIMEOUT_MS):
            indexes.ensure(db)
        done = db.counters.find_one({"_id": "bench"})
        if done is None:
            run.run(settings, plan, False, False, True, _JOBS if count > SMALL else 1)
            seeded = db.counters.find_one({"_id": "seed"}) or {}
            done = {"_id": "bench", "until": seeded["arguments"]["until"]}
            db.counters.replace_one({"_id": "bench"}, done, upsert=True)
        if now - done["until"] > _AT_SEA_FOR:
            _renew(settings, db, plan)
            db.counters.replace_one({"_id": "bench"}, {"_id": "bench", "until": until}, upsert=True)
    return name


def _renew(settings: config.Settings, db: Database[Document], plan: Plan) -> None:
    """Seed the platforms with a mission at sea again, until the plan's `until`; all others stay unchanged."""
    with connection.bound(settings, archive.TIMEOUT_MS):
        tools = context.import_context(settings, Options())
        commit.replace_basins(tools.basins)
        names = sorted({seeded.vessel.platform for index in range(ACTIVE) for seeded in plan.of_platform(index)})
        for name in ("missions", "profiles", "samples", "tracks", "sections", "updates", "search"):
            db[name].delete_many({"platform": {"$in": names}})
        seeds.note({**plan.described(), "metadata_only": False})
        run.sow_platforms(plan, range(ACTIVE), tools)
        rebuild.rebuild(tools.basin_map)


@dataclass(frozen=True, slots=True)
class Stores:
    """Addresses of the benchmark's own mongod and Valkey."""

    mongodb_uri: str
    redis_url: str


def stores(home: Path = HOME) -> Stores:
    """The servers of the benchmark, started unless they run; `app.localdev.servers.stop(home)` stops them."""
    home.mkdir(parents=True, exist_ok=True)
    uri, redis_url = mongod.start(home), valkey.start(home)
    with MongoClient[Document](uri) as client:
        # The cache size of `make up` suits a laptop; a measurement must not wait for the disk.
        client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=3G")
    return Stores(uri, redis_url)


def mongod_pid(mongodb_uri: str) -> int:
    """The pid of the benchmark's mongod."""
    with MongoClient[Document](mongodb_uri) as client:
        return int(client.admin.command("serverStatus")["pid"])


def active_mission(servers: Stores, count: int) -> str:
    """The path of the page of a mission at sea with 800 profiles."""
    with MongoClient[Document](servers.mongodb_uri) as client:
        doc = client[database(count)].missions.find_one({"figures.profiles": ACTIVE_PROFILES}, sort=[("_id", 1)])
    if doc is None:
        raise LookupError(f"{database(count)} holds no mission at sea")
    return f"/missions/{doc['_id']}"


def main(sizes: list[int]) -> None:
    """Prepare the data sets of these sizes and print how long each took."""
    servers = stores()
    with MongoClient[Document](servers.mongodb_uri) as client:
        for count in sizes or [SMALL, LARGE, DOCUMENTS_ONLY]:
            began = time.monotonic()
            name = prepare(servers.mongodb_uri, servers.redis_url, count)
            size_gb = client[name].command("dbStats")["totalSize"] / 1e9
            click.echo(f"{name}: ready after {time.monotonic() - began:.0f} s, {size_gb:.2f} GB")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
