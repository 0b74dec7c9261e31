"""Documents of earlier releases: those that lists need are completed at once, others are queued for the next import.

Every read uses the keys of an index alone, and every write is bounded: a store has thousands of missions, and sections
with megabytes of cells.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pymongo.database import Database

from app.store import change_log, rebuild_queue, transactions

Document = dict[str, Any]

# Incremented when search terms, kinds of updates or the reporting of platforms change: the next import rebuilds these.
SEARCH_WORDS = 6
# Incremented when the stored contents of sections or T-S diagrams change: the next imports then rebuild both.
TS_CONTENTS = 5


def apply(db: Database[Document], existed: Collection[str]) -> None:
    """Complete and queue the documents of earlier releases. `existed`: the collections before this start."""
    if _complete(db):
        # Every page of stored data depends on the tag `basins`.
        transactions.run(lambda session: change_log.append(("basins",), datetime.now(UTC), session))
    has_derived = {"updates", "search", "subtotals"} <= set(existed)
    if not has_derived or not db.counters.find_one({"_id": "search_words", "words": SEARCH_WORDS}):
        _queue_platforms(db)
        db.counters.replace_one({"_id": "search_words"}, {"words": SEARCH_WORDS}, upsert=True)
    if not db.counters.find_one({"_id": "ts_contents", "version": TS_CONTENTS}):
        rebuild_queue.mark_backlog(f"sections:{mission}" for mission in _missions_with_sections(db))
        db.counters.replace_one({"_id": "ts_contents"}, {"version": TS_CONTENTS}, upsert=True)
    if "sections" not in existed:
        ids = db.missions.find({}, {"_id": 1}).sort("_id", 1)
        rebuild_queue.mark_backlog(f"sections:{doc['_id']}" for doc in ids)


def _queue_platforms(db: Database[Document]) -> None:
    """Queue the rebuild of what is derived for each platform: updates, search entries, subtotals."""
    query = {"simulated": {"$in": [False, True]}}
    keys = db.missions.find(query, {"_id": 0, "platform": 1}).hint("platform_newest_first")
    # A platform whose missions are all withdrawn has updates, too.
    withdrawn = db.withdrawals.find({}, {"_id": 0, "platform": 1}).hint("mission")
    platforms = sorted({doc["platform"] for doc in (*keys, *withdrawn)})
    rebuild_queue.mark_backlog(f"updates:{platform}" for platform in platforms)
    rebuild_queue.mark_backlog(rebuild_queue.sums_of(platforms) if platforms else ())


def _missions_with_sections(db: Database[Document]) -> Iterator[str]:
    """The missions (`platform/mission`) that have sections or a T-S diagram, in order."""
    # Without the projection and the index, this would read the cells and the pictures of all sections.
    keys = db.sections.find({}, {"_id": 0, "platform": 1, "mission": 1}).hint("mission")
    for mission, _ in groupby(f"{doc['platform']}/{doc['mission']}" for doc in keys):
        yield mission


def _complete(db: Database[Document]) -> bool:
    """Add the fields of newer filters and orders to documents of earlier releases; False if there are none."""
    attempts = db.imports.update_many({"simulated": {"$exists": False}}, {"$set": {"simulated": False}})
    span_ms = {"$subtract": ["$figures.end_at", "$figures.start_at"]}
    order = {
        "duration_s": {"$divide": [span_ms, 1000]},
        "depth_m": {"$ifNull": ["$figures.max_depth_m", -1.0]},
    }
    west, south, east, north = ({"$arrayElemAt": ["$figures.bbox", side]} for side in range(4))
    unrolled = {"$cond": [{"$gte": [east, west]}, east, {"$add": [east, 360]}]}
    extent = {"west": west, "south": south, "east": unrolled, "north": north}
    boxed = {"$cond": [{"$isArray": "$figures.bbox"}, extent, None]}
    boxes = db.missions.update_many({"extent": {"$exists": False}}, [{"$set": {"extent": boxed}}])
    lacking = {"order": {"$exists": False}}
    orders = db.missions.update_many(lacking, [{"$set": {"order": order, "kind": {"$ifNull": ["$kind", "glider"]}}}])
    return any(result.modified_count for result in (attempts, boxes, orders))
