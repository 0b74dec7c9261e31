"""The state of an unfinished backup in its target, from which a later run continues."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import json_util

from app.backup.manifest import FOLDER
from app.backup.parts import Part
from app.backup.targets import Target
from app.store.changed_documents import Position

_FILE = "unfinished.json"
_JSON = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True, tzinfo=UTC)
# A later run begins a new backup: the log of MongoDB reaches back for hours or a few days.
ABANDONED_AFTER = timedelta(days=1)


@dataclass(slots=True)
class Unfinished:
    """The parts that are stored so far. All changes after `position` must still be read.

    `copied` has the last key of each collection that is stored, `complete` the collections that are stored wholly.
    """

    name: str
    database: str
    began_at: datetime
    position: Position
    copied: dict[str, Any] = field(default_factory=dict)
    complete: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    changes: list[Part] = field(default_factory=list)


def save(target: Target, state: Unfinished) -> None:
    """Store the state."""
    text = json_util.dumps(asdict(state), json_options=_JSON)
    target.put(_path(state.name), text.encode())


def remove(target: Target, name: str) -> None:
    """Remove the state: the backup is complete or abandoned."""
    target.delete(_path(name))


def of(target: Target) -> Iterator[Unfinished]:
    """The states of all unfinished backups; one that cannot be read is left out."""
    for name in sorted(target.names(FOLDER)):
        if name.endswith(f"/{_FILE}") and (data := target.get(name)) is not None:
            state = _parsed(data)
            if state is not None:
                yield state


def _parsed(data: bytes) -> Unfinished | None:
    try:
        fields = json_util.loads(data, json_options=_JSON)
        for name in ("parts", "changes"):
            fields[name] = [Part(**part) for part in fields[name]]
        return Unfinished(**fields)
    except (ValueError, TypeError, LookupError):
        # Nothing is lost: a backup without it begins again.
        return None


def _path(name: str) -> str:
    return f"{FOLDER}/{name}/{_FILE}"
