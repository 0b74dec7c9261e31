"""The files of watched folders, as they were at the last look: a file is imported once it no longer changes."""

from app.extensions import mongo


def is_new_and_settled(entry: str, name: str, size_bytes: int, modified_ns: int) -> bool:
    """True if the file has the size and time of the last look, and has not been queued in this state.

    Another state is stored for the next look.
    """
    state = {"size_bytes": size_bytes, "modified_ns": modified_ns}
    doc = mongo.db.watched_files.find_one({"_id": f"{entry}:{name}"})
    if doc is not None and all(doc[field] == value for field, value in state.items()):
        return not doc["queued"]
    mongo.db.watched_files.replace_one(
        {"_id": f"{entry}:{name}"}, {"entry": entry, **state, "queued": False}, upsert=True
    )
    return False


def note_queued(entry: str, name: str) -> None:
    """Record that the file is queued in the state of the last look."""
    mongo.db.watched_files.update_one({"_id": f"{entry}:{name}"}, {"$set": {"queued": True}})
