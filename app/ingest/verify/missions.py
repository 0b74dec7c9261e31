"""One mission: figures recomputed from profiles, profiles from samples, and the documents that derive from both."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from pymongo.client_session import ClientSession

from app.domain import surface_fixes
from app.domain.basins import BasinMap
from app.domain.mission_summary import MissionSummary, Remainder, summarise
from app.domain.records import SURFACE_KINDS, Mission
from app.ingest.derive import track_builder
from app.ingest.formats.observations import GRID_FORMAT
from app.ingest.interpret import flag_counts, surface_track
from app.ingest.persist import file_parts
from app.ingest.persist.mapping import COMPANION_SHA256, mission_of, part_of, remainder_of
from app.ingest.verify import profile_recount, sections
from app.ingest.verify.comparison import MISSING, PRESENT, Difference, Remedy, differences, keyed
from app.store import profiles, samples, verification_reads
from app.store.documents import mission_to_document, track_to_document

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """The extent of a verification. A seeded store has no originals, few sections, and perhaps no profiles."""

    basin_map: BasinMap
    sections: bool = False
    seeded: bool = False
    has_profiles: bool = True


@dataclass(slots=True)
class Tally:
    """The numbers of compared documents, and of scopes that were skipped because their rebuild is pending."""

    missions: int = 0
    profiles: int = 0
    totals: int = 0
    waiting: int = 0


def compared(platform: str, mission: str, scope: Scope, tally: Tally, session: ClientSession) -> Iterator[Difference]:
    """The differences of a mission in the session's snapshot; none if it does not exist."""
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
    stored_profiles = profiles.of_version(platform, mission, doc["version"], session)
    tally.profiles += len(stored_profiles)
    is_surface = record.kind in SURFACE_KINDS
    blocks = _positions(platform, mission, doc["version"], session) if is_surface else []
    if is_surface:
        summary = _summary_of_fixes(doc, blocks, scope.basin_map)
    else:
        summary = _summary_of_profiles(doc, stored_profiles, scope.basin_map)
    if summary is None:
        yield Difference(f"mission {name}", "profiles", len(stored_profiles), doc["figures"]["profiles"])
        return
    yield from _figures(doc, record, summary, f"basins:{name}" in waiting)
    if not is_surface:
        yield from _profiles(doc, stored_profiles, summary, session)
    if f"mission:{name}" not in waiting:
        expected = track_to_document(track_builder.track_of({**doc, "kind": record.kind}, stored_profiles, blocks))
        stored = {name: track} if (track := verification_reads.one("tracks", name, session)) else {}
        yield from keyed("track", stored, {name: _plain(expected)}, ("rebuild", f"mission:{name}"))
    if f"sections:{name}" not in waiting:
        yield from sections.compared(record, stored_profiles, scope.sections, scope.seeded, session)
    if scope.sections and record.flags:
        yield from _flags(record, samples.of_version(platform, mission, doc["version"], session))
    if not (scope.seeded or record.simulated):
        yield from _originals(record, stored_profiles, session)


def _summary_of_profiles(doc: Document, stored: Sequence[Document], basin_map: BasinMap) -> MissionSummary | None:
    remainder = remainder_of(doc)
    if not stored and remainder.start_ms is None:
        return None
    return summarise([part_of(profile) for profile in stored], remainder, basin_map)


def _positions(platform: str, mission: str, version: str, session: ClientSession) -> list[Document]:
    """The sample documents of a vessel at the surface, reduced to time and position."""
    needed = ("time", "longitude", "latitude")
    return [
        {"columns": {name: block["columns"][name] for name in needed}}
        for block in samples.of_version(platform, mission, version, session)
    ]


def _summary_of_fixes(doc: Document, blocks: Iterable[Mapping[str, Any]], basin_map: BasinMap) -> MissionSummary | None:
    """The summary of a vessel at the surface, from all its samples as `surface_track.parts` divides them."""
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


def _figures(doc: Document, record: Mission, summary: MissionSummary, basins_pending: bool) -> Iterator[Difference]:
    recomputed = replace(record, figures=summary.figures)
    expected: Document = {f"figures.{name}": value for name, value in asdict(summary.figures).items()}
    if "is_distance_known" not in doc["figures"]:
        # A document of an earlier release, of which the figures are right.
        del expected["figures.is_distance_known"]
    expected |= {name: mission_to_document(recomputed)[name] for name in ("years", "order", "extent")}
    expected["by_year"] = {str(year.year): asdict(year) for year in summary.years}
    expected["warnings"] = {warning.code: warning.count for warning in summary.warnings}
    stored = {f"figures.{name}": value for name, value in doc["figures"].items()} | doc
    stored["by_year"] = {str(year["year"]): year for year in doc["by_year"]}
    stored["warnings"] = {warning["code"]: warning["count"] for warning in doc["warnings"]}
    where = f"mission {record.id}"
    yield from differences(where, stored, expected)
    if not basins_pending:
        shares = {share.id: asdict(share) for share in summary.basins}
        # Shares of earlier releases have no `nested`.
        stored_shares = {share.id: asdict(share) for share in record.basins}
        platform = record.platform
        scopes = (f"basins:{record.id}", f"mission:{record.id}", f"subtotals:{platform}", "totals")
        remedies: list[Remedy] = [("rebuild", scope) for scope in scopes]
        yield from differences(where, {"basins": stored_shares}, {"basins": shares}, *remedies)


def _profiles(
    doc: Document, stored: Sequence[Document], summary: MissionSummary, session: ClientSession
) -> Iterator[Difference]:
    """The differences between each profile and its samples, and in its flag for impossible speed."""
    name = doc["_id"]
    by_key = {profile_recount.key_of(profile): profile for profile in stored}
    remainder = remainder_of(doc)
    outside = 0
    recounted: set[str] = set()
    for key, recount in profile_recount.recounts(_coordinates(doc, session)):
        if key.startswith(f"{profile_recount.OUTSIDE}/"):
            outside += recount.rows
            continue
        recounted.add(key)
        profile = by_key.get(key)
        if profile is None:
            yield Difference(f"profile {name} {key}", "document", MISSING, f"{recount.rows} samples")
            continue
        yield from differences(f"profile {name} {key}", profile, recount.fields)
        if not _is_consistent(doc, profile, recount.rows):
            yield Difference(f"profile {name} {key}", "samples", profile["samples"], recount.rows)
    for key, profile, flagged in zip(by_key, stored, summary.flagged, strict=True):
        if key not in recounted:
            yield Difference(f"profile {name} {key}", "samples", profile["samples"], 0)
        yield from differences(f"profile {name} {key}", profile, {"flagged": flagged})
    if doc["source"]["scope"] == "mission" and doc["source"]["format"] != GRID_FORMAT:
        yield from differences(f"mission {name}", {"samples outside profiles": _outside(remainder)}, {
            "samples outside profiles": outside
        })  # fmt: skip


def _coordinates(doc: Document, session: ClientSession) -> Iterator[Document]:
    return verification_reads.coordinates(doc["platform"], doc["mission"], doc["version"], session)


def _outside(remainder: Remainder) -> int:
    # Duplicate rows were counted, but are not stored.
    return remainder.samples - remainder.warnings.get("duplicate_rows", 0)


def _is_consistent(doc: Document, profile: Document, rows: int) -> bool:
    """True if the number of samples of the profile is consistent with its number of rows."""
    source = doc["source"]
    # A profile of a grid is one sample with a row for each filled cell.
    if source["format"] == GRID_FORMAT:
        return rows >= 1
    if source["scope"] == "mission" and profile["sha256"] == source["sha256"]:
        return bool(profile["samples"] == rows)
    # The first profile of a file also counts the samples outside profiles, which are not stored with it.
    return bool(1 <= rows <= profile["samples"])


def _flags(record: Mission, stored: Iterable[Document]) -> Iterator[Difference]:
    """The differences between the counts of quality flags and the flags of the stored samples."""
    recounted = {each.variable: dict(each.counts) for each in flag_counts.of_documents(stored) if each.values}
    counts = {each.variable: dict(each.counts) for each in record.flags if each.values}
    yield from differences(f"mission {record.id}", {"flags": counts}, {"flags": recounted})


def _originals(record: Mission, stored: Sequence[Document], session: ClientSession) -> Iterator[Difference]:
    digests = {record.source.sha256, *(profile["sha256"] for profile in stored)}
    digests |= {str(record.metadata[key]) for key in (COMPANION_SHA256,) if key in record.metadata}
    digests |= set(file_parts.digests({"metadata": record.metadata}))
    for digest in sorted(digests - verification_reads.originals(sorted(digests), session)):
        yield Difference(f"mission {record.id}", f"original {digest[:16]}…", MISSING, PRESENT)


def _plain(doc: Document) -> Document:
    """A track's document with lists instead of tuples, as MongoDB returns it: equal lists compare fast."""
    lines = {
        name: [[list(point) for point in line] for line in doc[name]]
        for name in ("lines", "simplified", "medium", "coarse")
    }
    return {**doc, **lines}
