"""Samples: one profile's measurements as compressed columns; number 0 holds what lies outside every profile."""

from collections.abc import Iterator, Sequence
from typing import Any

from pymongo.client_session import ClientSession

from app.extensions import mongo
from app.store import bulk


def of_version(platform: str, mission: str, version: str) -> Iterator[dict[str, Any]]:
    """The sample documents of a version in time order, a few at a time: memory stays bounded.

    Each has `number`, `count` and `columns`: {variable: {"unit", "dtype", "data"}}; see `domain.columns`.
    """
    query = {"platform": platform, "mission": mission, "version": version}
    order = [("start_at", 1), ("number", 1), ("part", 1)]
    yield from mongo.db.samples.find(query).sort(order).batch_size(20)


def put(documents: Sequence[dict[str, Any]], afresh: bool, session: ClientSession | None = None) -> None:
    """Stores sample documents under their ids."""
    bulk.put(mongo.db.samples, documents, afresh, session)


def remove_others(platform: str, mission: str, version: str, ids: Sequence[str], session: ClientSession) -> None:
    """Removes what a killed importer left of a version beyond the documents with these ids."""
    query = {"platform": platform, "mission": mission, "version": version, "_id": {"$nin": list(ids)}}
    mongo.db.samples.delete_many(query, session=session)
