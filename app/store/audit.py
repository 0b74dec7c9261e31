"""The audit log: one entry for each action of an operator or of an API key. Entries are never changed or deleted."""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.audit import Actor, AuditEntry, AuditOutcome
from app.extensions import mongo
from app.store import keyset


def append(
    actor: Actor,
    action: str,
    target: str,
    outcome: AuditOutcome,
    at: datetime,
    *,
    reason: str | None = None,
    detail: str | None = None,
    session: ClientSession | None = None,
) -> None:
    """Add an entry; with a session, in the transaction of the action, so that neither is stored without the other."""
    entry = AuditEntry(uuid.uuid4().hex, at, actor, action, target, outcome, reason, detail)
    doc = asdict(entry)
    mongo.db.audit.insert_one({"_id": doc.pop("id"), **doc}, session=session)


def page(limit: int, after: tuple[datetime, str] | None = None, target: str | None = None) -> list[AuditEntry]:
    """At most `limit` entries, newest first, after (at, id); only those of a target, if it is given."""
    query = {"target": target} if target is not None else {}
    index = "newest" if target is None else "target_newest"
    return [_entry(doc) for doc in keyset.read(mongo.db.audit, query, ("at", -1), after, limit, index)]


def _entry(doc: dict[str, Any]) -> AuditEntry:
    fields = {name: doc[name] for name in AuditEntry.__slots__ if name in doc}
    return AuditEntry(**{**fields, "id": doc["_id"], "actor": Actor(**doc["actor"])})
