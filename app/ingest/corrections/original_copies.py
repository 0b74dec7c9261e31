"""Copies of original files out of the store."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.mission_versions import MissionVersion
from app.errors import Conflict, NotFound, RunFailed
from app.ingest.corrections import mission_names, rollback
from app.ingest.formats import file_state
from app.store import mission_versions, original_files, profiles, snapshots

# Shorter beginnings could be of several files soon.
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_LARGEST_BYTES = 1 << 62


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that was written; not `is_new` if it was there already."""

    path: Path
    sha256: str
    is_new: bool


def digests(name: str, version: str | None = None) -> list[str]:
    """The SHA-256 of original files: of the one with this digest or its beginning, or of those of `platform/mission`.

    Of a mission, also of a withdrawn one: those of its current version, or of another one. Raises NotFound and
    Conflict.
    """
    if "/" not in name:
        return [_digest(name)]
    stone = mission_names.tombstone(name)
    if stone is not None:
        return _of_version(name, mission_versions.of_mission(stone.platform, stone.mission), version or stone.version)
    listed = rollback.history(name)
    mission = listed.mission
    if mission.source.scope == "profiles":
        with snapshots.begin() as session:
            stored = profiles.of_version(mission.platform, mission.mission, mission.version, session)
        return list(dict.fromkeys(str(doc["sha256"]) for doc in stored))
    return _of_version(name, [each.version for each in listed.versions], version or mission.version)


def _of_version(name: str, versions: Sequence[MissionVersion], wanted: str) -> list[str]:
    matching = [each for each in versions if each.version.startswith(wanted)]
    if len(matching) != 1:
        raise NotFound(f"{name} has no version {wanted}, or several: `halocline versions` lists them")
    companion = matching[0].companion
    return [file.sha256 for file in (*matching[0].files, *([companion] if companion is not None else []))]


def copies(wanted: list[str], folder: Path) -> Iterator[Copy]:
    """Write the files into the folder, each under its name, or with its digest before it if another file has the name.

    Raises NotFound, and RunFailed if the stored bytes are damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for digest in wanted:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".halocline-") as scratch:
            try:
                written = original_files.write(digest, Path(scratch))
            except LookupError as error:
                raise NotFound(f"the original {digest} is not stored") from error
            if file_state.sha256_of(written, _LARGEST_BYTES) != digest:
                raise RunFailed(f"the original {digest} is damaged in the store: import the file again")
            yield _placed(written, digest, folder)


def _placed(written: Path, digest: str, folder: Path) -> Copy:
    for target in (folder / written.name, folder / f"{digest[:12]}-{written.name}"):
        if not target.exists():
            written.rename(target)
            return Copy(target, digest, is_new=True)
        if file_state.sha256_of(target, _LARGEST_BYTES) == digest:
            return Copy(target, digest, is_new=False)
    raise Conflict(f"{folder} holds other files named {written.name}")


def _digest(text: str) -> str:
    if _DIGEST.fullmatch(text) is None:
        raise NotFound(f"{text} is neither PLATFORM/MISSION nor a SHA-256, of which 8 digits are enough")
    matching = original_files.beginning_with(text, 2)
    if not matching:
        raise NotFound(f"no original file has the SHA-256 {text}")
    if len(matching) > 1:
        raise Conflict(f"several original files have a SHA-256 that begins with {text}")
    return matching[0]
