"""Several small reads of different collections in one round trip, which costs less than each of them alone.

For reads by id, or by an index that the planner cannot miss: a read within another one cannot name its index.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.extensions import mongo
from app.store import keyset

Document = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A read of a collection by the stages of an aggregation, and the value that its documents make."""

    collection: str
    stages: Sequence[Document]
    value: Callable[[Sequence[Document]], T]


def by_ids(collection: str, ids: Sequence[str], value: Callable[[Sequence[Document]], T], *fields: str) -> Read[T]:
    """The documents with these ids, or these fields of them."""
    stages: list[Document] = [{"$match": {"_id": {"$in": list(ids)}}}]
    return Read(collection, [*stages, {"$project": dict.fromkeys(fields, 1)}] if fields else stages, value)


def values(*reads: Read[Any], timeout_ms: int = keyset.TIMEOUT_MS) -> list[Any]:
    """The values of the reads (at least one), in their order."""
    parts = [
        [*read.stages, {"$replaceWith": {"read": number, "document": "$$ROOT"}}] for number, read in enumerate(reads)
    ]
    others = [
        {"$unionWith": {"coll": read.collection, "pipeline": part}}
        for read, part in zip(reads[1:], parts[1:], strict=True)
    ]
    documents: list[list[Document]] = [[] for _ in reads]
    for doc in mongo.db[reads[0].collection].aggregate([*parts[0], *others], maxTimeMS=timeout_ms):
        documents[doc["read"]].append(doc["document"])
    return [read.value(found) for read, found in zip(reads, documents, strict=True)]
