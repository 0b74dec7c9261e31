"""Senders of positions: their secrets, and the platforms whose positions they may report."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain import webhooks
from app.domain.webhooks import Webhook
from app.errors import Invalid

SETTING = "HALOCLINE_POSITION_SECRETS_FILE"
# Each request is compared with all secrets: 100 of them take 4 ms for the largest body.
MOST_SENDERS = 50
# The second one is for the time of a rotation.
_MOST_SECRETS = 2
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FIELDS = {"secrets", "provider", "platforms"}


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender. `provider` and `platforms` limit the platforms that it may report; None is any."""

    name: str
    keys: tuple[bytes, ...] = field(repr=False)
    provider: str | None = None
    platforms: frozenset[str] | None = None

    def may_report(self, ids: Sequence[str], owners: Mapping[str, str]) -> bool:
        """True if it may report the platform with these ids: its present one, then its former ids, newest first.

        `owners`: the provider by id. That of the first id with one applies; any provider may report a platform without.
        """
        if self.platforms is not None and self.platforms.isdisjoint(ids):
            return False
        owner = next((owners[name] for name in ids if name in owners), None)
        return self.provider is None or owner is None or _folded(owner) == _folded(self.provider)


def sender_of(webhook: Webhook, senders: Iterable[Sender]) -> Sender | None:
    """The sender that has signed the webhook, or None. All secrets are compared, so that the time depends on none."""
    signed = [sender for sender in senders for key in sender.keys if webhook.is_signed_by(key)]
    return signed[0] if signed else None


def parsed(text: str) -> tuple[Sender, ...]:
    """The senders of a file: a TOML table for each. Raises Invalid, whose text contains no secret."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Not the text of the error, which may quote a secret.
        where = re.search(r"line \d+", str(error))
        raise Invalid(SETTING, f"is no TOML{f' at {where[0]}' if where else ''}") from None
    if len(tables) > MOST_SENDERS:
        raise Invalid(SETTING, f"has {len(tables)} senders; at most {MOST_SENDERS} are possible")
    senders = tuple(_sender(name, table) for name, table in tables.items())
    keys = [key for sender in senders for key in sender.keys]
    if len(set(keys)) != len(keys):
        raise Invalid(SETTING, "has the same secret twice: a signature must name one sender")
    return senders


def owners(text: str) -> Mapping[str, str]:
    """The provider of each platform that has one in `platforms.toml`. Raises Invalid."""
    try:
        tables = tomllib.loads(text)
        return {name.lower(): str(table["provider"]) for name, table in tables.items() if "provider" in table}
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise Invalid("HALOCLINE_PLATFORMS_FILE", f"not a table of platforms: {error}") from error


def _sender(name: str, table: Any) -> Sender:
    if not _NAME.fullmatch(name):
        raise Invalid(SETTING, "names of senders have letters, digits, dash and underscore, 40 at most")
    if not isinstance(table, dict) or table.keys() - _FIELDS:
        raise Invalid(SETTING, f"sender {name}: use the fields secrets, provider and platforms")
    given, provider, platforms = table.get("secrets", []), table.get("provider"), table.get("platforms")
    if not _are_texts(given) or not 1 <= len(given) <= _MOST_SECRETS:
        raise Invalid(SETTING, f"sender {name}: secrets must be a list of one or two texts")
    if provider is not None and not (isinstance(provider, str) and provider.strip()):
        raise Invalid(SETTING, f"sender {name}: provider must be a text")
    if platforms is not None and not _are_texts(platforms):
        raise Invalid(SETTING, f"sender {name}: platforms must be a list of ids")
    try:
        keys = tuple(webhooks.key_of(secret) for secret in given)
    except ValueError as error:
        raise Invalid(SETTING, f"sender {name}: a secret {error}") from None
    return Sender(name, keys, provider, frozenset(map(str.lower, platforms)) if platforms is not None else None)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _folded(provider: str) -> str:
    return provider.strip().casefold()
