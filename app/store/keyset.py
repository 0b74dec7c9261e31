"""Keysets: a list goes on where the page before ended, by its index alone, however many documents share one value."""

from collections.abc import Mapping
from typing import Any

from pymongo.collection import Collection

Document = dict[str, Any]

# A list that takes longer is not worth a visitor's wait, nor the work that others wait for meanwhile: it is cut off,
# and answered with 503 in words.
TIMEOUT_MS = 2000


def order(path: str, direction: int) -> list[tuple[str, int]]:
    """The order by a value; the id, which breaks ties, runs against it, as in the indexes."""
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

    The index is named, because the planner races several and remembers the winner for other values, too.
    """
    path, direction = by
    ranges: list[tuple[Document, list[tuple[str, int]]]] = [({}, order(*by))]
    if after is not None:
        value, last_id = after
        beyond, ties = ("$lt", "$gt") if direction < 0 else ("$gt", "$lt")
        # One condition for both would have the index read from the first of those that share the value; and where
        # that is the same for all, naming it in the order would have them all read and sorted.
        ranges = [
            ({path: value, "_id": {ties: last_id}}, [("_id", -direction)]),
            ({path: {beyond: value}}, order(*by)),
        ]
    found: list[Document] = []
    for bounds, sort in ranges:
        if len(found) < limit:
            cursor = collection.find({"$and": [query, bounds]}).sort(sort).limit(limit - len(found))
            found += cursor.max_time_ms(TIMEOUT_MS).hint(index)
    return found
