"""Derived documents: tracks and totals, rebuilt once for all that changed, also for what a killed run left."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import structlog
from bson.errors import BSONError
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from app import events
from app.domain import depth_envelope, geodesy, lifecycle
from app.domain.basins import BasinMap
from app.domain.records import BasinShare, LonLat, Track
from app.domain.times import from_ms
from app.ingest.derive import search_index, section_refresh
from app.ingest.derive import totals as summing
from app.ingest.interpret import surface_track
from app.store import (
    change_log,
    missions,
    profiles,
    rebuild_queue,
    samples,
    subtotals,
    totals,
    tracks,
    transactions,
    updates,
)

# About a pixel of a map at the zoom where single missions are told apart, where a sea fills it, and of the whole world.
_FINE_DEG = 0.002
_MEDIUM_DEG = 0.02
_COARSE_DEG = 0.1
# Of a small picture of depths over time: a bar narrower than a pixel is invisible.
_SLOTS = 60
log = structlog.get_logger(__name__)

_Drawn = tuple[dict[str, Any], list[dict[str, Any]], int]


def rebuild(basin_map: BasinMap, draw_at_once: bool = True) -> list[str]:
    """Rebuilds whatever is outdated, each scope in a transaction that logs the change. Returns what could not be.

    Scopes come in the order of their names: basins of missions, then tracks, then the subtotals of platforms and the
    totals that sum them up. One that fails stays marked, is logged, and stops no other; pymongo's errors are raised
    when the store is away.
    """
    search_index.refresh_basins()
    failed: list[str] = []
    for scope in rebuild_queue.scopes():
        try:
            number = transactions.run(partial(_rebuilt, scope, basin_map))
        except (PyMongoError, BSONError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            if isinstance(error, PyMongoError) and transactions.is_away(error):
                raise
            log.exception("rebuild_failed", scope=scope)
            failed.append(scope)
        else:
            if number is not None:
                events.nudge(number)
    # Last, because they take longest; a caller that comes every few seconds draws no mission more than once a minute.
    return failed + section_refresh.redraw(draw_at_once)


def _rebuilt(scope: str, basin_map: BasinMap, session: ClientSession) -> int | None:
    """The number of the change; None when somebody else rebuilt the scope, or when nobody can see that it changed."""
    if not rebuild_queue.clear(scope, session):
        return None
    now = datetime.now(UTC)
    kind, _, name = scope.partition(":")
    platform, _, mission = name.partition("/")
    if kind == "basins":
        missions.set_basins(platform, mission, _shares(platform, mission, basin_map, session), session)
        return change_log.append((f"mission:{name}",), now, session)
    if kind == "mission":
        drawn = _drawn(platform, mission, session)
        tracks.put(_track(*drawn), session)
        return change_log.append((scope, "simulated" if drawn[0].get("simulated") else "tracks"), now, session)
    if kind == "updates":
        of_platform = missions.of_platform(name, session)
        search_index.refresh(name, of_platform, session)
        before = updates.of_platform(name, session)
        learned = {update.id: update.learned_at for update in before if update.learned_at is not None}
        news = lifecycle.updates(of_platform, learned)
        updates.replace_of(name, news, session)
        # Each profile of a mission that is under way puts off the end that silence would tell: nobody sees that. Pages
        # count on the moment that was foreseen: an earlier one must be told.
        is_put_off = lifecycle.next_at(news, now) >= lifecycle.next_at(before, now)
        if is_put_off and lifecycle.known(before, now) == lifecycle.known(news, now):
            return None
        real = not (all(each.simulated for each in of_platform) and all(each.simulated for each in before))
        return change_log.append(("updates" if real else "simulated",), now, session)
    if kind == "subtotals":
        # What they add up to follows: `totals` is marked with them and comes later.
        subtotals.replace_of(name, summing.subtotals(missions.sums(session, name)), session)
        return None
    missions.derive_facets(session)
    scopes = subtotals.changed_scopes(session)
    totals.replace(scopes, summing.totals(subtotals.of_scopes(scopes, session), now), session)
    subtotals.settle(session)
    return change_log.append(("totals",), now, session)


def _drawn(platform: str, mission: str, session: ClientSession) -> _Drawn:
    """The mission, its profiles (or fixes) with a position that is believed, and how many others it has."""
    gone: dict[str, Any] = {"platform": platform, "mission": mission, "version": "", "figures": {"bbox": None}}
    doc = missions.document(platform, mission, session) or gone
    if doc.get("kind") == "sailbuoy":
        return doc, *_fixes(doc, samples.of_version(platform, mission, doc["version"], session))
    return doc, *_believed(profiles.of_version(platform, mission, doc["version"], session))


def _believed(found: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    drawn = [profile for profile in found if profile["lon_deg"] is not None and not profile["flagged"]]
    return drawn, len(found) - len(drawn)


def _fixes(doc: dict[str, Any], stored: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    found = surface_track.way(stored, doc)
    rows = zip(found.lon_deg.tolist(), found.lat_deg.tolist(), found.time_ms.tolist(), found.flagged, strict=True)
    drawn = [
        {"number": i + 1, "lon_deg": lon, "lat_deg": lat, "mid_at": from_ms(time_ms), "max_depth_m": 0.0}
        for i, (lon, lat, time_ms, flagged) in enumerate(rows)
        if not flagged
    ]
    return drawn, int(found.flagged.sum())


def _shares(platform: str, mission: str, basin_map: BasinMap, session: ClientSession) -> tuple[BasinShare, ...]:
    _, drawn, _ = _drawn(platform, mission, session)
    lon, lat = (np.array([profile[key] for profile in drawn], dtype=np.float64) for key in ("lon_deg", "lat_deg"))
    return basin_map.shares(lon, lat)


def track_of(doc: dict[str, Any], of_profiles: Sequence[dict[str, Any]], of_samples: Iterable[dict[str, Any]]) -> Track:
    """The track of a mission by its documents: of a sailbuoy by its samples, else by its profiles in time order."""
    return _track(doc, *(_fixes(doc, of_samples) if doc["kind"] == "sailbuoy" else _believed(of_profiles)))


def _track(doc: dict[str, Any], drawn: Sequence[dict[str, Any]], hidden: int) -> Track:
    way = [(profile["lon_deg"], profile["lat_deg"]) for profile in drawn]
    lines = geodesy.lines_split_at_180(way)

    def simplified(tolerance_deg: float) -> tuple[tuple[LonLat, ...], ...]:
        return tuple(tuple(geodesy.simplified(line, tolerance_deg)) for line in lines)

    box = doc["figures"]["bbox"]
    return Track(
        platform=doc["platform"],
        mission=doc["mission"],
        version=doc["version"],
        number=tuple(profile["number"] for profile in drawn),
        lon_deg=tuple(lon for lon, _ in way),
        lat_deg=tuple(lat for _, lat in way),
        mid_at=tuple(profile["mid_at"] for profile in drawn),
        max_depth_m=tuple(profile["max_depth_m"] for profile in drawn),
        lines=tuple(tuple(line) for line in lines),
        simplified=simplified(_FINE_DEG),
        medium=simplified(_MEDIUM_DEG),
        coarse=simplified(_COARSE_DEG),
        deepest_m=depth_envelope.deepest(
            [profile["mid_at"] for profile in drawn], [profile["max_depth_m"] for profile in drawn], _SLOTS
        ),
        hidden=hidden,
        bbox=(box[0], box[1], box[2], box[3]) if box else None,
    )
