"""Drafts to records and documents of the store, and back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import numpy as np
from bson.errors import BSONError
from numpy.typing import NDArray

from app.domain import columns
from app.domain.columns import Dtype
from app.domain.import_log import NotImported
from app.domain.mission_summary import MissionSummary, Part, Remainder
from app.domain.printable import one_line
from app.domain.records import EarlierVersion, Mission, Profile, Source
from app.domain.times import from_ms, to_ms
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.replacement_rules import Precedence
from app.ingest.persist import file_parts
from app.ingest.refusals import Refused
from app.store.documents import mission_from_document, mission_to_document, profile_to_document, record_of

# A list of 200 missions must fit into memory; MongoDB alone would accept 16 MB for each.
_MOST_BYTES = 4 << 20
# A document of MongoDB holds 16 MB; columns that do not compress must fit together with their names.
_CHUNK_BYTES = 8 << 20
_FLOATS: dict[str, Dtype] = {"f4": "f4", "f8": "f8"}
# Every list of missions includes the names of the variables that are not imported; the report of the import has all.
_MOST_UNREAD = 50
# The metadata field with the digest of a companion's original.
COMPANION_SHA256 = "payload_sha256"


@dataclass(frozen=True, slots=True)
class File:
    """The file of an import, and the program that imports it.

    A made-up file has no original to store, and no entry in the import log. `companion` was read together with it.
    """

    path: Path
    sha256: str
    size_bytes: int
    imported_by: str = "halocline ingest"
    made_up: bool = False
    address: str | None = None
    companion: "File | None" = None

    @property
    def name(self) -> str:
        """The file's name, or the URL that it was fetched from, safe to store and show."""
        return one_line(self.address or self.path.name)


def new_mission(
    draft: Draft, file: File, now: datetime, earlier: tuple[EarlierVersion, ...]
) -> tuple[Mission, dict[str, Any]]:
    """The mission of the draft, and the fields of its document that only importers need."""
    record = Mission(
        platform=draft.identity.platform,
        mission=draft.identity.mission,
        version=draft.version,
        data_mode=draft.identity.mode,
        figures=draft.summary.figures,
        basins=draft.summary.basins,
        variables=draft.variables,
        warnings=draft.summary.warnings,
        metadata={
            **draft.metadata,
            **_companion_fields(file),
            **_not_imported_field(draft),
            **file_parts.fields(draft.files),
        },
        declared=draft.declared,
        source=source_of(draft, file, now),
        earlier=earlier,
        simulated=draft.simulated,
        kind=draft.kind,
        flags=draft.flag_counts,
    )
    return record, extra_of(draft.summary, draft.remainder, draft.modified_ms)


def require_storable(draft: Draft, path: Path) -> None:
    """Raises Refused for a draft whose texts and numbers do not fit into a document."""
    record, extra = new_mission(draft, File(path, "", 0), datetime.now(UTC), ())
    try:
        size = len(bson.encode({**mission_to_document(record), **extra}))
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Refused("unreadable", f"it holds values that cannot be stored: {one_line(str(error))[:120]}") from error
    if size > _MOST_BYTES:
        raise Refused("too_large", f"its metadata have {size} bytes, more than the limit of {_MOST_BYTES}")


def source_of(draft: Draft, file: File, now: datetime) -> Source:
    """The source of the draft."""
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


def extra_of(summary: MissionSummary, remainder: Remainder, modified_ms: int | None) -> dict[str, Any]:
    """The fields that later imports and totals need in addition to the record of a mission."""
    return {
        "remainder": asdict(remainder),
        "modified_ms": modified_ms,
        "by_year": [asdict(share) for share in summary.years],
    }


def mission_of(doc: Mapping[str, Any]) -> Mission:
    """The record of a stored mission."""
    return mission_from_document(doc)


def remainder_of(doc: Mapping[str, Any]) -> Remainder:
    """The samples and warnings of a stored mission outside its profiles."""
    stored = doc["remainder"]
    return record_of(Remainder, stored, bbox=tuple(stored["bbox"]) if stored["bbox"] else None)


def precedence_of(doc: Mapping[str, Any]) -> Precedence:
    """The precedence of a stored mission."""
    return Precedence.of(doc["data_mode"], doc["modified_ms"], doc["figures"]["end_at"])


def profile_documents(
    draft: Draft, version: str, file: File, flagged: Iterable[bool] | None = None
) -> list[dict[str, Any]]:
    """The documents of the draft's profiles under a version: the record, and the fields that summaries need."""
    flags = draft.summary.flagged if flagged is None else tuple(flagged)
    documents: list[dict[str, Any]] = []
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
        documents.append(
            {
                **profile_to_document(draft.identity.platform, draft.identity.mission, version, record),
                "bbox": part.bbox,
                "warnings": dict(part.warnings),
                "sha256": file.sha256,
                "modified_ms": draft.modified_ms,
            }
        )
    return documents


def part_of(doc: Mapping[str, Any]) -> Part:
    """The stored profile as a part of its mission's summary."""
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
    """The documents of the samples of profiles `first` to `last` - 1 under a version; -1 stands for those outside.

    A profile of more than 8 MB makes several documents, numbered by `part`. For `columns` and their `flags` see
    `domain.columns`.
    """
    platform, mission = draft.identity.platform, draft.identity.mission
    chunk_rows = max(_CHUNK_BYTES // draft.row_bytes, 1)
    stored_columns = [_stored_column(*column) for column in draft.columns]
    flags = {name: of_name.tobytes() for name, of_name in draft.flags.items()}
    offsets = draft.offsets[first + 1 : last + 2].tolist()
    for profile, start, stop in zip(range(first, last), offsets, offsets[1:], strict=False):
        number = draft.parts[profile].number if profile >= 0 else 0
        for part, row in enumerate(range(start, stop, chunk_rows)):
            end = min(row + chunk_rows, stop)
            yield {
                "_id": f"{platform}/{mission}/{version}/{number}/{draft.time_ms[start]}/{part}",
                "platform": platform,
                "mission": mission,
                "version": version,
                "number": number,
                "part": part,
                "start_at": from_ms(int(draft.time_ms[row])),
                "count": end - row,
                "columns": {
                    name: {
                        **about,
                        "data": columns.packed(view[row * width : end * width]),
                        **({"flags": columns.packed_flags(flags[name][row:end])} if name in flags else {}),
                    }
                    for name, about, view, width in stored_columns
                },
            }


def _stored_column(name: str, unit: str | None, values: NDArray[Any]) -> tuple[str, dict[str, Any], memoryview, int]:
    """A column's name, its unit and type, all its bytes as they are stored, and the bytes of one value."""
    dtype: Dtype = "i8" if values.dtype.kind == "i" else _FLOATS[values.dtype.str[1:]]
    plain = np.ascontiguousarray(values, dtype=f"<{dtype}")
    # An empty view cannot be cast.
    view = plain.data.cast("B") if plain.size else memoryview(b"")
    return name, {"unit": unit, "dtype": dtype}, view, plain.itemsize


def not_imported(draft: Draft) -> tuple[NotImported, ...]:
    """The variables of the file that are not imported, by reason: up to 50 of each."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in draft.unread.items():
        by_reason.setdefault(reason, []).append(name)
    groups = sorted(by_reason.items())[:_MOST_UNREAD]
    return tuple(NotImported(reason, tuple(names[:_MOST_UNREAD])) for reason, names in groups)


def _not_imported_field(draft: Draft) -> dict[str, list[dict[str, Any]]]:
    groups = [{"reason": each.reason, "variables": list(each.variables)} for each in not_imported(draft)]
    return {"not_imported": groups} if groups else {}


def _companion_fields(file: File) -> dict[str, str]:
    if file.companion is None:
        return {}
    return {"payload_file": file.companion.name, COMPANION_SHA256: file.companion.sha256}
