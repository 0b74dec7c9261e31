"""The manifest of a backup: what it contains, and where. It is written last: without it, a backup is incomplete."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.backup.damage import Damaged
from app.backup.parts import Part
from app.errors import Conflict

FOLDER = "backups"
# Incremented when an earlier release could not restore the parts.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """A complete backup: the state of the database at `consistent_at`.

    `changes` come after `parts`, in their order. `counts` are documents by collection, `fleet` the totals of the fleet
    as extended JSON; None without any.
    """

    name: str
    began_at: datetime
    consistent_at: datetime
    ended_at: datetime
    database: str
    version: str
    revision: str
    mongodb: str
    counts: dict[str, int]
    fleet: str | None
    parts: tuple[Part, ...]
    changes: tuple[Part, ...]

    @property
    def stored_bytes(self) -> int:
        """The size of all its parts; a part that several backups share counts for each."""
        return sum({part.sha256: part.size for part in (*self.parts, *self.changes)}.values())

    @property
    def documents(self) -> int:
        """The number of documents of all collections."""
        return sum(self.counts.values())


def path(name: str) -> str:
    """The name of a manifest in the target."""
    return f"{FOLDER}/{name}/manifest.json"


def to_bytes(manifest: Manifest) -> bytes:
    """The manifest as JSON, with a digest of itself."""
    fields = asdict(manifest)
    for name in ("began_at", "consistent_at", "ended_at"):
        fields[name] = fields[name].isoformat()
    content = {"format": FORMAT, **fields}
    return json.dumps({"sha256": _digest(content), "manifest": content}, indent=1, sort_keys=True).encode()


def from_bytes(name: str, data: bytes) -> Manifest:
    """The manifest. Raises Damaged, and Conflict for a backup of a later release."""
    try:
        document = json.loads(data)
        content: dict[str, Any] = document["manifest"]
        if document["sha256"] != _digest(content):
            raise Damaged(f"the manifest {path(name)} is damaged: its SHA-256 differs")
        number = content.pop("format")
        if number > FORMAT:
            raise Conflict(f"the backup {name} has format {number}: restore it with Halocline {content['version']}")
        for field in ("began_at", "consistent_at", "ended_at"):
            content[field] = datetime.fromisoformat(content[field])
        for field in ("parts", "changes"):
            content[field] = tuple(Part(**part) for part in content[field])
        return Manifest(**content)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Damaged(f"the manifest {path(name)} cannot be read: {error}") from error


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
