"""JSON schema validators of the collections: the fields that queries rely on."""

from typing import Any

Document = dict[str, Any]

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
    "audit": {
        "required": ["at", "actor", "action", "target", "outcome"],
        "properties": {"at": {"bsonType": "date"}, "outcome": {"enum": ["done", "unchanged", "refused"]}},
    },
    "uploads": {
        "required": ["file_name", "sha256", "bytes", "received_at", "state", "key_id", "actor", "spool_id"],
        "properties": {
            "bytes": _COUNT,
            "received_at": {"bsonType": "date"},
            "state": {"enum": ["received", "waiting", "queued", "running", "done", "failed", "rejected"]},
        },
    },
    "imports": {
        "required": ["at", "file_name", "outcome"],
        "properties": {"outcome": {"enum": ["stored", "replaced", "unchanged", "refused"]}},
    },
}
