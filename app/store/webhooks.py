"""The webhooks of the last minutes with their results, so that a repeated one has no second effect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.extensions import mongo


def result(sender: str, webhook: str, session: ClientSession | None = None) -> list[dict[str, Any]] | None:
    """The result of a webhook of this sender; None if it was not received before."""
    doc = mongo.db.webhooks.find_one({"_id": f"{sender}/{webhook}"}, {"result": 1}, session=session)
    return list(doc["result"]) if doc else None


def put(sender: str, webhook: str, result: Sequence[dict[str, Any]], at: datetime, session: ClientSession) -> None:
    """Store a webhook and its result, in the transaction of its effect."""
    doc = {"_id": f"{sender}/{webhook}", "result": list(result), "at": at}
    mongo.db.webhooks.insert_one(doc, session=session)
