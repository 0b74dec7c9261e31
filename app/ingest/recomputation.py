"""A version of a mission, computed again from its original files.

The rows, and so the figures, are those of the import. A table from an ERDDAP server is an exception: units and
metadata came from the server's description, which is no file.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.mission_versions import MissionVersion, Original
from app.domain.times import to_ms
from app.errors import Conflict
from app.ingest.context import ImportContext
from app.ingest.formats.observations import TABLE_FORMAT, Observations
from app.ingest.interpret import deployment_split, identity, mission_draft, part_join
from app.ingest.interpret.identity import Identity, Options
from app.ingest.interpret.mission_draft import Draft
from app.ingest.persist import file_parts
from app.ingest.persist.mapping import File
from app.ingest.refusals import Refused
from app.store import original_files


def obstacle(version: MissionVersion) -> str | None:
    """Why the version cannot be computed again although its originals are kept; None if it can."""
    if version.format == TABLE_FORMAT and any("://" in file.file_name for file in version.files):
        return "its units and metadata came from a server's description: import the dataset again"
    return None


def draft_of(version: MissionVersion, tools: ImportContext, folder: Path) -> tuple[Draft, File]:
    """The draft of the version, and its last file, which is written into the folder.

    The caller has entered `tools.reader`. Raises Conflict if the version cannot be computed again, and Refused if a
    file cannot be read any more.
    """
    if cause := obstacle(version):
        raise Conflict(f"version {version.version} cannot be computed again: {cause}")
    own = Identity(version.platform, version.mission, version.data_mode)
    rows: list[Observations] = []
    file: File | None = None
    for number, original in enumerate(version.files):
        # Parts may have equal names.
        place = folder / str(number)
        place.mkdir()
        path = _written(original, place)
        companion = None
        if version.companion is not None:
            beside = _written(version.companion, place)
            companion = File(beside, version.companion.sha256, beside.stat().st_size)
        file = File(path, original.sha256, path.stat().st_size, address=original.file_name, companion=companion)
        rows.append(_mission_in(tools.reader.read(path, tools.limits), own, tools))
    if file is None:
        raise Conflict(f"version {version.version} has no original file")
    if not version.parts:
        digest = deployment_split.digest_of(rows[0], file.sha256)
        return mission_draft.draft(rows[0], own, digest, tools.span, tools.basin_map), file
    parts = file_parts.described(version.parts)
    whole = mission_draft.draft(part_join.joined(rows), own, part_join.digest_of(parts), tools.span, tools.basin_map)
    modified = [to_ms(each.modified_at) for each in parts if each.modified_at is not None]
    return replace(whole, files=parts, modified_ms=max(modified, default=None)), file


def _written(original: Original, folder: Path) -> Path:
    try:
        return original_files.write(original.sha256, folder)
    except LookupError as error:
        raise Conflict(f"the original {original.file_name} ({original.sha256[:16]}…) is not stored") from error


def _mission_in(observations: Observations, own: Identity, tools: ImportContext) -> Observations:
    """The rows of this mission in a file that may hold several. Raises Conflict if it is unclear which they are."""
    missions = deployment_split.missions(observations, tools.span.earliest_ms, tools.span.latest_ms)
    if len(missions) == 1:
        return missions[0]
    named: Sequence[Observations] = [each for each in missions if _name_of(each) == own.mission]
    if len(named) != 1:
        raise Conflict(f"the file holds {len(missions)} missions, and it is unclear which is {own.mission}")
    return named[0]


def _name_of(rows: Observations) -> str | None:
    try:
        return identity.identified(rows, Options()).mission
    except Refused:
        return None
