"""`halocline keys`: the secret of a new key once, and one line or JSON object for each key."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from app.commands import output
from app.config import Settings
from app.domain.api_keys import Key, Role
from app.domain.audit import Actor
from app.ingest.corrections import key_records
from app.store import api_keys, connection

_STORE_TIMEOUT_MS = 10_000


def create(
    settings: Settings, name: str, roles: tuple[Role, ...], provider: str | None, days: int, actor: Actor
) -> int:
    """Create a key and print its secret, alone on standard output; 0. Raises Conflict, Unavailable and RunFailed."""
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        key, secret = key_records.create(name, roles, provider, timedelta(days=days), actor)
    sys.stderr.write(f"halocline: key {key.id} is valid until {key.expires_at:%Y-%m-%d}; its secret is not stored:\n")
    sys.stdout.write(f"{secret}\n")
    return 0


def listed(settings: Settings, as_json: bool) -> int:
    """List all keys without their secrets; 0. Raises Unavailable and RunFailed."""
    output.escape_unencodable()
    now = datetime.now(UTC)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        for key in api_keys.listed():
            fields = orjson.dumps(_fields(key, now), option=orjson.OPT_UTC_Z).decode()
            sys.stdout.write(f"{fields if as_json else _line(key, now)}\n")
    return 0


def revoke(settings: Settings, key_id: str, reason: str | None, actor: Actor) -> int:
    """Revoke a key; 0. Raises NotFound, Unavailable and RunFailed."""
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        key, outcome = key_records.revoke(key_id, reason, actor)
    verb = "revoked  " if outcome == "done" else "unchanged"
    sys.stdout.write(f"{verb} {key.id} {key.name}\n")
    return 0


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.expires_at > now else "expired"


def _line(key: Key, now: datetime) -> str:
    used = f"{key.last_used_at:%Y-%m-%dT%H:%MZ}" if key.last_used_at else "never"
    provider = f", provider {key.provider}" if key.provider else ""
    return (
        f"{key.id} {_state(key, now):<7} {key.name}: {', '.join(key.roles)}{provider}, "
        f"until {key.expires_at:%Y-%m-%d}, last used {used}"
    )


def _fields(key: Key, now: datetime) -> dict[str, Any]:
    """The fields of `--json`, in their order."""
    return {
        "id": key.id,
        "name": key.name,
        "state": _state(key, now),
        "roles": list(key.roles),
        "provider": key.provider,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "uses": key.uses,
    }
