"""API keys: their secrets, and what a key may do.

A secret is `hlk_<id>_<random>` with 32 random bytes. Only its HMAC-SHA256 with a random salt is stored. A slow hash
protects passwords that can be guessed; 256 random bits cannot be guessed at any speed, and with a slow hash
wrong keys would keep the server busy.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.audit import Actor

# An importer may upload files and positions; an operator may also withdraw, restore and replace missions.
Role = Literal["importer", "operator"]
_PREFIX = "hlk"
_ID_BYTES, _SECRET_BYTES, _SALT_BYTES = 6, 32, 16
_SECRET = re.compile(rf"{_PREFIX}_([0-9a-f]{{{2 * _ID_BYTES}}})_[\w-]{{43}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `provider` limits it to platforms of that provider; None is any.

    `uses` counts its requests that write; `last_used_at` is the time of the last one.
    """

    id: str
    name: str
    roles: tuple[Role, ...]
    created_at: datetime
    expires_at: datetime
    provider: str | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    uses: int = 0

    @property
    def actor(self) -> Actor:
        """The key in logs."""
        return Actor("key", f"{self.name} ({self.id})")

    def has_role(self, role: Role) -> bool:
        """True if the key may act in this role; an operator may do what an importer may."""
        return role in self.roles or "operator" in self.roles


@dataclass(frozen=True, slots=True)
class Digest:
    """The stored form of a secret."""

    salt: str
    hexdigest: str

    @classmethod
    def of(cls, secret: str) -> "Digest":
        """The digest of a new secret, with a new salt."""
        salt = secrets.token_hex(_SALT_BYTES)
        return cls(salt, _hexdigest(salt, secret))

    def matches(self, secret: str) -> bool:
        """True for the digest of this secret. The time does not depend on the position of a difference."""
        return hmac.compare_digest(self.hexdigest, _hexdigest(self.salt, secret))


def new_secret() -> tuple[str, str]:
    """The id of a new key, and its secret."""
    key_id = secrets.token_hex(_ID_BYTES)
    return key_id, f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def id_in(secret: str) -> str | None:
    """The id of the key that has this secret, if any has; None for a text that is no secret."""
    match = _SECRET.fullmatch(secret)
    return match[1] if match else None


def _hexdigest(salt: str, secret: str) -> str:
    return hmac.new(bytes.fromhex(salt), secret.encode(), hashlib.sha256).hexdigest()
