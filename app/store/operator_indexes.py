"""Indexes of the collections that operators' commands write: see `indexes`."""

from pymongo import ASCENDING, DESCENDING, IndexModel

INDEXES: dict[str, list[IndexModel]] = {
    "audit": [
        IndexModel([("at", DESCENDING), ("_id", ASCENDING)], name="newest"),
        IndexModel([("target", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)], name="target_newest"),
    ],
    "withdrawals": [IndexModel([("platform", ASCENDING), ("mission", ASCENDING)], name="mission", unique=True)],
    "mission_versions": [
        IndexModel([("platform", ASCENDING), ("mission", ASCENDING), ("imported_at", DESCENDING)], name="mission")
    ],
    "platform_aliases": [IndexModel([("platform", ASCENDING)], name="platform")],
    "api_keys": [],
    "api_key_uses": [],
}
