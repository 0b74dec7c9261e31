"""Collections and their indexes: one for each filter and order that lists offer. Created at every start."""

from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure

from app.domain import mission_filters
from app.store import operator_indexes, position_indexes, task_indexes, upgrades
from app.store.validators import VALIDATORS

Document = dict[str, Any]

_NAMESPACE_EXISTS = 48

# The change log must outlive the longest pause of a follower.
CHANGES_RETENTION_S = 3600

# Filters of mission lists, and the field of each.
MISSION_FILTERS = {each.name: each.field for each in mission_filters.FILTERS}
# Filters on array fields: a mission has several values.
MISSION_LISTS = tuple(each.name for each in mission_filters.FILTERS if each.is_list)

# Orders of mission lists. The id breaks ties, so that a cursor never skips a mission; its direction is opposite to the
# value, so that two opposite orders read one index from its two ends.
MISSION_SORTS = {
    "newest": ("figures.end_at", DESCENDING),
    "oldest": ("figures.end_at", ASCENDING),
    "longest": ("order.duration_s", DESCENDING),
    "farthest": ("figures.distance_m", DESCENDING),
    "profiles": ("figures.profiles", DESCENDING),
    "deepest": ("order.depth_m", DESCENDING),
}

# Common pairs of filters, newest first. MongoDB cannot index two array fields (basins, years, variables) together;
# other pairs use the index of one filter.
MISSION_PAIRS = (("platform", "year"), ("project", "year"), ("kind", "year"), ("data_mode", "year"), ("kind", "basin"))


def _mission_indexes() -> list[IndexModel]:
    """One index for each filter and order. All begin with `simulated`, which separates simulated missions."""
    orders = {name: path for name, (path, direction) in MISSION_SORTS.items() if direction == DESCENDING}
    filters: list[tuple[str, ...]] = [(), *((name,) for name in MISSION_FILTERS)]
    combinations = [(names, order) for names in filters for order in orders]
    combinations += [(pair, "newest") for pair in MISSION_PAIRS]
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
        for names, order in combinations
    ]


# The order of lists with the sides of each mission's box, so that index keys alone select the missions of a map.
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
        IndexModel([("wmo_id", ASCENDING), ("_id", ASCENDING)], name="wmo_id"),
        IndexModel([(key, ASCENDING) for key in ("simulated", "over_from", "late_at", "silent_at")], name="reporting"),
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
        # Includes the count, so that the rows of an export are counted without reading a document.
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
    "changes": [IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=CHANGES_RETENTION_S)],
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
    "basins": [IndexModel([("aliases", ASCENDING)], name="aliases")],
    "counters": [],
    "facets": [],
    "derived_pending": [IndexModel([("at", ASCENDING)], name="oldest")],
    "originals.files": [],
    "originals.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="file", unique=True)],
    "retired_versions": [IndexModel([("at", ASCENDING)], name="age")],
    "backups": [],
    **operator_indexes.INDEXES,
    **position_indexes.INDEXES,
    **task_indexes.INDEXES,
}

# Indexes of earlier releases that no query uses: every write pays for them until they are dropped. `ensure` does not
# drop them, because the previous release has hints on them, and it runs during a rollout and after a rollback.
RETIRED = {
    "missions": ("newest", "platform", "data_mode", "basin", "project", "variable", "year"),
    "platforms": ("last_seen",),
    "imports": ("newest",),
    "samples": ("mission_time",),
    "totals": ("kind",),
}


def ensure(db: Database[Document]) -> list[str]:
    """Create missing collections and indexes, update validators; safe at every start. Returns the collections' names.

    Also applies the upgrades of documents of earlier releases.
    """
    current = {entry["name"]: entry.get("options", {}).get("validator") for entry in db.list_collections()}
    existed = set(current)
    for name, indexes in INDEXES.items():
        schema = {"$jsonSchema": {"bsonType": "object", **VALIDATORS.get(name, {})}}
        if name not in current:
            current[name] = _created(db, name, schema)
        # collMod waits for every open transaction, also of a killed importer: run it only for a change.
        if current.get(name, schema) != schema:
            db.command("collMod", name, validator=schema)
        if indexes:
            # By default MongoDB waits for all members, so that an index of a collection with documents, for example
            # after a restore, would wait without end while one member is down.
            db[name].create_indexes(indexes, commitQuorum="majority")
    upgrades.apply(db, existed)
    return sorted(INDEXES)


def retired(db: Database[Document]) -> list[str]:
    """Existing indexes that only earlier releases use, as `collection.index`."""
    existing = ((name, db[name].index_information().keys() & set(indexes)) for name, indexes in RETIRED.items())
    return [f"{name}.{index}" for name, indexes in existing for index in sorted(indexes)]


def drop_retired(db: Database[Document]) -> list[str]:
    """Drop the indexes that `retired` lists; returns them."""
    names = retired(db)
    for name in names:
        collection, _, index = name.partition(".")
        db[collection].drop_index(index)
    return names


def _created(db: Database[Document], name: str, schema: Document) -> Document | None:
    """The validator of the new collection; None if another process created the collection first."""
    try:
        db.create_collection(name, validator=schema)
    except CollectionInvalid:
        return None
    except OperationFailure as error:
        # Another process created it between the driver's check and the command.
        if error.code != _NAMESPACE_EXISTS:
            raise
        return None
    return schema


def missing(db: Database[Document]) -> list[str]:
    """The indexes that `ensure` would create, as `collection.index`; empty if the store is ready."""
    existing = {name: db[name].index_information().keys() for name, indexes in INDEXES.items() if indexes}
    return [
        f"{name}.{index.document['name']}"
        for name, indexes in INDEXES.items()
        for index in indexes
        if index.document["name"] not in existing[name]
    ]
