"""Subtotals: derived, what the missions of one platform add to a scope. The totals of the scope are made of them.

One that has changed since the totals were made says so; a platform that has nothing left in a scope leaves an empty
one, until the totals know.
"""

from collections.abc import Iterator, Sequence

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from app.domain.records import Subtotal
from app.extensions import mongo
from app.store.documents import subtotal_from_document, subtotal_to_document


def replace_of(platform: str, found: Sequence[Subtotal], session: ClientSession) -> None:
    """Makes these the subtotals of the platform, and marks those that differ from what was there."""
    before = {doc["_id"]: doc for doc in mongo.db.subtotals.find({"platform": platform}, session=session)}
    writes = []
    for subtotal in found:
        doc = subtotal_to_document(subtotal)
        there = before.pop(doc["_id"], None)
        if there is None or subtotal_from_document(there) != subtotal:
            writes.append(ReplaceOne({"_id": doc["_id"]}, {**doc, "changed": True}, upsert=True))
    emptied = ({**doc, "missions": 0, "changed": True} for doc in before.values())
    writes += [ReplaceOne({"_id": doc["_id"]}, doc) for doc in emptied]
    if writes:
        mongo.db.subtotals.bulk_write(writes, ordered=False, session=session)


def changed_scopes(session: ClientSession) -> list[str]:
    """The scopes of which at least one subtotal has changed since their totals were made."""
    return sorted(mongo.db.subtotals.distinct("scope", {"changed": True}, session=session))


def of_scopes(scopes: Sequence[str], session: ClientSession) -> Iterator[Subtotal]:
    """All subtotals of these scopes but empty ones, in the order of their platforms within each scope."""
    query = {"scope": {"$in": list(scopes)}, "missions": {"$gt": 0}}
    for doc in mongo.db.subtotals.find(query, session=session).sort([("scope", 1), ("platform", 1)]):
        yield subtotal_from_document(doc)


def settle(session: ClientSession) -> None:
    """Notes that the totals know all changes."""
    mongo.db.subtotals.delete_many({"changed": True, "missions": 0}, session=session)
    mongo.db.subtotals.update_many({"changed": True}, {"$unset": {"changed": True}}, session=session)
