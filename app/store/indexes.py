"""Collections, their validators and their indexes. Each offered filter and order has its index here."""

from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure

from app.domain import mission_filters
from app.store import change_log, transactions

Document = dict[str, Any]

# One more whenever search finds things by other words: then the next import makes all entries anew.
SEARCH_WORDS = 2

_NAMESPACE_EXISTS = 48

# The change log only has to outlive the slowest reader's pause.
CHANGES_KEPT_S = 3600

# The filters of lists of missions, each with its field of the document.
MISSION_FILTERS = {each.name: each.field for each in mission_filters.FILTERS}
# Filters of which a mission has several values.
MISSION_LISTS = tuple(each.name for each in mission_filters.FILTERS if each.is_list)

# The orders that lists of missions offer. The id breaks ties, so that a cursor never skips; it runs against the value,
# so that two opposite orders read one index from its two ends.
MISSION_SORTS = {
    "newest": ("figures.end_at", DESCENDING),
    "oldest": ("figures.end_at", ASCENDING),
    "longest": ("order.duration_s", DESCENDING),
    "farthest": ("figures.distance_m", DESCENDING),
    "profiles": ("figures.profiles", DESCENDING),
    "deepest": ("order.depth_m", DESCENDING),
}

# Pairs of filters that people combine, each with the newest first. Two lists (basins, years, variables) never share an
# index in MongoDB; other pairs are answered by the index of one filter.
MISSION_PAIRS = (("platform", "year"), ("project", "year"), ("kind", "year"), ("data_mode", "year"), ("kind", "basin"))


def _mission_indexes() -> list[IndexModel]:
    """One index for each filter with each order. Simulated missions stand apart at the front of all of them."""
    orders = {name: path for name, (path, direction) in MISSION_SORTS.items() if direction == DESCENDING}
    filters: list[tuple[str, ...]] = [(), *((name,) for name in MISSION_FILTERS)]
    wanted = [(names, order) for names in filters for order in orders]
    wanted += [(pair, "newest") for pair in MISSION_PAIRS]
    return [
        IndexModel(
            [
                ("simulated", ASCENDING),
                *((MISSION_FILTERS[name], ASCENDING) for name in names),
                (orders[order], DESCENDING),
                ("_id", ASCENDING),
            ],
            name="_".join((*names, order, "first")),
        )
        for names, order in wanted
    ]


# The order of the lists with the sides of each mission's box, by which a part of a map is picked from the keys alone.
BOXED = "newest_boxed"
_BOXED = IndexModel(
    [
        ("simulated", ASCENDING),
        ("figures.end_at", DESCENDING),
        ("_id", ASCENDING),
        *((f"extent.{side}", ASCENDING) for side in ("west", "south", "east", "north")),
    ],
    name=BOXED,
)

INDEXES: dict[str, list[IndexModel]] = {
    "missions": [*_mission_indexes(), _BOXED],
    "platforms": [
        IndexModel([("serial_key", ASCENDING)], name="serial"),
        IndexModel([("simulated", ASCENDING), ("last_seen_at", DESCENDING), ("_id", ASCENDING)], name="heard"),
        IndexModel([("simulated", ASCENDING), ("_id", ASCENDING)], name="named"),
    ],
    "profiles": [
        IndexModel(
            [(key, ASCENDING) for key in ("platform", "mission", "version", "start_at", "number")],
            name="mission_time",
            unique=True,
        ),
        IndexModel(
            [(key, ASCENDING) for key in ("platform", "mission", "version", "number", "start_at")], name="number"
        ),
    ],
    "samples": [
        # With the count, so that an export knows how many rows it will have without reading one.
        IndexModel(
            [(key, ASCENDING) for key in ("platform", "mission", "version", "start_at", "number", "part", "count")],
            name="rows",
            unique=True,
        ),
    ],
    "tracks": [IndexModel([("platform", ASCENDING), ("mission", ASCENDING)], name="mission", unique=True)],
    "sections": [
        IndexModel(
            [("platform", ASCENDING), ("mission", ASCENDING), ("what", ASCENDING), ("place", ASCENDING)], name="mission"
        )
    ],
    "totals": [
        IndexModel([("kind", ASCENDING), ("_id", ASCENDING)], name="kind_scope"),
        IndexModel([("kind", ASCENDING), ("time_at_sea_s", DESCENDING), ("_id", ASCENDING)], name="kind_longest"),
    ],
    "subtotals": [
        IndexModel([("scope", ASCENDING), ("platform", ASCENDING)], name="scope"),
        IndexModel([("platform", ASCENDING)], name="platform"),
        IndexModel([("changed", ASCENDING)], name="changed", sparse=True),
    ],
    "changes": [IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=CHANGES_KEPT_S)],
    "imports": [
        IndexModel([("sha256", ASCENDING)], name="file"),
        IndexModel([("simulated", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)], name="real_newest"),
        IndexModel(
            [("simulated", ASCENDING), ("outcome", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)],
            name="outcome_newest",
        ),
    ],
    "updates": [
        *(
            IndexModel(
                [
                    ("simulated", ASCENDING),
                    *((name, ASCENDING) for name in names),
                    ("shown_from", DESCENDING),
                    ("_id", ASCENDING),
                ],
                name="_".join((*names, "newest")),
            )
            for names in ((), ("kind",), ("platform",), ("platform", "kind"))
        ),
        IndexModel([("platform", ASCENDING)], name="platform"),
    ],
    "search": [
        IndexModel(
            [("kind", ASCENDING), ("simulated", ASCENDING), *((key, ASCENDING) for key in ("keys", "order", "_id"))],
            name="found",
        ),
        IndexModel([("platform", ASCENDING)], name="platform"),
    ],
    "basins": [],
    "counters": [],
    "facets": [],
    "derived_pending": [IndexModel([("at", ASCENDING)], name="oldest")],
    "originals.files": [],
    "originals.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="file", unique=True)],
    "retired_versions": [IndexModel([("at", ASCENDING)], name="age")],
}

# What earlier releases made and no query of this one needs: every write goes on paying for it until it is dropped. Not
# by `ensure` of itself: the release before names indexes in its queries, and it runs during a rollout and after a
# rollback.
RETIRED = {
    "missions": ("newest", "platform", "data_mode", "basin", "project", "variable", "year"),
    "platforms": ("last_seen",),
    "imports": ("newest",),
    "samples": ("mission_time",),
    "totals": ("kind",),
}

_TEXT: Document = {"bsonType": "string", "minLength": 1}
_COUNT: Document = {"bsonType": ["int", "long"], "minimum": 0}
_NUMBER: Document = {"bsonType": ["double", "int", "long"]}

VALIDATORS: dict[str, Document] = {
    "missions": {
        "required": ["platform", "mission", "version", "data_mode", "figures", "source", "years"],
        "properties": {
            "platform": _TEXT,
            "mission": _TEXT,
            "version": _TEXT,
            "data_mode": {"enum": ["R", "P", "A", "D"]},
            "figures": {
                "bsonType": "object",
                "required": ["samples", "profiles", "distance_m", "vertical_m", "start_at", "end_at"],
                "properties": {
                    "samples": _COUNT,
                    "profiles": _COUNT,
                    "distance_m": _NUMBER,
                    "start_at": {"bsonType": "date"},
                    "end_at": {"bsonType": "date"},
                },
            },
        },
    },
    "profiles": {
        "required": ["platform", "mission", "version", "number", "start_at", "samples"],
        "properties": {"number": {**_COUNT, "minimum": 1}, "samples": _COUNT, "start_at": {"bsonType": "date"}},
    },
    "platforms": {
        "required": ["platform", "serial", "serial_key", "last_seen_at"],
        "properties": {"platform": _TEXT, "serial": _TEXT, "last_seen_at": {"bsonType": "date"}},
    },
    "imports": {
        "required": ["at", "file_name", "outcome"],
        "properties": {"outcome": {"enum": ["stored", "replaced", "unchanged", "refused"]}},
    },
}


def ensure(db: Database[Document]) -> list[str]:
    """Creates what is missing and updates validators; safe to run at every start. Returns the collections' names.

    `db` is the portal's own. Pages that show what it completes are outdated by it.
    """
    known = {found["name"]: found.get("options", {}).get("validator") for found in db.list_collections()}
    known_before = set(known)
    derived = {"updates", "search", "subtotals"}.issubset(known)
    for name, indexes in INDEXES.items():
        schema = {"$jsonSchema": {"bsonType": "object", **VALIDATORS.get(name, {})}}
        if name not in known:
            known[name] = _created(db, name, schema)
        # Changing one waits for every open transaction, also a killed importer's: only when there is a change.
        if known.get(name, schema) != schema:
            db.command("collMod", name, validator=schema)
        if indexes:
            db[name].create_indexes(indexes)
    if _complete(db):
        # Everything that shows stored data goes by the basins, too.
        transactions.run(lambda session: change_log.append(("basins",), datetime.now(UTC), session))
    if not derived or not db.counters.find_one({"_id": "search_words", "words": SEARCH_WORDS}):
        _mark_platforms(db)
        db.counters.replace_one({"_id": "search_words"}, {"words": SEARCH_WORDS}, upsert=True)
    if "sections" not in known_before:
        for mission in db.missions.find({}, {"_id": 1}):
            mark = {"$set": {"number": 0}}
            db.derived_pending.update_one({"_id": f"sections:{mission['_id']}"}, mark, upsert=True)
    return sorted(INDEXES)


def retired(db: Database[Document]) -> list[str]:
    """The indexes that are there for earlier releases alone, as `collection.index`."""
    there = ((name, db[name].index_information().keys() & set(indexes)) for name, indexes in RETIRED.items())
    return [f"{name}.{index}" for name, indexes in there for index in sorted(indexes)]


def drop_retired(db: Database[Document]) -> list[str]:
    """Drops the indexes that `retired` names, and returns them."""
    found = retired(db)
    for name in found:
        collection, _, index = name.partition(".")
        db[collection].drop_index(index)
    return found


def _mark_platforms(db: Database[Document]) -> None:
    """Has the next import derive what an earlier release did not know: updates, search, what totals are made of."""
    platforms = db.missions.distinct("platform")
    scopes = [f"{kind}:{platform}" for kind in ("updates", "subtotals") for platform in platforms]
    for scope in [*scopes, *(["totals"] if platforms else [])]:
        db.derived_pending.update_one({"_id": scope}, {"$set": {"number": 0}}, upsert=True)


def _complete(db: Database[Document]) -> bool:
    """Gives what an earlier release stored that which lists are ordered and filtered by since; False without such."""
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


def _created(db: Database[Document], name: str, schema: Document) -> Document | None:
    """The validator that the collection has now: None when somebody else, starting as well, made it first."""
    try:
        db.create_collection(name, validator=schema)
    except CollectionInvalid:
        return None
    except OperationFailure as error:
        # Between the driver's look and the command it came to be.
        if error.code != _NAMESPACE_EXISTS:
            raise
        return None
    return schema


def missing(db: Database[Document]) -> list[str]:
    """The indexes that `ensure` would create, as `collection.index`; empty when the store is ready."""
    there = {name: db[name].index_information().keys() for name, indexes in INDEXES.items() if indexes}
    return [
        f"{name}.{index.document['name']}"
        for name, indexes in INDEXES.items()
        for index in indexes
        if index.document["name"] not in there[name]
    ]
