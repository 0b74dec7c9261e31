"""The data sets that are measured on, kept between runs in the bench's own mongod.

8 missions at sea of 800 profiles, others of 80, 20 samples a profile, at 240 and at 24,000 missions; 240,000 as
documents of missions and platforms alone, with their totals. The missions at sea are made anew once their data are
no news.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click
from pymongo import MongoClient
from pymongo.database import Database

from app import config, extensions
from app.ingest import context
from app.ingest.derive import rebuild
from app.ingest.derive import totals as summing
from app.ingest.interpret.identity import Options
from app.ingest.persist import commit
from app.localdev import mongod, valkey
from app.seeding import run
from app.seeding.plan import Plan
from app.store import connection, indexes, missions, seeds, transactions
from app.store.documents import totals_to_document

Document = dict[str, Any]
HOME = Path(__file__).parent.parent / "build" / "bench"
SMALL, LARGE, DOCUMENTS_ONLY = 240, 24_000, 240_000
PROFILES, ACTIVE_PROFILES, ACTIVE, SAMPLES = 80, 800, 8, 20
# A platform counts as being at sea for 24 h after its last data, and seeded ones have been silent for up to six: the
# rest is for a run of the bench.
_NEWS_FOR = timedelta(hours=12)
# Of a database that has 24,000 missions; nobody waits for an answer.
_TIMEOUT_MS = 600_000
_AT_ONCE = 2_000
_JOBS = 2


def database(count: int) -> str:
    """The name of the database with so many missions."""
    return f"halocline_bench_{count}"


def prepare(mongodb_uri: str, redis_url: str, count: int, now: datetime | None = None, name: str | None = None) -> str:
    """The name of a database with so many missions, of which 8 are at sea now: the kept one, or made anew.

    With a `name` it is another one, for somebody who writes to it.
    """
    name = name or database(count)
    now = now or datetime.now(UTC)
    if count == DOCUMENTS_ONLY:
        prepare(mongodb_uri, redis_url, LARGE, now)
        _multiply(mongodb_uri, redis_url)
        return database(count)
    settings = config.load(mongodb_uri=mongodb_uri, redis_url=redis_url, mongodb_database=name)
    until = now.replace(minute=0, second=0, microsecond=0)
    start = datetime(2005, 1, 1, tzinfo=UTC)
    plan = Plan(count, PROFILES, SAMPLES, ACTIVE, start, until, 0, ACTIVE_PROFILES, sailbuoys=False)
    with MongoClient[Document](mongodb_uri, tz_aware=True) as client:
        db: Database[Document] = client[name]
        # A kept one may be of an earlier release.
        indexes.ensure(db)
        done = db.counters.find_one({"_id": "bench"})
        if done is None:
            run.run(settings, plan, False, False, True, _JOBS if count > SMALL else 1)
            seeded = db.counters.find_one({"_id": "seed"}) or {}
            done = {"_id": "bench", "until": seeded["arguments"]["until"]}
            db.counters.replace_one({"_id": "bench"}, done, upsert=True)
        if now - done["until"] > _NEWS_FOR:
            _renew(settings, db, plan)
            db.counters.replace_one({"_id": "bench"}, {"_id": "bench", "until": until}, upsert=True)
    return name


def _renew(settings: config.Settings, db: Database[Document], plan: Plan) -> None:
    """Makes the platforms that have a mission at sea anew, until the plan's now; all others stay as they are."""
    with connection.bound(settings, _TIMEOUT_MS):
        tools = context.import_context(settings, Options())
        commit.replace_basins(tools.basins)
        names = sorted({seeded.vessel.platform for index in range(ACTIVE) for seeded in plan.of_platform(index)})
        for name in ("missions", "profiles", "samples", "tracks", "sections", "updates", "search"):
            db[name].delete_many({"platform": {"$in": names}})
        seeds.note({**plan.described(), "metadata_only": False})
        run.sow_platforms(plan, range(ACTIVE), tools)
        rebuild.rebuild(tools.basin_map)


def _multiply(mongodb_uri: str, redis_url: str) -> None:
    """Ten times the documents of missions and platforms, under other platforms; of those at sea there stay eight."""
    with MongoClient[Document](mongodb_uri, tz_aware=True) as client:
        source: Database[Document] = client[database(LARGE)]
        target: Database[Document] = client[database(DOCUMENTS_ONLY)]
        made_of = source.counters.find_one({"_id": "bench"}) or {}
        if target.counters.find_one({"_id": "bench"}) == made_of:
            indexes.ensure(target)
            return
        client.drop_database(target.name)
        # The indexes of these come after the documents: built at once they take a fraction of the time.
        indexes.ensure(target)
        for name in ("missions", "platforms"):
            target[name].drop_indexes()
            for some in _batched(_copies(source, name), _AT_ONCE):
                target[name].insert_many(some, ordered=False, bypass_document_validation=True)
        target.basins.insert_many(source.basins.find())
        target.counters.insert_many(source.counters.find({"_id": {"$ne": "bench"}}))
        indexes.ensure(target)
        settings = config.load(mongodb_uri=mongodb_uri, redis_url=redis_url, mongodb_database=target.name)
        with connection.bound(settings, _TIMEOUT_MS):
            transactions.run(missions.derive_facets)
            with extensions.mongo.client.start_session() as session:
                found = summing.summed(missions.sums(session), datetime.now(UTC))
        for totals in _batched(map(totals_to_document, found), _AT_ONCE):
            target.totals.insert_many(totals)
        target.counters.insert_one(made_of)


def _copies(source: Database[Document], name: str) -> Iterator[Document]:
    """The documents, those of platforms that are not at sea nine times more, and of the first of them once again."""
    for doc in source[name].find().sort("_id", 1):
        yield doc
        number = int(doc["platform"].removeprefix("seed"))
        if number <= ACTIVE:
            continue
        # Nine times those of 2,992 platforms leave 72 platforms to 240,000 missions.
        copies = 10 if number <= ACTIVE + ACTIVE * 9 else 9
        for copy in range(copies):
            platform = f"copy{copy}{doc['platform']}"
            more = {"serial": platform, "serial_key": platform} if name == "platforms" else {}
            key = f"{platform}/{doc['mission']}" if name == "missions" else platform
            yield {**doc, "_id": key, "platform": platform, **more}


def _batched(documents: Iterable[Document], count: int) -> Iterator[list[Document]]:
    rest = iter(documents)
    while some := list(islice(rest, count)):
        yield some


@dataclass(frozen=True, slots=True)
class Stores:
    """The bench's own mongod and Valkey."""

    mongodb_uri: str
    redis_url: str


def stores(home: Path = HOME) -> Stores:
    """The servers of the bench, started unless they run; `app.localdev.servers.stop(home)` ends them."""
    home.mkdir(parents=True, exist_ok=True)
    uri, redis_url = mongod.start(home), valkey.start(home)
    with MongoClient[Document](uri) as client:
        # The default cache of `make up` is for a laptop; a measurement must not wait for the disk.
        client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=3G")
    return Stores(uri, redis_url)


def active_mission(found: Stores, count: int) -> str:
    """The path of the page of a mission at sea, one of 800 profiles."""
    with MongoClient[Document](found.mongodb_uri) as client:
        doc = client[database(count)].missions.find_one({"figures.profiles": ACTIVE_PROFILES}, sort=[("_id", 1)])
    if doc is None:
        raise LookupError(f"{database(count)} holds no mission at sea")
    return f"/missions/{doc['_id']}"


def main(sizes: list[int]) -> None:
    """Makes the data sets of these sizes ready and says how long each took."""
    found = stores()
    with MongoClient[Document](found.mongodb_uri) as client:
        for count in sizes or [SMALL, LARGE, DOCUMENTS_ONLY]:
            began = time.monotonic()
            name = prepare(found.mongodb_uri, found.redis_url, count)
            size_gb = client[name].command("dbStats")["totalSize"] / 1e9
            click.echo(f"{name}: ready after {time.monotonic() - began:.0f} s, {size_gb:.2f} GB")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
