"""An archive of 240,000 missions: the 24,000 seeded ones, and nine or ten copies of those that are not at sea.

All of them have what lists read: documents of missions, platforms, updates and search entries, with the totals.
Profiles and sections exist for platforms at sea only, and tracks for missions of the last year: the first view of the
map shows the latest 200.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from app import config, extensions
from app.ingest.derive import totals as summing
from app.store import connection, indexes, missions, transactions
from app.store.documents import totals_to_document

Document = dict[str, Any]
# Operations over 24,000 missions take minutes, and no visitor waits for them.
TIMEOUT_MS = 600_000
_AT_ONCE = 2_000
_COPIED = ("missions", "platforms", "updates", "search", "tracks")
_AT_SEA_ONLY = ("profiles", "sections")
_TRACKS_OF = timedelta(days=366)
# Incremented when the content changes: the next run then copies again.
_CONTENT = 2


def multiply(mongodb_uri: str, redis_url: str, source_name: str, target_name: str, at_sea: int) -> None:
    """Copy a database to one of about ten times as many missions, of which the first platforms stay at sea."""
    with MongoClient[Document](mongodb_uri, tz_aware=True) as client:
        source: Database[Document] = client[source_name]
        target: Database[Document] = client[target_name]
        origin = {**(source.counters.find_one({"_id": "bench"}) or {}), "content": _CONTENT}
        if target.counters.find_one({"_id": "bench"}) == origin:
            indexes.ensure(target)
            return
        client.drop_database(target.name)
        # Indexes are built after the documents are inserted, which takes a fraction of the time.
        indexes.ensure(target)
        names = {f"seed{number:04d}" for number in range(1, at_sea + 1)}
        for name in (*_COPIED, *_AT_SEA_ONLY):
            target[name].drop_indexes()
            query = {"platform": {"$in": sorted(names)}} if name in _AT_SEA_ONLY else {}
            if name == "tracks":
                query = {"mid_at": {"$gte": origin["until"] - _TRACKS_OF}}
            documents = source[name].find(query).sort("_id", 1)
            copies = _copies(documents, name, at_sea) if name in _COPIED else documents
            for batch in _batched(copies, _AT_ONCE):
                target[name].insert_many(batch, ordered=False, bypass_document_validation=True)
        target.basins.insert_many(source.basins.find())
        # `ensure` has written some of them.
        target.counters.delete_many({})
        target.counters.insert_many(source.counters.find({"_id": {"$ne": "bench"}}))
        target.derived_pending.delete_many({})
        indexes.ensure(target)
        settings = config.load(mongodb_uri=mongodb_uri, redis_url=redis_url, mongodb_database=target.name)
        _sum_up(settings, target)
        target.counters.insert_one(origin)


def _sum_up(settings: config.Settings, target: Database[Document]) -> None:
    with connection.bound(settings, TIMEOUT_MS):
        transactions.run(missions.derive_facets)
        with extensions.mongo.client.start_session() as session:
            sums = summing.summed(missions.sums(session), datetime.now(UTC))
    for totals in _batched(map(totals_to_document, sums), _AT_ONCE):
        target.totals.insert_many(totals)


def _copies(documents: Iterable[Document], name: str, at_sea: int) -> Iterator[Document]:
    """The documents, and copies of those whose platform is not at sea."""
    for doc in documents:
        yield doc
        platform = doc.get("platform")
        # Entries of basins have none.
        if platform is None or (number := int(platform.removeprefix("seed"))) <= at_sea:
            continue
        # Nine copies of 2,992 platforms are 72 platforms short of 240,000 missions.
        for copy in range(10 if number <= at_sea + at_sea * 9 else 9):
            yield _copy(doc, name, f"copy{copy}{platform}")


def _copy(doc: Document, name: str, platform: str) -> Document:
    original = doc["platform"]
    copy = {**doc, "_id": doc["_id"].replace(original, platform), "platform": platform}
    if name == "platforms":
        copy |= {"serial": platform, "serial_key": platform}
    if name == "search":
        # The keys of exact names begin with "=".
        copy["keys"] = [key.replace(original, platform) if key.startswith("=") else key for key in doc["keys"]]
    return copy


def _batched(documents: Iterable[Document], count: int) -> Iterator[list[Document]]:
    remaining = iter(documents)
    while batch := list(islice(remaining, count)):
        yield batch
