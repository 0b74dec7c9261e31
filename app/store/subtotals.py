"""Subtotals: derived, the contribution of one platform to the totals of a scope (ADR 9).

`changed` marks a subtotal that its totals do not include yet. A platform without missions left in a scope keeps an
empty subtotal until the totals are updated.
"""

from collections.abc import Iterator, Sequence

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from app.domain.totals import Subtotal
from app.extensions import mongo
from app.store.documents import subtotal_from_document, subtotal_to_document


def replace_of(platform: str, subtotals: Sequence[Subtotal], session: ClientSession) -> None:
    """Replace the subtotals of the platform, and mark those that differ from the stored ones."""
    before = {doc["_id"]: doc for doc in mongo.db.subtotals.find({"platform": platform}, session=session)}
    writes = []
    for subtotal in subtotals:
        doc = subtotal_to_document(subtotal)
        stored = before.pop(doc["_id"], None)
        if stored is None or subtotal_from_document(stored) != subtotal:
            writes.append(ReplaceOne({"_id": doc["_id"]}, {**doc, "changed": True}, upsert=True))
    emptied = ({**doc, "missions": 0, "changed": True} for doc in before.values())
    writes += [ReplaceOne({"_id": doc["_id"]}, doc) for doc in emptied]
    if writes:
        mongo.db.subtotals.bulk_write(writes, ordered=False, session=session)


def changed_scopes(session: ClientSession) -> list[str]:
    """The scopes with at least one subtotal that has changed since their totals were computed."""
    return sorted(mongo.db.subtotals.distinct("scope", {"changed": True}, session=session))


def of_scopes(scopes: Sequence[str], session: ClientSession) -> Iterator[Subtotal]:
    """All non-empty subtotals of these scopes, by scope and platform."""
    query = {"scope": {"$in": list(scopes)}, "missions": {"$gt": 0}}
    for doc in mongo.db.subtotals.find(query, session=session).sort([("scope", 1), ("platform", 1)]):
        yield subtotal_from_document(doc)


def settle(session: ClientSession) -> None:
    """Clear all marks: the totals include all changes."""
    mongo.db.subtotals.delete_many({"changed": True, "missions": 0}, session=session)
    mongo.db.subtotals.update_many({"changed": True}, {"$unset": {"changed": True}}, session=session)
