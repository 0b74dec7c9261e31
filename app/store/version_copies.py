"""Copies of the profiles and samples of a version under another platform, before it becomes current there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from app.extensions import mongo
from app.store import bulk, versions

Document = dict[str, Any]

# A sample document has up to 8 MB; most have some kilobytes.
_DOCUMENTS_AT_ONCE = 20
# Far less than the ten minutes after which a sweep regards an announced version as abandoned.
_ANNOUNCED_FOR = timedelta(minutes=1)


def copy(platform: str, mission: str, version: str, new_platform: str) -> None:
    """Copy all documents of a version; a repetition replaces them, and removes those that the original lost since."""
    announced_at = datetime.now(UTC)
    versions.begin(new_platform, mission, version, announced_at)
    query = {"platform": platform, "mission": mission, "version": version}
    for collection in (mongo.db.samples, mongo.db.profiles):
        ids: list[str] = []
        documents = iter(collection.find(query).batch_size(_DOCUMENTS_AT_ONCE))
        for batch in _batches(documents):
            copies = [
                {**doc, "_id": new_platform + doc["_id"][len(platform) :], "platform": new_platform} for doc in batch
            ]
            bulk.put(collection, copies, afresh=True)
            ids += [doc["_id"] for doc in copies]
            if (now := datetime.now(UTC)) - announced_at > _ANNOUNCED_FOR:
                announced_at = now
                versions.touch(new_platform, mission, version, now)
        others = {**query, "platform": new_platform, "_id": {"$nin": ids}}
        collection.delete_many(others)


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    while batch := list(islice(documents, _DOCUMENTS_AT_ONCE)):
        yield batch
