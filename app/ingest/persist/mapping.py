"""Drafts as records and documents of the store, and back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
from bson.errors import BSONError

from app.domain.mission_summary import MissionSummary, Part, Remainder
from app.domain.printable import one_line
from app.domain.records import EarlierVersion, Mission, Profile, Source
from app.domain.times import from_ms, to_ms
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.precedence import Standing
from app.ingest.refusals import Refused
from app.store.documents import mission_from_document, mission_to_document, profile_to_document

# A list of 200 missions must fit into memory; MongoDB alone would take 16 MB for each.
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class File:
    """The file that is taken in, and by whom. One that is made up has no bytes to keep and is nobody's attempt."""

    path: Path
    sha256: str
    size_bytes: int
    imported_by: str = "halocline ingest"
    made_up: bool = False
    address: str | None = None
    # What belongs to it and was read with it.
    beside: "File | None" = None

    @property
    def name(self) -> str:
        """The file's name, or where it was fetched from, as it can be stored and shown."""
        return one_line(self.address or self.path.name)


def new_mission(
    draft: Draft, file: File, now: datetime, earlier: tuple[EarlierVersion, ...]
) -> tuple[Mission, dict[str, Any]]:
    """The mission that the draft makes, and what only importers keep of it."""
    record = Mission(
        platform=draft.identity.platform,
        mission=draft.identity.mission,
        version=draft.version,
        data_mode=draft.identity.mode,
        figures=draft.summary.figures,
        basins=draft.summary.basins,
        variables=draft.variables,
        warnings=draft.summary.warnings,
        metadata=draft.metadata,
        declared=draft.declared,
        source=source_of(draft, file, now),
        earlier=earlier,
        simulated=draft.simulated,
        kind=draft.kind,
    )
    return record, extra_of(draft.summary, draft.remainder, draft.modified_ms, draft.quality)


def require_storable(draft: Draft, path: Path) -> None:
    """Raises Refused for a draft that no document can hold, whatever its texts and numbers are."""
    record, extra = new_mission(draft, File(path, "", 0), datetime.now(UTC), ())
    try:
        size = len(bson.encode({**mission_to_document(record), **extra}))
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Refused("unreadable", f"it holds what cannot be stored: {one_line(str(error))[:120]}") from error
    if size > _MOST_BYTES:
        raise Refused("too_large", f"what it says of itself takes {size} bytes")


def source_of(draft: Draft, file: File, now: datetime) -> Source:
    """Where the draft came from."""
    return Source(
        file_name=file.name,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        format=draft.format,
        scope=draft.scope,
        imported_at=now,
        imported_by=file.imported_by,
        modified_at=None if draft.modified_ms is None else from_ms(draft.modified_ms),
    )


def extra_of(
    whole: MissionSummary, remainder: Remainder, modified_ms: int | None, quality: Mapping[str, Any]
) -> dict[str, Any]:
    """What later imports and totals need of a mission beside its record."""
    return {
        "remainder": asdict(remainder),
        "modified_ms": modified_ms,
        "by_year": [asdict(share) for share in whole.years],
        "quality": dict(quality),
    }


def mission_of(doc: Mapping[str, Any]) -> Mission:
    """The record of a stored mission."""
    return mission_from_document(doc)


def remainder_of(doc: Mapping[str, Any]) -> Remainder:
    """What a stored mission has outside its profiles."""
    stored = doc["remainder"]
    return Remainder(**{**stored, "bbox": tuple(stored["bbox"]) if stored["bbox"] else None})


def standing_of(doc: Mapping[str, Any]) -> Standing:
    """What decides whether a stored mission gives way."""
    return Standing.of(doc["data_mode"], doc["modified_ms"], doc["figures"]["end_at"])


def profile_documents(
    draft: Draft, version: str, file: File, flagged: Iterable[bool] | None = None
) -> list[dict[str, Any]]:
    """The stored form of the draft's profiles under a version: the record, and what the next fold needs of it."""
    flags = draft.summary.flagged if flagged is None else tuple(flagged)
    found: list[dict[str, Any]] = []
    for part, direction, flag in zip(draft.parts, draft.directions, flags, strict=True):
        record = Profile(
            number=part.number,
            start_at=from_ms(part.start_ms),
            mid_at=from_ms(part.mid_ms),
            end_at=from_ms(part.end_ms),
            lon_deg=part.lon_deg,
            lat_deg=part.lat_deg,
            max_depth_m=part.max_depth_m,
            direction=direction,
            samples=part.samples,
            data_mode=draft.identity.mode,
            flagged=flag,
        )
        found.append(
            {
                **profile_to_document(draft.identity.platform, draft.identity.mission, version, record),
                "bbox": part.bbox,
                "warnings": dict(part.warnings),
                "sha256": file.sha256,
                "modified_ms": draft.modified_ms,
            }
        )
    return found


def part_of(doc: Mapping[str, Any]) -> Part:
    """The stored profile as a part of its mission."""
    return Part(
        number=doc["number"],
        start_ms=to_ms(doc["start_at"]),
        mid_ms=to_ms(doc["mid_at"]),
        end_ms=to_ms(doc["end_at"]),
        lon_deg=doc["lon_deg"],
        lat_deg=doc["lat_deg"],
        max_depth_m=doc["max_depth_m"],
        samples=doc["samples"],
        bbox=tuple(doc["bbox"]) if doc["bbox"] else None,
        warnings=doc["warnings"],
    )


def sample_documents(draft: Draft, version: str, first: int, last: int) -> Iterator[dict[str, Any]]:
    """The stored samples of profiles `first` to `last` - 1 under a version; -1 is what lies outside profiles."""
    platform, mission = draft.identity.platform, draft.identity.mission
    for doc in draft.sample_documents(first, last):
        key = f"{platform}/{mission}/{version}/{doc['number']}/{doc.pop('key_ms')}/{doc['part']}"
        yield {"_id": key, "platform": platform, "mission": mission, "version": version, **doc}
