"""One mission: its figures, recomputed from its profiles, these from their samples, and what derives from both."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from pymongo.client_session import ClientSession

from app.domain import surface_fixes
from app.domain.basins import BasinMap
from app.domain.mission_summary import MissionSummary, Remainder, summarise
from app.domain.records import Mission
from app.ingest.derive import rebuild
from app.ingest.interpret import surface_track
from app.ingest.persist.mapping import mission_of, part_of, remainder_of
from app.ingest.verify import profile_recount as of_samples
from app.ingest.verify import sections
from app.ingest.verify.comparison import MISSING, Difference, differences, keyed
from app.store import profiles, samples, verification_reads
from app.store.documents import mission_to_document, track_to_document

Document = dict[str, Any]
# What a column of a grid is: one sample, of as many rows as it has cells.
_GRID = "pyglider grid"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at. A store that was seeded keeps no originals and few sections, and may have no profiles."""

    basin_map: BasinMap
    sections: bool = False
    seeded: bool = False
    has_profiles: bool = True


@dataclass(slots=True)
class Tally:
    """How much was compared, and how much was left out because it waits to be rebuilt."""

    missions: int = 0
    profiles: int = 0
    totals: int = 0
    waiting: int = 0


def compared(platform: str, mission: str, scope: Scope, tally: Tally, session: ClientSession) -> Iterator[Difference]:
    """The differences of a mission, as of the session's moment; none when it is gone."""
    name = f"{platform}/{mission}"
    doc = verification_reads.one("missions", name, session)
    if doc is None:
        return
    tally.missions += 1
    if not scope.has_profiles:
        return
    waiting = verification_reads.pending([f"{kind}:{name}" for kind in ("mission", "basins", "sections")], session)
    tally.waiting += len(waiting)
    record = mission_of(doc)
    found = profiles.of_version(platform, mission, doc["version"], session)
    tally.profiles += len(found)
    buoy = doc.get("kind") == "sailbuoy"
    blocks = _positions(platform, mission, doc["version"], session) if buoy else []
    whole = _fixes_folded(doc, blocks, scope.basin_map) if buoy else _folded(doc, found, scope.basin_map)
    if whole is None:
        yield Difference(f"mission {name}", "profiles", len(found), doc["figures"]["profiles"])
        return
    yield from _figures(doc, record, whole, f"basins:{name}" in waiting)
    if not buoy:
        yield from _profiles(doc, found, whole, session)
    if f"mission:{name}" not in waiting:
        expected = track_to_document(rebuild.track_of({**doc, "kind": record.kind}, found, blocks))
        stored = {name: track} if (track := verification_reads.one("tracks", name, session)) else {}
        yield from keyed("track", stored, {name: _plain(expected)}, ("rebuild", f"mission:{name}"))
    if f"sections:{name}" not in waiting:
        yield from sections.compared(record, found, scope.sections, scope.seeded, session)
    if not (scope.seeded or record.simulated):
        yield from _originals(record, found, session)


def _folded(doc: Document, found: Sequence[Document], basin_map: BasinMap) -> MissionSummary | None:
    remainder = remainder_of(doc)
    if not found and remainder.start_ms is None:
        return None
    return summarise([part_of(profile) for profile in found], remainder, basin_map)


def _positions(platform: str, mission: str, version: str, session: ClientSession) -> list[Document]:
    """The sample documents of a vessel at the surface without their measurements."""
    needed = ("time", "longitude", "latitude")
    return [
        {"columns": {name: block["columns"][name] for name in needed}}
        for block in samples.of_version(platform, mission, version, session)
    ]


def _fixes_folded(doc: Document, blocks: Iterable[Mapping[str, Any]], basin_map: BasinMap) -> MissionSummary | None:
    """The fold of a vessel that stays at the surface: of all its samples, as `surface.parts` divides them."""
    remainder = remainder_of(doc)
    columns = surface_track.columns_of(blocks)
    time_ms = columns.time_ms
    if not time_ms.size or remainder.start_ms is None or remainder.end_ms is None:
        return None
    inside = (time_ms >= remainder.start_ms) & (time_ms <= remainder.end_ms)
    valid = inside & surface_fixes.usable(columns.lon_deg, columns.lat_deg)
    ones = np.ones(time_ms.size, dtype=np.int64)
    before = replace(remainder, samples=remainder.samples + int(time_ms.size))
    track, rest = surface_track.parts(time_ms, columns.lon_deg, columns.lat_deg, valid, ones, before)
    return summarise(track, rest, basin_map, surface_fixes.MAX_SPEED_M_S)


def _figures(doc: Document, record: Mission, whole: MissionSummary, sorted_later: bool) -> Iterator[Difference]:
    again = replace(record, figures=whole.figures)
    expected: Document = {f"figures.{name}": value for name, value in asdict(whole.figures).items()}
    expected |= {name: mission_to_document(again)[name] for name in ("years", "order", "extent")}
    expected["by_year"] = {str(year.year): asdict(year) for year in whole.years}
    expected["warnings"] = {warning.code: warning.count for warning in whole.warnings}
    stored = {f"figures.{name}": value for name, value in doc["figures"].items()} | doc
    stored["by_year"] = {str(year["year"]): year for year in doc["by_year"]}
    stored["warnings"] = {warning["code"]: warning["count"] for warning in doc["warnings"]}
    where = f"mission {record.id}"
    yield from differences(where, stored, expected)
    if not sorted_later:
        shares = {share.id: asdict(share) for share in whole.basins}
        there = {share["id"]: share for share in doc["basins"]}
        platform = record.platform
        scopes = (f"basins:{record.id}", f"mission:{record.id}", f"subtotals:{platform}", "totals")
        remedies = [("rebuild", scope) for scope in scopes]
        yield from differences(where, {"basins": there}, {"basins": shares}, *remedies)  # type: ignore[arg-type]


def _profiles(
    doc: Document, found: Sequence[Document], whole: MissionSummary, session: ClientSession
) -> Iterator[Difference]:
    """Each profile beside its samples, and whether its position is too far off."""
    name = doc["_id"]
    by_key = {of_samples.key_of(profile): profile for profile in found}
    remainder = remainder_of(doc)
    outside = 0
    seen: set[str] = set()
    for key, told in of_samples.told(_coordinates(doc, session)):
        if key.startswith(f"{of_samples.OUTSIDE}/"):
            outside += told.rows
            continue
        seen.add(key)
        profile = by_key.get(key)
        if profile is None:
            yield Difference(f"profile {name} {key}", "document", MISSING, f"{told.rows} samples")
            continue
        yield from differences(f"profile {name} {key}", profile, told.fields)
        if not _counts(doc, profile, told.rows):
            yield Difference(f"profile {name} {key}", "samples", profile["samples"], told.rows)
    for key, profile, flagged in zip(by_key, found, whole.flagged, strict=True):
        if key not in seen:
            yield Difference(f"profile {name} {key}", "samples", profile["samples"], 0)
        yield from differences(f"profile {name} {key}", profile, {"flagged": flagged})
    if doc["source"]["scope"] == "mission" and doc["source"]["format"] != _GRID:
        yield from differences(f"mission {name}", {"samples outside profiles": _outside(remainder)}, {
            "samples outside profiles": outside
        })  # fmt: skip


def _coordinates(doc: Document, session: ClientSession) -> Iterator[Document]:
    return verification_reads.coordinates(doc["platform"], doc["mission"], doc["version"], session)


def _outside(remainder: Remainder) -> int:
    # Rows that repeated another one were counted and are not stored.
    return remainder.samples - remainder.warnings.get("duplicate_rows", 0)


def _counts(doc: Document, profile: Document, rows: int) -> bool:
    """Whether a profile can count so many samples when it has so many rows."""
    source = doc["source"]
    if source["format"] == _GRID:
        return rows >= 1
    if source["scope"] == "mission" and profile["sha256"] == source["sha256"]:
        return bool(profile["samples"] == rows)
    # The first profile of a file counts what the file has outside profiles, and does not store it.
    return bool(1 <= rows <= profile["samples"])


def _originals(record: Mission, found: Sequence[Document], session: ClientSession) -> Iterator[Difference]:
    digests = {record.source.sha256, *(profile["sha256"] for profile in found)}
    digests |= {str(record.metadata[key]) for key in ("payload_sha256",) if key in record.metadata}
    for digest in sorted(digests - verification_reads.originals(sorted(digests), session)):
        yield Difference(f"mission {record.id}", f"original {digest[:16]}…", MISSING, "kept")


def _plain(doc: Document) -> Document:
    """A track's document with lists where MongoDB gives lists, so that equal ones are seen to be so at once."""
    lines = {
        name: [[list(point) for point in line] for line in doc[name]]
        for name in ("lines", "simplified", "medium", "coarse")
    }
    return {**doc, **lines}
