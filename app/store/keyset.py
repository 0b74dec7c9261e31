"""Keyset pagination: continue a list after the last key of the previous page, by index, for any number of ties."""

from collections.abc import Mapping
from typing import Any

from pymongo.collection import Collection

Document = dict[str, Any]

# A list that takes longer would delay other requests: the query is cancelled and the client receives 503.
TIMEOUT_MS = 2000


def order(path: str, direction: int) -> list[tuple[str, int]]:
    """The order by a value; the id breaks ties in the opposite direction, as in the indexes."""
    return [(path, direction), ("_id", -direction)]


def read(
    collection: Collection[Document],
    query: Mapping[str, Any],
    by: tuple[str, int],
    after: tuple[Any, str] | None,
    limit: int,
    index: str,
) -> list[Document]:
    """At most `limit` documents that match, ordered `by` (path, direction), after (value, id), read by this index.

    The index is a hint: MongoDB's planner would race several and cache the winner for other values, too.
    """
    path, direction = by
    ranges: list[tuple[Document, list[tuple[str, int]]]] = [({}, order(*by))]
    if after is not None:
        value, last_id = after
        beyond, ties = ("$lt", "$gt") if direction < 0 else ("$gt", "$lt")
        # One `$or` for both would read the index from the first document with the value. And where all documents
        # share the value, sorting by it would read and sort them all.
        ranges = [
            ({path: value, "_id": {ties: last_id}}, [("_id", -direction)]),
            ({path: {beyond: value}}, order(*by)),
        ]
    documents: list[Document] = []
    for bounds, sort in ranges:
        if len(documents) < limit:
            cursor = collection.find({"$and": [query, bounds]}).sort(sort).limit(limit - len(documents))
            documents += cursor.max_time_ms(TIMEOUT_MS).hint(index)
    return documents
