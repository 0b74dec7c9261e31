"""The import log: every attempt to import a file, and a count of each outcome."""

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.import_log import ImportAttempt
from app.domain.records import Outcome
from app.extensions import mongo
from app.store import keyset
from app.store.documents import attempt_from_document, attempt_to_document


def log(attempt: ImportAttempt, session: ClientSession, profiles: int = 0) -> None:
    """Log an attempt, and count its outcome and the profiles that it stored, in the transaction of its writes."""
    mongo.db.imports.insert_one(attempt_to_document(attempt), session=session)
    mongo.db.counters.update_one(
        {"_id": f"imports:{attempt.outcome}"}, {"$inc": {"n": 1, "profiles": profiles}}, upsert=True, session=session
    )


def page(
    limit: int,
    after: tuple[datetime, str] | None = None,
    outcome: Outcome | None = None,
    simulated: bool = False,
) -> list[ImportAttempt]:
    """At most `limit` attempts, newest first, after (at, id); those with simulated data only on request."""
    index = "outcome_newest" if outcome else "real_newest"
    documents = keyset.read(mongo.db.imports, _matching(outcome, simulated), ("at", -1), after, limit, index)
    return [attempt_from_document(doc) for doc in documents]


def count(outcome: Outcome, since: datetime, most: int) -> int:
    """How many attempts since then had this outcome, counted up to `most`; simulated data left out."""
    query = {**_matching(outcome, False), "at": {"$gte": since}}
    return int(mongo.db.imports.count_documents(query, limit=most, maxTimeMS=keyset.TIMEOUT_MS, hint="outcome_newest"))


def _matching(outcome: Outcome | None, simulated: bool) -> dict[str, Any]:
    # Also when both values match: the indexes begin with this field.
    query: dict[str, Any] = {"simulated": {"$in": [False, True]} if simulated else False}
    return query | ({"outcome": outcome} if outcome else {})
