"""The landing page: missions at sea, totals of the fleet, the missions with the newest data."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template

from app import portal
from app.domain.records import Mission, Platform
from app.http import expiry
from app.queries import clock, missions, platforms, sections, totals, tracks, updates
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
    pictured = sections.having(active[:_PICTURES], _PICTURED)
    # Depths are drawn only on the cards without a section.
    deepest = tracks.deepest_of([mission for mission in shown if mission.id not in pictured])
    fleet = totals.fleet()
    news = updates.page(now, _UPDATES, simulated=simulated)
    simulation = missions.simulation(now, window_h)
    expiry.until(
        missions.active_until(active, window_h),
        missions.simulation_until(now, window_h) if simulation else None,
        # An unlisted platform may fall silent before any listed mission ends.
        _next_silent_at(now, window_h, simulated) if len(active) == _LISTED else None,
        news.until,
    )
    named = {mission.platform for mission in [*active, *shown]} | {update.platform for update in news.items}
    return render_template(
        "landing.html",
        active=active,
        simulated_too=simulated,
        simulation=simulation,
        silent=silent,
        basins=platforms.last_basins(silent),
        shown=shown,
        platforms=platforms.named(sorted(named)),
        updates=news.items,
        kinds=KINDS,
        reasons=REASONS,
        pictured=pictured,
        picture=_PICTURED,
        sparks={mission.id: plots.spark(deepest.get(mission.id, ())) for mission in shown},
        totals=fleet,
        catalog=schema_org.catalog(fleet),
        window=template_filters.elapsed(window_h),
    )


def _silent(active: list[Mission], since: datetime, simulated: bool) -> list[Platform]:
    """The platforms whose last data are older than the window, latest first, without those of active missions."""
    reporting = {mission.platform for mission in active}
    platforms_without_data = platforms.silent(since, _SILENT, simulated)
    return [platform for platform in platforms_without_data if platform.platform not in reporting]


def _next_silent_at(now: datetime, window_h: float, simulated: bool) -> datetime | None:
    window = timedelta(hours=window_h)
    last_data_at = platforms.silent_until(now - window, simulated)
    return last_data_at and last_data_at + window
