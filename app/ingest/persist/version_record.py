"""The record of a mission's version: which originals it was imported from, and by whom."""

from app.domain.mission_versions import MissionVersion, Original
from app.domain.records import Mission
from app.ingest.interpret.import_terms import USUAL, Terms
from app.ingest.persist import file_parts
from app.ingest.persist.mapping import COMPANION_SHA256


def of(mission: Mission, terms: Terms = USUAL) -> MissionVersion:
    """The record of the current version of a mission that consists of whole files."""
    metadata, source = mission.metadata, mission.source
    parts = tuple(metadata.get(file_parts.FIELD, ()))
    companion = None
    if COMPANION_SHA256 in metadata:
        companion = Original(str(metadata["payload_file"]), str(metadata[COMPANION_SHA256]))
    named = parts or ({"file_name": source.file_name, "sha256": source.sha256},)
    return MissionVersion(
        platform=mission.platform,
        mission=mission.mission,
        version=mission.version,
        data_mode=mission.data_mode,
        format=source.format,
        imported_at=source.imported_at,
        figures=mission.figures,
        files=tuple(Original(part["file_name"], part["sha256"]) for part in named),
        companion=companion,
        parts=parts,
        actor=terms.actor.label if terms.actor is not None else None,
        provider=terms.provider,
        reason=terms.reason,
    )
