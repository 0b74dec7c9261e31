"""Signed webhooks by the specification Standard Webhooks 1.0.0 (https://www.standardwebhooks.com).

A signature is the HMAC-SHA256 of `id.timestamp.body` under a secret that sender and receiver share. The specification
has no name of a key, so a receiver of several senders tries all secrets.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.errors import Unauthenticated

# The tolerance of the libraries of the specification. A clock that is set by the network differs by milliseconds.
TOLERANCE = timedelta(minutes=5)
_PREFIX = "whsec_"
# The limits of the specification. 32 bytes are the size of the hash, so that more add nothing.
_LEAST_KEY_BYTES, _NEW_KEY_BYTES, _MOST_KEY_BYTES = 24, 32, 64
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
# Without a dot, as the specification advises: `a.1` and `.2` would be signed as `a` and `.1.2`.
_ID = re.compile(r"[!-\-/-~]{1,200}")
_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)
# During a rotation a sender has two. Each costs a comparison for each secret.
_MOST_SIGNATURES = 8
_SIGNATURE_BYTES = 32


class Unverified(Unauthenticated):
    """The webhook is not authentic, or not current. `reason` is a code for metrics."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Webhook:
    """A received webhook. `content` is what its signatures sign."""

    id: str
    sent_at: datetime
    content: bytes
    signatures: tuple[bytes, ...]

    def is_signed_by(self, key: bytes) -> bool:
        """True if one of the signatures is of this key. The time does not depend on which one, or on a difference."""
        expected = hmac.digest(key, self.content, "sha256")
        return sum(hmac.compare_digest(expected, each) for each in self.signatures) > 0


def received(headers: Mapping[str, str], body: bytes) -> Webhook:
    """The webhook of a request. Raises Unverified for missing and malformed headers."""
    by_name = {name.lower(): value for name, value in headers.items()}
    given = [by_name.get(name, "") for name in _HEADERS]
    missing = [name for name, value in zip(_HEADERS, given, strict=True) if not value]
    if missing:
        raise Unverified("headers", f"A signature by Standard Webhooks is required: {', '.join(missing)} is missing.")
    name, timestamp, signatures = given
    if not _ID.fullmatch(name):
        raise Unverified("headers", "webhook-id must have 1 to 200 printable ASCII characters without dots and spaces.")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Unverified("headers", "webhook-timestamp must be whole seconds since 1970.")
    # Also beyond the year 9999, where a datetime ends.
    sent_at = datetime.fromtimestamp(min(int(timestamp), 253_402_300_799), UTC)
    content = f"{name}.{timestamp}.".encode() + body
    return Webhook(name, sent_at, content, _signatures(signatures))


def require_current(webhook: Webhook, now: datetime) -> None:
    """Raises Unverified, with the time of this server, if the webhook was sent too long ago or in the future."""
    skew = webhook.sent_at - now
    if abs(skew) > TOLERANCE:
        side = "behind" if skew < timedelta() else "ahead of"
        raise Unverified(
            "skewed",
            f"webhook-timestamp is {abs(skew).total_seconds():.0f} s {side} the time of this server, "
            f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}; at most {TOLERANCE.total_seconds():.0f} s are accepted.",
        )


def sign(key: bytes, name: str, sent_at: datetime, body: bytes) -> str:
    """The header `webhook-signature` of a webhook with this id."""
    content = f"{name}.{int(sent_at.timestamp())}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"


def new_secret() -> str:
    """A new secret, `whsec_…`."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_NEW_KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key of a secret `whsec_…`. Raises ValueError, whose text does not contain it."""
    if not secret.startswith(_PREFIX):
        raise ValueError(f"must begin with {_PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"must be base64 after {_PREFIX}") from None
    if not _LEAST_KEY_BYTES <= len(key) <= _MOST_KEY_BYTES:
        raise ValueError(f"must have {_LEAST_KEY_BYTES} to {_MOST_KEY_BYTES} bytes, encoded in base64")
    return key


def _signatures(text: str) -> tuple[bytes, ...]:
    """The symmetric signatures of the header. Others, such as `v1a,…`, are for other receivers."""
    symmetric = [each.removeprefix("v1,") for each in text.split(" ") if each.startswith("v1,")]
    try:
        signatures = tuple(base64.b64decode(each, validate=True) for each in symmetric)
    except (binascii.Error, ValueError):
        signatures = ()
    if not 1 <= len(signatures) <= _MOST_SIGNATURES or any(len(each) != _SIGNATURE_BYTES for each in signatures):
        raise Unverified("headers", "webhook-signature must be `v1,` and the base64 of an HMAC-SHA256.")
    return signatures
