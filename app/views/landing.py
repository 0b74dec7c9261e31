"""The landing page: missions at sea, totals of the fleet, the missions with the newest data."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template

from app import portal
from app.domain.records import Mission, Platform
from app.http import expiry
from app.queries import clock, landing, missions, platforms, reporting, updates
from app.views import filters, plots, schema_org, template_filters
from app.views.platforms import reporting_rule
from app.views.updates import KINDS, REASONS

bp = Blueprint("landing", __name__)

# The lists fit beside the map on one screen; the lists of missions and of the fleet are complete.
_LISTED = 50
_EARLIER = 20
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
    window = timedelta(hours=window_h)
    earlier = _earlier(active, now - window, simulated)
    shown = active[:_CARDS] or missions.recent(_CARDS, simulated)
    news = updates.latest(now, _UPDATES, simulated)
    details = landing.details(
        shown,
        active,
        earlier,
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
        # Of all missions that report now, also of those that are not listed.
        details.active.first_end_at and details.active.first_end_at + window,
        missions.simulation_until(now, window_h) if details.simulated else None,
        details.fleet.until,
        details.next_update_at,
    )
    return render_template(
        "landing.html",
        active=active,
        active_count=details.active.missions,
        reporting_in=details.active.basins[:_BASINS],
        fleet=details.fleet,
        states=reporting.states([*details.platforms.values(), *earlier], details.reported),
        simulated_too=simulated,
        simulation=details.simulated,
        earlier=earlier,
        basins=details.last_basins,
        positions=details.positions,
        shown=shown,
        platforms=details.platforms,
        updates=news,
        kinds=KINDS,
        reasons=REASONS,
        pictured=details.pictured,
        sparks={mission.id: plots.spark(depths_m.get(mission.id, ())) for mission in shown},
        totals=details.totals,
        catalog=schema_org.catalog(details.totals),
        window=template_filters.elapsed(window_h),
        **reporting_rule(),
    )


def _earlier(active: list[Mission], since: datetime, simulated: bool) -> list[Platform]:
    """The platforms whose last data are older than the window, latest first, without those of active missions."""
    reporting_now = {mission.platform for mission in active}
    platforms_without_data = platforms.without_data(since, _EARLIER, simulated)
    return [platform for platform in platforms_without_data if platform.platform not in reporting_now]
