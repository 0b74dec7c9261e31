"""The files of watched folders and buckets, as they were at the last look: each state of a file is queued once."""

from collections.abc import Collection
from typing import Any

from app.extensions import mongo


def is_new_and_settled(entry: str, name: str, size_bytes: int, modified_ns: int) -> bool:
    """True if the file has the size and time of the last look, and has not been queued in this state.

    Another state is stored for the next look.
    """
    state = {"size_bytes": size_bytes, "modified_ns": modified_ns}
    doc = mongo.db.watched_files.find_one({"_id": _key(entry, name)})
    if doc is not None and all(doc.get(field) == value for field, value in state.items()):
        return not doc["queued"]
    _put(entry, name, {**state, "queued": False})
    return False


def note_queued(entry: str, name: str) -> None:
    """Record that the file is queued in the state of the last look."""
    mongo.db.watched_files.update_one({"_id": _key(entry, name)}, {"$set": {"queued": True}})


def is_refused(entry: str, name: str, changed_ns: int) -> bool:
    """True if the file was refused and its attributes, such as its access rights, have not changed since."""
    doc = mongo.db.watched_files.find_one({"_id": _key(entry, name)}, {"refused_ns": 1})
    return doc is not None and doc.get("refused_ns") == changed_ns


def note_refused(entry: str, name: str, changed_ns: int) -> None:
    """Record that the file was refused, with the time of the last change of its attributes."""
    mongo.db.watched_files.update_one({"_id": _key(entry, name)}, {"$set": {"refused_ns": changed_ns}})


def tags(entry: str, names: Collection[str]) -> dict[str, str]:
    """The tag (ETag) with which each of these objects was queued or refused, by name; others are absent."""
    found = mongo.db.watched_files.find({"_id": {"$in": [_key(entry, name) for name in names]}}, {"tag": 1})
    return {doc["_id"].removeprefix(_key(entry, "")): doc["tag"] for doc in found if "tag" in doc}


def note_tag(entry: str, name: str, tag: str) -> None:
    """Record that the object is queued or refused with this tag."""
    _put(entry, name, {"tag": tag})


def _key(entry: str, name: str) -> str:
    return f"{entry}:{name}"


def _put(entry: str, name: str, fields: dict[str, Any]) -> None:
    mongo.db.watched_files.replace_one({"_id": _key(entry, name)}, {"entry": entry, **fields}, upsert=True)
