"""The Secret of the broker: two users of redis-broker, each with two passwords, one of which is in use."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from app import errors
from app.commands.passwords import SLOTS, Passwords

NAME = "redis-broker"
_ADDRESS = f"{NAME}:6379"
# Of each user its rights, and the key of the Secret with its URL. Workers, the beat and commands that queue tasks use
# everything but the commands that administrate the server; the metrics process reads lengths and the oldest message.
_USERS = {
    "halocline": ("~halocline:tasks:* +@all -@admin -@dangerous", "url"),
    "metrics": ("~halocline:tasks:* +@connection +llen +lindex +hlen", "metrics-url"),
}


def new() -> dict[str, str]:
    """The texts of the Secret with random passwords."""
    return _texts({user: Passwords.new() for user in _USERS})


def rotated(text: Callable[[str], str]) -> dict[str, str]:
    """The texts with new passwords in use; `text` returns that of a key. Raises Invalid for texts of another form."""
    try:
        stored = json.loads(text("passwords.json"))
        slots = {user: {slot: str(stored[user][slot]) for slot in SLOTS} for user in _USERS}
    except (ValueError, KeyError, TypeError) as error:
        raise errors.Invalid(f"Secret {NAME}", "passwords.json has no passwords a and b of each user") from error
    passwords = {}
    for user, (_, key) in _USERS.items():
        used = [slot for slot, password in slots[user].items() if password == urlsplit(text(key)).password]
        if not used:
            raise errors.Invalid(f"Secret {NAME}", f"{key} has neither password of passwords.json")
        passwords[user] = Passwords(slots[user], used[0]).rotated()
    return _texts(passwords)


def _texts(passwords: dict[str, Passwords]) -> dict[str, str]:
    lines = ["user default off"]
    for user, (rights, _) in _USERS.items():
        lines.append(f"user {user} on {passwords[user].hashes} {rights}")
    urls = {key: f"redis://{user}:{passwords[user].in_use}@{_ADDRESS}/0" for user, (_, key) in _USERS.items()}
    stored = json.dumps({user: each.slots for user, each in passwords.items()})
    return {**urls, "users.acl": "\n".join(lines) + "\n", "passwords.json": stored}
