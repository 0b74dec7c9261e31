"""The track of a mission: its accepted positions in time order, as lines in several resolutions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymongo.client_session import ClientSession

from app.domain import depth_envelope, geodesy
from app.domain.basins import BasinMap
from app.domain.records import SURFACE_KINDS, BasinShare, LonLat, Track
from app.domain.times import from_ms
from app.ingest.interpret import surface_track
from app.store import missions, profiles, samples

# About a pixel of a map: where single missions are distinguishable, where a sea fills the map, and of the whole world.
_FINE_DEG = 0.002
_MEDIUM_DEG = 0.02
_COARSE_DEG = 0.1
# The bars of a small plot of depth over time: narrower ones would be invisible.
_BARS = 60

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Positions:
    """Profiles, or fixes of a vessel at the surface, with an accepted position; and the number of the others."""

    mission: Document
    accepted: Sequence[Document]
    hidden: int


def stored_track(platform: str, mission: str, session: ClientSession) -> tuple[Track, bool]:
    """The track of a stored mission, empty if it does not exist; and True if it is simulated."""
    positions = _stored_positions(platform, mission, session)
    return _track(positions), bool(positions.mission.get("simulated"))


def basin_shares(platform: str, mission: str, basin_map: BasinMap, session: ClientSession) -> tuple[BasinShare, ...]:
    """The shares of basins in the accepted positions of a stored mission."""
    accepted = _stored_positions(platform, mission, session).accepted
    lon, lat = (np.array([each[key] for each in accepted], dtype=np.float64) for key in ("lon_deg", "lat_deg"))
    return basin_map.shares(lon, lat)


def track_of(mission: Document, of_profiles: Sequence[Document], of_samples: Iterable[Document]) -> Track:
    """The track of a mission from its documents: from the samples at the surface, else from profiles in time order."""
    if mission["kind"] in SURFACE_KINDS:
        return _track(_fixes(mission, of_samples))
    return _track(_profiles(mission, of_profiles))


def _stored_positions(platform: str, mission: str, session: ClientSession) -> Positions:
    missing: Document = {"platform": platform, "mission": mission, "version": "", "figures": {"bbox": None}}
    doc = missions.document(platform, mission, session) or missing
    if doc.get("kind") in SURFACE_KINDS:
        return _fixes(doc, samples.of_version(platform, mission, doc["version"], session))
    return _profiles(doc, profiles.of_version(platform, mission, doc["version"], session))


def _profiles(mission: Document, stored: Sequence[Document]) -> Positions:
    accepted = [profile for profile in stored if profile["lon_deg"] is not None and not profile["flagged"]]
    return Positions(mission, accepted, len(stored) - len(accepted))


def _fixes(mission: Document, stored: Iterable[Document]) -> Positions:
    fixes = surface_track.fixes_of(stored, mission)
    rows = zip(fixes.lon_deg.tolist(), fixes.lat_deg.tolist(), fixes.time_ms.tolist(), fixes.flagged, strict=True)
    accepted = [
        {"number": i + 1, "lon_deg": lon, "lat_deg": lat, "mid_at": from_ms(time_ms), "max_depth_m": 0.0}
        for i, (lon, lat, time_ms, flagged) in enumerate(rows)
        if not flagged
    ]
    return Positions(mission, accepted, int(fixes.flagged.sum()))


def _track(positions: Positions) -> Track:
    mission, accepted = positions.mission, positions.accepted
    points = [(each["lon_deg"], each["lat_deg"]) for each in accepted]
    lines = geodesy.lines_split_at_180(points)

    def simplified(tolerance_deg: float) -> tuple[tuple[LonLat, ...], ...]:
        return tuple(tuple(geodesy.simplified(line, tolerance_deg)) for line in lines)

    box = mission["figures"]["bbox"]
    mid_at, max_depth_m = [each["mid_at"] for each in accepted], [each["max_depth_m"] for each in accepted]
    return Track(
        platform=mission["platform"],
        mission=mission["mission"],
        version=mission["version"],
        number=tuple(each["number"] for each in accepted),
        lon_deg=tuple(lon for lon, _ in points),
        lat_deg=tuple(lat for _, lat in points),
        mid_at=tuple(mid_at),
        max_depth_m=tuple(max_depth_m),
        lines=tuple(tuple(line) for line in lines),
        simplified=simplified(_FINE_DEG),
        medium=simplified(_MEDIUM_DEG),
        coarse=simplified(_COARSE_DEG),
        deepest_m=depth_envelope.deepest(mid_at, max_depth_m, _BARS),
        hidden=positions.hidden,
        bbox=(box[0], box[1], box[2], box[3]) if box else None,
    )
