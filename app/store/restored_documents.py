"""Writes of a restore into an empty database, and the mark that it is incomplete. Repeating a write changes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, ReplaceOne
from pymongo.collection import Collection

from app.extensions import mongo
from app.store import bulk
from app.store.indexes import INDEXES

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
# The collection of the mark, and its key.
MARKED = "counters"
_MARK = "restore"
# What `halocline indexes` stores in an empty database, and the mark itself.
_FIRST_COUNTERS = ("search_words", "ts_contents", _MARK)
# The result of the last backup does not come from an import.
_MAY_HAVE_DOCUMENTS = ("backups", "counters")
_WRITES_AT_ONCE = 500

# MongoDB deletes their documents after a while: their number after a restore is below that of the backup.
EXPIRING = frozenset(
    name for name, indexes in INDEXES.items() if any("expireAfterSeconds" in index.document for index in indexes)
)


def put(collection: str, documents: Iterable[bytes]) -> None:
    """Store documents under their keys."""
    raw: list[Any] = [RawBSONDocument(document, _RAW) for document in documents]
    bulk.put(_raw(collection), raw, afresh=True)


def apply(collection: str, changes: Sequence[bytes]) -> None:
    """Apply changes: documents with the key as `_id` and, unless the document was deleted, with `document`."""
    writes: list[Any] = []
    for raw in changes:
        change = RawBSONDocument(raw, _RAW)
        where = {"_id": change["_id"]}
        new = change.get("document")
        writes.append(DeleteOne(where) if new is None else ReplaceOne(where, new, upsert=True))
    for first in range(0, len(writes), _WRITES_AT_ONCE):
        _raw(collection).bulk_write(writes[first : first + _WRITES_AT_ONCE], ordered=False)


def progress() -> dict[str, Any] | None:
    """The mark of an incomplete restore: `manifest`, the digest of the manifest, and `done`, the parts restored."""
    return mongo.db.counters.find_one({"_id": _MARK})


def note_progress(manifest: str, done: int) -> None:
    """Set the mark."""
    mongo.db.counters.replace_one({"_id": _MARK}, {"_id": _MARK, "manifest": manifest, "done": done}, upsert=True)


def clear_progress() -> None:
    """Remove the mark: the restore is complete."""
    mongo.db.counters.delete_one({"_id": _MARK})


def first_document() -> str | None:
    """A collection with a document that an import has stored; None if the database is empty."""
    for name in sorted(mongo.db.list_collection_names(filter={"type": "collection"})):
        if name not in _MAY_HAVE_DOCUMENTS and mongo.db[name].find_one({}, {"_id": 1}) is not None:
            return str(name)
    if mongo.db.counters.find_one({"_id": {"$nin": list(_FIRST_COUNTERS)}}, {"_id": 1}) is not None:
        return "counters"
    return None


def remove_first_documents() -> None:
    """Remove what `halocline indexes` and earlier backups have stored in an empty database."""
    mongo.db.counters.delete_many({"_id": {"$in": [key for key in _FIRST_COUNTERS if key != _MARK]}})
    mongo.db.backups.delete_many({})


def count(collection: str) -> int:
    """The number of documents, counted in the index of keys."""
    return mongo.db[collection].count_documents({}, hint="_id_")


def drop_database() -> None:
    """Delete the bound database."""
    mongo.client.drop_database(mongo.database)


def _raw(name: str) -> Collection[Any]:
    return mongo.db[name].with_options(codec_options=_RAW)
