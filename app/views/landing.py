"""The landing page: missions at sea, totals of the fleet, the missions with the newest data."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Blueprint, render_template

from app import portal
from app.domain.records import BasinShare, Mission, Platform
from app.http import expiry
from app.queries import clock, landing, missions, platforms, updates
from app.views import filters, plots, schema_org, template_filters
from app.views.updates import KINDS, REASONS

bp = Blueprint("landing", __name__)

# The lists fit beside the map on one screen; the lists of missions and of the fleet are complete.
_LISTED = 50
_SILENT = 20
_CARDS = 6
# One row of a wide screen. A picture is up to 16 kB, and the first view must not exceed 150 kB.
_PICTURES = 3
_UPDATES = 5
# One or two lines above the list.
_BASINS = 6
# The variable that shows at a glance where the water changes.
_PICTURED = "temperature"


@bp.get("/")
def index() -> str:
    """The landing page; it has a text for each empty list."""
    settings = portal.current().settings
    simulated = filters.simulated()
    now, window_h = clock.now(), settings.active_window_h
    active = missions.active(now, window_h, limit=_LISTED, simulated=simulated)
    silent = _silent(active, now - timedelta(hours=window_h), simulated)
    shown = active[:_CARDS] or missions.recent(_CARDS, simulated)
    news = updates.latest(now, _UPDATES, simulated)
    details = landing.details(
        shown,
        active,
        silent,
        news,
        variable=_PICTURED,
        pictures=_PICTURES,
        now=now,
        window_h=window_h,
        with_simulated=simulated,
    )
    # Depths are drawn only on the cards without a section.
    depths_m = {name: values for name, values in details.deepest_m.items() if name not in details.pictured}
    expiry.until(
        missions.active_until(active, window_h),
        missions.simulation_until(now, window_h) if details.simulated else None,
        # An unlisted platform may fall silent before any listed mission ends.
        _next_silent_at(now, window_h, simulated) if len(active) == _LISTED else None,
        details.next_update_at,
    )
    return render_template(
        "landing.html",
        active=active,
        reporting_in=_basins_of(active)[:_BASINS],
        simulated_too=simulated,
        simulation=details.simulated,
        silent=silent,
        basins=details.last_basins,
        positions=details.positions,
        shown=shown,
        platforms=details.platforms,
        updates=news,
        kinds=KINDS,
        reasons=REASONS,
        pictured=details.pictured,
        picture=_PICTURED,
        sparks={mission.id: plots.spark(depths_m.get(mission.id, ())) for mission in shown},
        totals=details.totals,
        catalog=schema_org.catalog(details.totals),
        window=template_filters.elapsed(window_h),
    )


def _basins_of(active: Sequence[Mission]) -> list[tuple[BasinShare, int]]:
    """The basins with active missions and their number, most missions first; a basin includes its parts."""
    basins = {basin.id: basin for mission in active for basin in mission.basins}
    counts = Counter(basin.id for mission in active for basin in mission.basins)
    return [(basins[basin], count) for basin, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _silent(active: list[Mission], since: datetime, simulated: bool) -> list[Platform]:
    """The platforms whose last data are older than the window, latest first, without those of active missions."""
    reporting = {mission.platform for mission in active}
    platforms_without_data = platforms.silent(since, _SILENT, simulated)
    return [platform for platform in platforms_without_data if platform.platform not in reporting]


def _next_silent_at(now: datetime, window_h: float, simulated: bool) -> datetime | None:
    window = timedelta(hours=window_h)
    last_data_at = platforms.silent_until(now - window, simulated)
    return last_data_at and last_data_at + window
