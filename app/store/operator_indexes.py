"""Indexes of the collections that operators' commands write: see `indexes`."""

from pymongo import ASCENDING, DESCENDING, IndexModel

INDEXES: dict[str, list[IndexModel]] = {
    "audit": [
        IndexModel([("at", DESCENDING), ("_id", ASCENDING)], name="newest"),
        IndexModel([("target", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)], name="target_newest"),
    ],
    "withdrawals": [
        IndexModel([("platform", ASCENDING), ("mission", ASCENDING)], name="mission", unique=True),
        IndexModel([("serial_key", ASCENDING), ("platform", ASCENDING), ("mission", ASCENDING)], name="serial"),
    ],
    "restorations": [IndexModel([("platform", ASCENDING), ("mission", ASCENDING)], name="mission", unique=True)],
    "mission_versions": [
        IndexModel([("platform", ASCENDING), ("mission", ASCENDING), ("imported_at", DESCENDING)], name="mission")
    ],
    "platform_aliases": [
        IndexModel([("platform", ASCENDING)], name="platform"),
        IndexModel([("serial_key", ASCENDING)], name="serial"),
    ],
    "api_keys": [],
    "api_key_uses": [],
}
