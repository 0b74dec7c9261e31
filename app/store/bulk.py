"""Idempotent bulk writes."""

from collections.abc import Sequence
from typing import Any

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

_DUPLICATE_KEY = 11000


def put(
    collection: Collection[dict[str, Any]],
    documents: Sequence[dict[str, Any]],
    afresh: bool,
    session: ClientSession | None = None,
) -> None:
    """Store the documents under their `_id`, replacing existing ones. `afresh`: insert first, as likely none exists."""
    if not documents:
        return
    if afresh:
        try:
            collection.insert_many(documents, ordered=False, session=session)
        except BulkWriteError as error:
            if any(problem["code"] != _DUPLICATE_KEY for problem in error.details["writeErrors"]):
                raise
        else:
            return
    writes = [ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in documents]
    collection.bulk_write(writes, ordered=False, session=session)
