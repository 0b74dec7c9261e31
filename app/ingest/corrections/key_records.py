"""API keys as an operator creates and revokes them, each in the audit log."""

from datetime import UTC, datetime, timedelta

from pymongo.client_session import ClientSession

from app.domain import api_keys
from app.domain.api_keys import Digest, Key, Role
from app.domain.audit import Actor, AuditOutcome
from app.errors import Conflict, NotFound
from app.store import api_keys as stored
from app.store import audit, transactions


def create(
    name: str, roles: tuple[Role, ...], provider: str | None, valid_for: timedelta, actor: Actor
) -> tuple[Key, str]:
    """A new key and its secret, which is stored nowhere. Raises Conflict if a valid key has the name."""
    now = datetime.now(UTC).replace(microsecond=0)
    key_id, secret = api_keys.new_secret()
    key = Key(key_id, name, roles, now, now + valid_for, provider)

    def store(session: ClientSession) -> None:
        if stored.is_name_in_use(name, now, session):
            raise Conflict(f"there is a valid key {name}: revoke it first, or choose another name")
        stored.put(key, Digest.of(secret), session)
        detail = f"{name}, {', '.join(roles)}, provider {provider or 'any'}, until {key.expires_at:%Y-%m-%d}"
        audit.append(actor, "create key", key.id, "done", datetime.now(UTC), detail=detail, session=session)

    transactions.run(store)
    return key, secret


def revoke(key_id: str, reason: str | None, actor: Actor) -> tuple[Key, AuditOutcome]:
    """Revoke a key; "unchanged" if it is revoked already. Raises NotFound."""
    now = datetime.now(UTC)

    def store(session: ClientSession) -> tuple[Key, AuditOutcome]:
        known = stored.find(key_id, session)
        if known is None:
            raise NotFound(f"there is no key {key_id}: `halocline keys list` lists them")
        key = known[0]
        outcome: AuditOutcome = "done" if key.revoked_at is None else "unchanged"
        stored.revoke(key_id, now, session)
        audit.append(actor, "revoke key", key.id, outcome, now, reason=reason, detail=key.name, session=session)
        return key, outcome

    return transactions.run(store)
