"""Rollback of a mission to an earlier version, which is computed again from its original files."""

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.domain.audit import Actor, AuditOutcome
from app.domain.mission_versions import MissionVersion
from app.domain.records import EarlierVersion, Mission
from app.errors import Conflict, NotFound
from app.ingest import recomputation
from app.ingest.context import ImportContext
from app.ingest.corrections import mission_names
from app.ingest.derive import rebuild
from app.ingest.importer import NotRebuilt
from app.ingest.interpret.import_terms import Terms
from app.ingest.persist import commit, version_record
from app.store import audit, mission_versions, snapshots, verification_reads


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version with the reason why a rollback to it is not possible; None if it is."""

    version: MissionVersion
    is_current: bool
    obstacle: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The versions of a mission, the latest import first; `unrecorded` are of earlier releases, without their files."""

    mission: Mission
    versions: list[ListedVersion]
    unrecorded: list[EarlierVersion]


def history(name: str) -> History:
    """The versions of a mission. Raises NotFound, and Conflict for a withdrawn or simulated one."""
    mission = mission_names.stored(name)
    recorded = mission_versions.of_mission(mission.platform, mission.mission)
    if mission.version not in [each.version for each in recorded]:
        recorded.insert(0, version_record.of(mission))
    known = {each.version for each in recorded}
    unrecorded = [each for each in mission.earlier if each.version not in known]
    digests = sorted({digest for each in recorded for digest in _digests(each)})
    with snapshots.begin() as session:
        stored = verification_reads.originals(digests, session)
    listed = [
        ListedVersion(each, each.version == mission.version, _obstacle(mission, each, stored)) for each in recorded
    ]
    return History(mission, listed, unrecorded)


def chosen(listed: History, version: str) -> MissionVersion:
    """The version whose id begins with this text. Raises NotFound, and Conflict if it is unclear or has an obstacle."""
    matching = [each for each in listed.versions if each.version.version.startswith(version)]
    if not matching:
        raise NotFound(f"{listed.mission.id} has no version {version}: `halocline versions` lists them")
    if len(matching) > 1:
        raise Conflict(f"{len(matching)} versions of {listed.mission.id} begin with {version}")
    if matching[0].obstacle is not None and not matching[0].is_current:
        raise Conflict(f"{listed.mission.id} cannot be rolled back to {version}: {matching[0].obstacle}")
    return matching[0].version


def rollback(name: str, version: str, reason: str, actor: Actor, tools: ImportContext) -> AuditOutcome:
    """Make an earlier version current again; "unchanged" if it is current.

    Raises NotFound, Conflict, Refused if its files cannot be read any more, and NotRebuilt and pymongo's errors like an
    import.
    """
    listed = history(name)
    earlier = chosen(listed, version)
    now = datetime.now(UTC)
    if earlier.version == listed.mission.version:
        audit.append(actor, "rollback", name, "unchanged", now, reason=reason, detail=f"version {earlier.version}")
        return "unchanged"
    terms = Terms(actor, earlier.provider, reason=reason, action="rollback")
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder, tools.reader:
        draft, file = recomputation.draft_of(earlier, tools, Path(folder))
        # The recorded id, so that the same file is unchanged, also if the platform was renamed since.
        draft = replace(draft, version=earlier.version)
        outcome = commit.commit_draft(draft, file, tools.basin_map, tools.names, terms)
    failed = rebuild.rebuild(tools.basin_map)
    commit.sweep()
    if failed:
        raise NotRebuilt(failed)
    return "unchanged" if outcome == "unchanged" else "done"


def _digests(version: MissionVersion) -> list[str]:
    files = [*version.files, *([version.companion] if version.companion is not None else [])]
    return [file.sha256 for file in files]


def _obstacle(mission: Mission, version: MissionVersion, stored: set[str]) -> str | None:
    if mission.source.scope == "profiles":
        return "its profiles came one by one"
    absent = [digest for digest in _digests(version) if digest not in stored]
    if absent:
        return f"the original {absent[0][:16]}… is not stored"
    return recomputation.obstacle(version)
