"""The backups of a target, and the deletion of old ones with the parts that no other backup uses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.backup import manifest, parts, unfinished
from app.backup.manifest import Manifest
from app.backup.targets import Target
from app.errors import NotFound

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Keep the newest `newest` backups, and those of the last `days`; None for no such rule."""

    newest: int | None = None
    days: float | None = None

    @property
    def is_set(self) -> bool:
        """True if any backup may be deleted."""
        return self.newest is not None or self.days is not None


@dataclass(frozen=True, slots=True)
class Pruned:
    """The names of the deleted backups, and the number of deleted parts."""

    names: list[str]
    parts: int


def complete(target: Target) -> list[Manifest]:
    """All complete backups, newest first. Raises Damaged for a manifest that cannot be read."""
    names = [name for name in target.names(manifest.FOLDER) if name.endswith("/manifest.json")]
    found = [read(target, name.split("/")[1]) for name in names]
    return sorted(found, key=lambda each: (each.consistent_at, each.name), reverse=True)


def read(target: Target, name: str) -> Manifest:
    """The manifest of a backup. Raises NotFound if there is no complete backup of this name, and Damaged."""
    data = target.get(manifest.path(name))
    if data is None:
        raise NotFound(f"the target has no complete backup {name}")
    return manifest.from_bytes(name, data)


def newest(target: Target) -> Manifest:
    """The newest complete backup. Raises NotFound if there is none."""
    backups = complete(target)
    if not backups:
        raise NotFound("the target has no complete backup")
    return backups[0]


def prune(target: Target, retention: Retention, now: datetime) -> Pruned:
    """Delete the backups that no rule keeps, never the newest one, and all parts that belong to no backup.

    Parts stay while another backup is unfinished, because it may be using them.
    """
    backups = complete(target)
    obsolete = [each for place, each in enumerate(backups) if place > 0 and not _is_kept(place, each, retention, now)]
    for each in obsolete:
        # The manifest first: from then on, the backup is not complete.
        target.delete(manifest.path(each.name))
    running = _drop_abandoned(target, now)
    if running:
        log.info("backup_parts_kept", unfinished=running[0])
        return Pruned([each.name for each in obsolete], 0)
    gone = {each.name for each in obsolete}
    used = {part.path for each in backups if each.name not in gone for part in (*each.parts, *each.changes)}
    unused = [name for name in target.names(parts.FOLDER) if name not in used]
    for name in unused:
        target.delete(name)
    return Pruned([each.name for each in obsolete], len(unused))


def _is_kept(place: int, backup: Manifest, retention: Retention, now: datetime) -> bool:
    by_number = retention.newest is not None and place < retention.newest
    by_age = retention.days is not None and backup.consistent_at >= now - timedelta(days=retention.days)
    return by_number or by_age


def _drop_abandoned(target: Target, now: datetime) -> list[str]:
    """Remove the states of backups that no run will continue; returns the names of the others."""
    running = []
    for state in list(unfinished.of(target)):
        if state.began_at < now - unfinished.ABANDONED_AFTER:
            unfinished.remove(target, state.name)
        else:
            running.append(state.name)
    return running
