"""Proof that a file continues a stored mission: equal ids may be those of two operators, so both must state more."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.ingest.interpret.identity import Identity, Options

# Statements about the vehicle and its operator. One that is equal is a proof, one that differs a contradiction.
_STATED = ("wmo_id", "platform_serial", "institution")
_SEPARATORS = re.compile(r"[\s_-]+")
_DIGITS = re.compile(r"\d+")
# A shorter name of a platform may be a part of any file name.
_SHORTEST_NAME = 2


def contradiction(new: Mapping[str, Any], stored: Mapping[str, Any]) -> str | None:
    """What the metadata of a file and of a mission state differently; None if they agree as far as both state it."""
    for name in _STATED:
        if name in new and name in stored and _plain(new[name]) != _plain(stored[name]):
            return f"its {name} is {new[name]}, that of the stored mission {stored[name]}"
    return None


def is_proven(new: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """True if both metadata state the same WMO id, serial number or institution."""
    return any(name in new and name in stored and _plain(new[name]) == _plain(stored[name]) for name in _STATED)


def is_named(identity: Identity, options: Options) -> bool:
    """True if the caller names both platform and mission."""
    return (options.platform, options.mission) == (identity.platform, identity.mission)


def is_of_family(file_name: str, others: Sequence[str], platform: str) -> bool:
    """True if the file has the name of one of the others apart from digits, and both names include the platform."""
    return any(
        _family(file_name) == _family(other) and _has_word(file_name, platform) and _has_word(other, platform)
        for other in others
    )


def _plain(value: Any) -> str:
    return " ".join(str(value).lower().split())


def _base(file_name: str) -> str:
    """The name without the folders or the address before it, and without the query behind it."""
    return _SEPARATORS.sub("_", file_name.partition("?")[0].rpartition("/")[2].lower())


def _family(file_name: str) -> str:
    return _DIGITS.sub("0", _base(file_name))


def _has_word(file_name: str, platform: str) -> bool:
    word = _SEPARATORS.sub("_", platform.lower())
    found = re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", _base(file_name))
    return len(word) >= _SHORTEST_NAME and found is not None
