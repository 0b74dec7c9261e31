"""Rebuild of derived documents, once for all changes, including those that a killed run left marked."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from pymongo.client_session import ClientSession

from app.domain import lifecycle
from app.domain.basins import BasinMap
from app.ingest.derive import platform_reporting, rebuild_loop, search_index, section_refresh, track_builder
from app.ingest.derive import totals as summing
from app.store import (
    change_log,
    corrections,
    missions,
    platforms,
    rebuild_queue,
    subtotals,
    totals,
    tracks,
    transactions,
    updates,
)

# Rebuilds the documents of the scope named; returns the number of the change, None when no page is affected.
Handler = Callable[[str, BasinMap, datetime, ClientSession], int | None]


def rebuild(basin_map: BasinMap, draw_at_once: bool = True) -> list[str]:
    """Rebuild every marked scope, each in a transaction that logs the change. Returns the failed scopes.

    Scopes come in the order of their names: basins of missions before tracks, subtotals before totals. Sections come
    last. A failed scope stays marked and is logged; the others are still rebuilt. Raises pymongo's errors when the
    store is unreachable. For `draw_at_once` see `section_refresh.redraw`.
    """
    search_index.refresh_basins()
    failed = rebuild_loop.run(
        rebuild_queue.scopes(), lambda scope: transactions.run(partial(_rebuilt, scope, basin_map))
    )
    # Last, because drawing takes longest.
    return failed + section_refresh.redraw(draw_at_once)


def within(scopes: Sequence[str], basin_map: BasinMap, session: ClientSession) -> int | None:
    """Rebuild queued scopes, without sections, in the transaction of the change itself; the number of the last change.

    For changes that must show everywhere at one moment, also if the process is killed after them.
    """
    numbers = [_rebuilt(scope, basin_map, session) for scope in sorted(scopes)]
    return max((number for number in numbers if number is not None), default=None)


def _rebuilt(scope: str, basin_map: BasinMap, session: ClientSession) -> int | None:
    """The number of the change; None when another process rebuilt the scope, or when no page is affected."""
    if not rebuild_queue.clear(scope, session):
        return None
    kind, _, name = scope.partition(":")
    return _HANDLERS[kind](name, basin_map, datetime.now(UTC), session)


def _basins(name: str, basin_map: BasinMap, now: datetime, session: ClientSession) -> int:
    """Assign a mission to basins."""
    platform, _, mission = name.partition("/")
    shares = track_builder.basin_shares(platform, mission, basin_map, session)
    missions.set_basins(platform, mission, shares, session)
    return change_log.append((f"mission:{name}",), now, session)


def _track(name: str, _basin_map: BasinMap, now: datetime, session: ClientSession) -> int:
    """Rebuild the track of a mission."""
    platform, _, mission = name.partition("/")
    track, is_simulated = track_builder.stored_track(platform, mission, session)
    tracks.put(track, session)
    return change_log.append((f"mission:{name}", "simulated" if is_simulated else "tracks"), now, session)


def _updates(platform: str, _basin_map: BasinMap, now: datetime, session: ClientSession) -> int | None:
    """Rebuild the updates, the reporting and the search index of a platform."""
    of_platform = missions.of_platform(platform, session)
    tags = ["search"] if search_index.refresh(platform, of_platform, session) else []
    stored = platforms.of(platform, session)
    before = updates.of_platform(platform, session)
    owner = stored and platform_reporting.with_interval(stored, session)
    owner, new = platform_reporting.updates(owner, of_platform, before, corrections.of_platform(platform, session))
    updates.replace_of(platform, new, session)
    if owner is not None:
        platforms.put(owner, session)
    # Each new profile postpones silence and end, which needs no invalidation. Cached pages expire at the
    # date predicted earlier, so that an earlier date must be published.
    are_postponed = lifecycle.are_postponed(before, new, now)
    if owner != stored or not are_postponed or lifecycle.known(before, now) != lifecycle.known(new, now):
        # The pages of the missions of the platform show which of them is over.
        tags += ["updates", f"platform:{platform}"]
    is_simulated = all(each.simulated for each in of_platform) and all(each.simulated for each in before)
    return (
        change_log.append(["simulated", f"platform:{platform}"] if is_simulated else tags, now, session)
        if tags
        else None
    )


def _subtotals(platform: str, _basin_map: BasinMap, _now: datetime, session: ClientSession) -> None:
    """Rebuild the subtotals of a platform; `totals`, which is marked with them and comes later, logs the change."""
    subtotals.replace_of(platform, summing.subtotals(missions.sums(session, platform)), session)


def _totals(_name: str, _basin_map: BasinMap, now: datetime, session: ClientSession) -> int:
    """Rebuild the filter values of missions and the totals of all scopes with changed subtotals."""
    missions.derive_facets(session)
    scopes = subtotals.changed_scopes(session)
    totals.replace(scopes, summing.totals(subtotals.of_scopes(scopes, session), now), session)
    subtotals.settle(session)
    return change_log.append(("totals",), now, session)


# The handler for each kind of scope. `section_refresh` handles `sections` outside transactions.
_HANDLERS: dict[str, Handler] = {
    "basins": _basins,
    "mission": _track,
    "updates": _updates,
    "subtotals": _subtotals,
    "totals": _totals,
}
