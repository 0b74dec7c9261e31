"""Mapping of records to MongoDB documents and back: the only module that defines their form."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.import_log import ImportAttempt, NotImported
from app.domain.quality_flags import FlagCounts
from app.domain.records import (
    Basin,
    BasinShare,
    EarlierVersion,
    Figures,
    Finding,
    LonLat,
    Mission,
    Platform,
    Profile,
    Source,
    Track,
    Update,
    Variable,
    YearShare,
)
from app.domain.times import to_ms
from app.domain.totals import Subtotal, Totals

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Document = dict[str, Any]
Record = TypeVar("Record", bound="DataclassInstance")
# Properties of a platform that its document holds.
PLATFORM_TIMES = ("late_at", "silent_at", "over_from")


def record_of(kind: type[Record], doc: Mapping[str, Any], /, **others: Any) -> Record:
    """The record of a document, or of a part of one; `others` replaces fields.

    Fields that the record lacks are ignored: a later release stored them before it was rolled back.
    """
    return kind(**({name: doc[name] for name in kind.__dataclass_fields__ if name in doc} | others))


def basin_shares(doc: Mapping[str, Any]) -> tuple[BasinShare, ...]:
    """The basins of a mission document."""
    return tuple(record_of(BasinShare, share) for share in doc["basins"])


def _figures(doc: Mapping[str, Any]) -> Figures:
    bbox = doc["bbox"]
    return record_of(Figures, doc, bbox=tuple(bbox) if bbox else None)


def _findings(docs: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(record_of(Finding, doc) for doc in docs)


def mission_to_document(mission: Mission) -> Document:
    """The mission as its document; `_id` is `platform/mission`."""
    figures = mission.figures
    # `years` serves the filter of lists: a mission across New Year belongs to both years.
    years = list(range(figures.start_at.year, figures.end_at.year + 1))
    derived = {"years": years, "order": mission_order(mission), "extent": mission_extent(mission)}
    return {"_id": mission.id, **derived, **asdict(mission)}


def mission_extent(mission: Mission) -> Document | None:
    """The sides of the mission's box as index keys; east is never less than west."""
    if mission.figures.bbox is None:
        return None
    west, south, east, north = mission.figures.bbox
    return {"west": west, "south": south, "east": east if east >= west else east + 360.0, "north": north}


def mission_order(mission: Mission) -> Document:
    """Sort keys of mission lists that the figures lack; an unknown depth sorts last."""
    depth_m = mission.figures.max_depth_m
    return {"duration_s": mission.duration_s, "depth_m": -1.0 if depth_m is None else depth_m}


def mission_from_document(doc: Mapping[str, Any]) -> Mission:
    """The record of a whole mission document."""
    return record_of(
        Mission,
        doc,
        figures=_figures(doc["figures"]),
        basins=basin_shares(doc),
        variables=tuple(record_of(Variable, variable) for variable in doc["variables"]),
        warnings=_findings(doc["warnings"]),
        source=record_of(Source, doc["source"]),
        by_year=tuple(record_of(YearShare, share) for share in doc.get("by_year", ())),
        # Missions of earlier releases have none.
        flags=tuple(record_of(FlagCounts, counts) for counts in doc.get("flags", ())),
        earlier=tuple(
            record_of(EarlierVersion, version, figures=_figures(version["figures"])) for version in doc["earlier"]
        ),
    )


def profile_id(platform: str, mission: str, version: str, profile: Profile) -> str:
    """The key of a profile. Numbers repeat in real files, so the key includes the first time."""
    return f"{platform}/{mission}/{version}/{profile.number}/{to_ms(profile.start_at)}"


def profile_to_document(platform: str, mission: str, version: str, profile: Profile) -> Document:
    """The profile as its document, under the version it belongs to."""
    return {
        "_id": profile_id(platform, mission, version, profile),
        "platform": platform,
        "mission": mission,
        "version": version,
        # Not asdict, which copies each value: millions of profiles are stored.
        **{name: getattr(profile, name) for name in Profile.__slots__},
    }


def profile_from_document(doc: Mapping[str, Any]) -> Profile:
    """The record of a profile document."""
    return record_of(Profile, doc)


def platform_to_document(platform: Platform) -> Document:
    """The platform as its document; `_id` is the platform id. The times of its states serve filters and counts."""
    times = {name: getattr(platform, name) for name in PLATFORM_TIMES}
    return {"_id": platform.platform, "serial_key": platform.serial.lower(), **times, **asdict(platform)}


def platform_from_document(doc: Mapping[str, Any]) -> Platform:
    """The record of a platform document."""
    return record_of(Platform, doc)


def track_to_document(track: Track) -> Document:
    """The track as its document: column arrays."""
    # Not asdict, which copies every number: a track has thousands and is rebuilt with each profile.
    columns = {name: getattr(track, name) for name in Track.__slots__}
    return {"_id": f"{track.platform}/{track.mission}", **columns}


def track_from_document(doc: Mapping[str, Any]) -> Track:
    """The record of a track document."""
    return Track(
        platform=doc["platform"],
        mission=doc["mission"],
        version=doc["version"],
        number=tuple(doc["number"]),
        lon_deg=tuple(doc["lon_deg"]),
        lat_deg=tuple(doc["lat_deg"]),
        mid_at=tuple(doc["mid_at"]),
        max_depth_m=tuple(doc["max_depth_m"]),
        lines=_lines(doc["lines"]),
        simplified=_lines(doc["simplified"]),
        hidden=doc["hidden"],
        bbox=tuple(doc["bbox"]) if doc["bbox"] else None,
        medium=_lines(doc.get("medium", [])),
        coarse=_lines(doc.get("coarse", [])),
        deepest_m=tuple(doc.get("deepest_m", ())),
    )


def _lines(lines: list[list[list[float]]]) -> tuple[tuple[LonLat, ...], ...]:
    return tuple(tuple((lon, lat) for lon, lat in line) for line in lines)


def totals_to_document(totals: Totals) -> Document:
    """The totals as their document; `_id` is the scope."""
    return {"_id": totals.scope, "kind": totals.scope.partition(":")[0], **asdict(totals)}


def totals_from_document(doc: Mapping[str, Any]) -> Totals:
    """The record of a totals document."""
    return record_of(Totals, doc)


def subtotal_to_document(subtotal: Subtotal) -> Document:
    """The subtotal as its document; `_id` is `scope|platform`."""
    spans = None if subtotal.spans is None else [list(span) for span in subtotal.spans]
    return {"_id": f"{subtotal.scope}|{subtotal.platform}", **asdict(subtotal), "spans": spans}


def subtotal_from_document(doc: Mapping[str, Any]) -> Subtotal:
    """The record of a subtotal's document."""
    spans = None if doc["spans"] is None else tuple((start_at, end_at) for start_at, end_at in doc["spans"])
    return record_of(Subtotal, doc, spans=spans)


def basin_to_document(basin: Basin) -> Document:
    """The basin as its document; `_id` is its id."""
    # Not asdict, which copies each of 100 000 coordinates: a second of the first import.
    return {"_id": basin.id, **{name: getattr(basin, name) for name in Basin.__slots__}}


def basin_from_document(doc: Mapping[str, Any]) -> Basin:
    """The record of a basin document."""
    return record_of(
        Basin,
        doc,
        bbox=tuple(doc["bbox"]),
        aliases=tuple(doc.get("aliases", ())),
        other_names=tuple(doc.get("other_names", ())),
    )


def update_to_document(update: Update) -> Document:
    """The update as its document."""
    doc = asdict(update)
    for name in ("reason", "operator_number", "platform_name", "published_platform"):
        # Like updates of earlier releases, so that they need no rebuild.
        if doc[name] is None:
            del doc[name]
    return {"_id": doc.pop("id"), **doc}


def update_from_document(doc: Mapping[str, Any]) -> Update:
    """The record of an update document."""
    if doc["kind"] != "recovery":
        return record_of(Update, doc, id=doc["_id"])
    # Earlier releases called every end of a mission a recovery; the next import replaces their documents.
    return record_of(Update, doc, id=doc["_id"].replace("recovery", "end", 1), kind="end")


def attempt_to_document(attempt: ImportAttempt) -> Document:
    """The attempt as its document."""
    doc = asdict(attempt)
    return {"_id": doc.pop("id"), **doc}


def attempt_from_document(doc: Mapping[str, Any]) -> ImportAttempt:
    """The record of an attempt's document."""
    groups = doc.get("not_imported", ())
    return record_of(
        ImportAttempt,
        doc,
        id=doc["_id"],
        warnings=_findings(doc["warnings"]),
        not_imported=tuple(record_of(NotImported, group, variables=tuple(group["variables"])) for group in groups),
    )
