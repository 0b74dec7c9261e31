"""The datasets of ERDDAP servers that pulls have queued, each with the end of its data at that time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from app.extensions import mongo


@dataclass(frozen=True, slots=True)
class QueuedDataset:
    """When a dataset was queued for the last time, and the end of its data then; None if its server reported none."""

    at: datetime
    end_at: datetime | None


def queued(urls: Collection[str]) -> dict[str, QueuedDataset]:
    """The last queuing of each of these datasets, by URL. Those that were never queued are absent."""
    found = mongo.db.pulled_datasets.find({"_id": {"$in": list(urls)}})
    return {doc["_id"]: QueuedDataset(doc["at"], doc["end_at"]) for doc in found}


def note_queued(url: str, end_at: datetime | None) -> None:
    """Record that the dataset is queued with data until `end_at`."""
    doc = {"at": datetime.now(UTC), "end_at": end_at}
    mongo.db.pulled_datasets.replace_one({"_id": url}, doc, upsert=True)
