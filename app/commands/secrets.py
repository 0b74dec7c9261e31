"""`halocline secrets`: the passwords of MongoDB and Redis as Kubernetes Secrets, new or rotated; secrets of senders.

Each role has two users in MongoDB, and the user of Redis has two passwords; one of them is in use. A rotation gives the
other one a new password and puts it to use, so running pods stay connected with the old one until they are replaced.
"""

import base64
import json
import secrets
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import click

from app import errors
from app.commands import broker_secret
from app.commands.passwords import SLOTS, Passwords
from app.domain import position_senders, webhooks

Document = dict[str, Any]

# A role of our own: it records backups for the metrics, in one collection.
_RECORD = "halocline-backup-record"
# Another one: what belongs to uploads, without the right to change data.
_UPLOAD = "halocline-upload"
# By role of our own: the collections of the portal's database, and the actions on each.
_PRIVILEGES: dict[str, dict[str, list[str]]] = {
    _RECORD: {"backups": ["find", "insert", "update"]},
    _UPLOAD: {
        "uploads": ["find", "insert", "update"],
        "spool.files": ["find", "insert", "update", "remove"],
        "spool.chunks": ["find", "insert", "remove"],
        # Entries are only added.
        "audit": ["insert"],
        # The keys themselves are in `api_keys`, which it only reads.
        "api_key_uses": ["insert", "update"],
        # Positions that platforms report by webhooks, which are changes that pages show.
        "newest_positions": ["find", "insert", "update", "remove"],
        "reported_positions": ["find", "insert", "update", "remove"],
        "webhooks": ["find", "insert"],
        "changes": ["insert"],
        "counters": ["find", "insert", "update"],
    },
}
# Rights of each role: a role of MongoDB, and the database in which it holds; {} stands for that of the portal.
ROLES: dict[str, list[tuple[str, str]]] = {
    "web": [("read", "{}")],
    # Also for the nightly verification.
    "ingest": [("readWrite", "{}")],
    # Receives files: it reads what web does.
    "upload": [("read", "{}"), (_UPLOAD, "admin")],
    # Creates and changes indexes and validators; restores a backup.
    "admin": [("dbOwner", "{}")],
    # The second database is that of a restore test (app/backup/restore_trial.py).
    "backup": [("read", "{}"), ("dbOwner", "{}_restore_test"), (_RECORD, "admin")],
}
# Roles that a release added: a rotation makes their Secrets.
_ADDED = frozenset({"upload"})
MEMBERS = tuple(f"mongodb-{number}.mongodb:27017" for number in range(3))
REDIS = "redis:6379"
# Redis: everything on the portal's own keys and channels, no command that administrates the server.
ACCESS = "~halocline:* &halocline:* +@all -@admin -@dangerous"
# The key of the members, at most 1,024 characters in base64.
_KEY_BYTES = 756


@click.group("secrets")
def group() -> None:
    """Print Kubernetes Secrets of MongoDB and Redis, for `kubectl apply --filename -`, and secrets of senders."""


@group.command("create")
@click.option("--database", default="halocline", show_default=True, help="MONGODB_DATABASE of the portal.")
@click.option("--only", metavar="NAME", help="Only this Secret, for a release that adds one.")
def _create(database: str, only: str | None) -> None:
    """New passwords for a new installation; a second run would lock out the first one's members."""
    created = create(database)
    if only is not None:
        created["items"] = [item for item in created["items"] if item["metadata"]["name"] == only]
        if not created["items"]:
            raise click.BadParameter(f"there is no Secret {only}", param_hint="--only")
    click.echo(json.dumps(created, indent=2))


@group.command("rotate")
@click.option("--database", default="halocline", show_default=True, help="MONGODB_DATABASE of the portal.")
def _rotate(database: str) -> None:
    """New passwords from those on standard input: `kubectl get secrets --output=json | halocline secrets rotate`."""
    if sys.stdin.isatty():
        raise click.UsageError("standard input is the output of `kubectl get secrets --output=json`")
    click.echo(json.dumps(rotate(sys.stdin.read(), database), indent=2))


@group.command("sender")
@click.argument("name")
@click.option("--provider", help="The sender may report platforms of this provider, as in platforms.toml.")
@click.option("--platform", "platforms", multiple=True, help="The sender may report this platform; repeatable.")
def _sender(name: str, provider: str | None, platforms: tuple[str, ...]) -> None:
    """A sender of positions with a new secret, as a table for HALOCLINE_POSITION_SECRETS_FILE."""
    click.echo(sender(name, provider, platforms), nl=False)


def sender(name: str, provider: str | None, platforms: Sequence[str]) -> str:
    """A table of TOML with a new secret. Raises Invalid."""
    limits = {"provider": provider, "platforms": list(platforms)}
    fields = {"secrets": [webhooks.new_secret()], **{key: value for key, value in limits.items() if value}}
    # A text or a list of texts is the same in JSON and TOML, but for characters that JSON escapes as pairs.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    table = "\n".join([f"[{name}]", *lines, ""])
    position_senders.parsed(table)
    return table


def create(database: str) -> Document:
    """A List of new Secrets. Each run makes other passwords."""
    keyfile = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    mongodb = {role: Passwords.new() for role in ROLES}
    return _list(keyfile, mongodb, Passwords.new(), broker_secret.new(), database)


def rotate(current: str, database: str) -> Document:
    """The Secrets of `kubectl get secrets --output=json` with new passwords in use; the members' key stays.

    Raises Invalid, which names the Secret that is missing or was not made by `create`.
    """
    values = _values(current)
    users = _users(_text(values, "mongodb-users", "users.json"))
    # An installation of an earlier release lacks some roles.
    present = [role for role in ROLES if role not in _ADDED or f"mongodb-{role}" in values]
    mongodb = {role: _mongodb_passwords(role, users, _text(values, f"mongodb-{role}", "uri")) for role in present}
    redis = _redis_passwords(_text(values, "redis", "passwords.json"), _text(values, "redis", "url"))
    rotated = {role: mongodb[role].rotated() if role in mongodb else Passwords.new() for role in ROLES}
    # An installation of an earlier release has none.
    has_broker = broker_secret.NAME in values
    broker = broker_secret.rotated(lambda key: _text(values, broker_secret.NAME, key)) if has_broker else {}
    return _list(_text(values, "mongodb-keyfile", "keyfile"), rotated, redis.rotated(), broker, database)


def _list(
    keyfile: str, mongodb: dict[str, Passwords], redis: Passwords, broker: dict[str, str], database: str
) -> Document:
    users = [
        {"user": f"{role}-{slot}", "password": password, "roles": _roles(role, database)}
        for role, passwords in mongodb.items()
        for slot, password in passwords.slots.items()
    ]
    roles = [{"role": role, "privileges": _privileges(role, database)} for role in _PRIVILEGES]
    accounts = {"roles": roles, "users": users}
    hashes = redis.hashes
    secret = {
        "mongodb-keyfile": {"keyfile": keyfile},
        "mongodb-users": {"users.json": json.dumps(accounts)},
        **{f"mongodb-{role}": {"uri": _mongodb_uri(role, passwords)} for role, passwords in mongodb.items()},
        "redis": {
            "url": f"redis://halocline:{redis.in_use}@{REDIS}/0",
            "users.acl": f"user default off\nuser halocline on {hashes} {ACCESS}\n",
            "passwords.json": json.dumps(redis.slots),
        },
    }
    if broker:
        secret[broker_secret.NAME] = broker
    return {"apiVersion": "v1", "kind": "List", "items": [_secret(name, texts) for name, texts in secret.items()]}


def _secret(name: str, texts: dict[str, str]) -> Document:
    labels = {"app.kubernetes.io/name": "halocline", "app.kubernetes.io/part-of": "halocline"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels},
        "type": "Opaque",
        "stringData": texts,
    }


def _roles(role: str, database: str) -> list[dict[str, str]]:
    return [{"role": right, "db": where.format(database)} for right, where in ROLES[role]]


def _privileges(role: str, database: str) -> list[Document]:
    return [
        {"resource": {"db": database, "collection": collection}, "actions": actions}
        for collection, actions in _PRIVILEGES[role].items()
    ]


def _mongodb_uri(role: str, passwords: Passwords) -> str:
    login = f"{role}-{passwords.used}:{passwords.in_use}"
    return f"mongodb://{login}@{','.join(MEMBERS)}/?replicaSet=rs0&authSource=admin"


def _values(current: str) -> dict[str, dict[str, str]]:
    """The values of each Secret of a List, still encoded, by its name."""
    try:
        return {item["metadata"]["name"]: item.get("data") or {} for item in json.loads(current)["items"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.Invalid("standard input", "is not the output of `kubectl get secrets --output=json`") from error


def _text(values: dict[str, dict[str, str]], name: str, key: str) -> str:
    if name not in values:
        raise errors.Invalid("standard input", f"has no Secret {name}; `halocline secrets create` makes it")
    try:
        return base64.b64decode(values[name][key], validate=True).decode()
    except (KeyError, ValueError, TypeError) as error:
        raise errors.Invalid(f"Secret {name}", f"has no text in the key {key}") from error


def _users(text: str) -> dict[str, str]:
    """The password of each user."""
    try:
        return {str(each["user"]): str(each["password"]) for each in json.loads(text)["users"]}
    except (ValueError, KeyError, TypeError) as error:
        raise errors.Invalid("Secret mongodb-users", "users.json contains no list of users") from error


def _mongodb_passwords(role: str, users: dict[str, str], uri: str) -> Passwords:
    used = (urlsplit(uri).username or "").removeprefix(f"{role}-")
    slots = {slot: users.get(f"{role}-{slot}", "") for slot in SLOTS}
    if used not in SLOTS or not all(slots.values()):
        raise errors.Invalid(f"Secret mongodb-{role}", f"does not use a user {role}-a or {role}-b of mongodb-users")
    return Passwords(slots, used)


def _redis_passwords(text: str, url: str) -> Passwords:
    try:
        slots = {slot: str(json.loads(text)[slot]) for slot in SLOTS}
    except (ValueError, KeyError, TypeError) as error:
        raise errors.Invalid("Secret redis", "passwords.json has no passwords a and b") from error
    used = [slot for slot, password in slots.items() if password == urlsplit(url).password]
    if not used:
        raise errors.Invalid("Secret redis", "url has neither password of passwords.json")
    return Passwords(slots, used[0])
