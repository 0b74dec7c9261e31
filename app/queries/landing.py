"""What the landing page shows besides its lists, read in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.last_position import LastPosition
from app.domain.records import BasinShare, Mission, Platform, Update
from app.domain.reported_positions import ReportedPosition, newest, times
from app.domain.totals import Totals
from app.queries import totals as totals_queries
from app.queries.missions import MOST_COUNTED
from app.store import (
    combined_reads,
    missions,
    platforms,
    reported_positions,
    reporting,
    sections,
    totals,
    tracks,
    updates,
)
from app.store.reporting import ActiveMissions, Fleet


@dataclass(frozen=True, slots=True)
class Details:
    """Details of the missions and platforms in the lists of the landing page, and figures of the whole fleet.

    `pictured`: the variable of the picture of each mission that has one. `deepest_m`: the greatest depths over time, by
    mission. `last_basins`: of the last mission of each platform. `positions`: the last ones of the listed missions and
    platforms, by mission; that of the last mission of a platform may be a reported one. `reported`: the newest reported
    positions, by platform. `active`: all missions with current data. `fleet`: the platforms at sea by their state.
    `simulated`: the number of simulated missions with current data. `next_update_at`: when the next foreseen update is
    published.
    """

    platforms: dict[str, Platform]
    pictured: dict[str, str]
    deepest_m: dict[str, tuple[float | None, ...]]
    last_basins: dict[str, tuple[BasinShare, ...]]
    positions: dict[str, LastPosition]
    totals: Totals
    reported: dict[str, ReportedPosition]
    active: ActiveMissions
    fleet: Fleet
    simulated: int
    next_update_at: datetime | None


def details(
    shown: Sequence[Mission],
    listed: Sequence[Mission],
    earlier: Sequence[Platform],
    news: Sequence[Update],
    *,
    variable: str,
    pictures: int,
    now: datetime,
    window_h: float,
    with_simulated: bool,
) -> Details:
    """The details of the missions on cards (`shown`) and in the list, of platforms with earlier data, and of updates.

    At most the first `pictures` missions of the list have a picture, of the best values of the variable.
    """
    ids = [mission.id for mission in shown]
    named = {mission.platform for mission in (*listed, *shown)} | {update.platform for update in news}
    last_missions = [f"{platform.platform}/{platform.last_mission}" for platform in earlier]
    since = now - timedelta(hours=window_h)
    read = combined_reads.values(
        platforms.read_named(sorted(named)),
        sections.best_of([mission.id for mission in listed[:pictures]], variable),
        tracks.deepest_of(ids),
        missions.basins_of(last_missions),
        tracks.last_positions_of([*(mission.id for mission in listed), *last_missions]),
        totals.read("fleet"),
        reporting.active_missions(since, with_simulated),
        reporting.at_sea(now, with_simulated),
        reported_positions.newest(),
        missions.simulated_since(since, MOST_COUNTED),
        updates.next_known(now, None, None, with_simulated),
    )
    by_platform, pictured, deepest_m, basins, of_data, of_fleet = read[:6]
    active, at_sea, reported, simulated, next_update_at = read[6:]
    last_basins = {name.partition("/")[0]: shares for name, shares in basins.items()}
    return Details(
        by_platform,
        pictured,
        deepest_m,
        last_basins,
        _last_positions(of_data, [*by_platform.values(), *earlier], reported),
        of_fleet or totals_queries.EMPTY,
        reported,
        active,
        reporting.fleet(at_sea, times(reported), now),
        simulated,
        next_update_at,
    )


def _last_positions(
    of_data: Mapping[str, LastPosition], platforms: Sequence[Platform], reported: Mapping[str, ReportedPosition]
) -> dict[str, LastPosition]:
    """The last positions by mission, with newer reported ones for the last missions of their platforms."""
    positions = dict(of_data)
    for platform in platforms:
        mission = f"{platform.platform}/{platform.last_mission}"
        last = newest(positions.get(mission), reported.get(platform.platform))
        if last is not None:
            positions[mission] = last
    return positions
