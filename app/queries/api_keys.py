"""Authentication of a request by an API key, in the header `Authorization: Bearer …`."""

from datetime import datetime

from app.domain import api_keys
from app.domain.api_keys import Key, Role
from app.errors import Forbidden, Unauthenticated
from app.store import api_keys as stored


def authenticate(header: str | None, role: Role, now: datetime) -> Key:
    """The key of the request if it is valid and has the role; `header` is the value of `Authorization`.

    Raises Unauthenticated for a missing, malformed, wrong, revoked or expired key, and Forbidden for another role; no
    text contains the secret. It only reads: the caller stores the use with `store.api_keys.note_use`.
    """
    key = _key_of(_secret(header))
    if key.revoked_at is not None:
        raise Unauthenticated("the API key was revoked")
    if key.expires_at <= now:
        raise Unauthenticated(f"the API key expired on {key.expires_at:%Y-%m-%d}")
    if not key.has_role(role):
        raise Forbidden(f"the API key has the role {', '.join(key.roles)}, not {role}")
    return key


def _secret(header: str | None) -> str:
    if header is None or not header.strip():
        raise Unauthenticated("an API key is required: Authorization: Bearer KEY")
    scheme, _, secret = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("Authorization must be: Bearer KEY")
    return secret.strip()


def _key_of(secret: str) -> Key:
    """The key with this secret. A wrong secret and an unknown key give the same error."""
    key_id = api_keys.id_in(secret)
    found = stored.find(key_id) if key_id is not None else None
    if found is None or not found[1].matches(secret):
        raise Unauthenticated("the API key is wrong")
    return found[0]
