"""Many documents at once, in a form that can be repeated."""

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
    """Stores the documents under their `_id`, whatever is there. `afresh` says that most likely nothing is: faster."""
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
    replaced = [ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in documents]
    collection.bulk_write(replaced, ordered=False, session=session)
