"""The front door: who is at sea, what the fleet has done, the newest missions."""

from datetime import timedelta

from flask import Blueprint, render_template

from app import portal
from app.http import expiry
from app.queries import clock, missions, platforms, sections, totals, tracks, updates
from app.views import filters, plots, schema_org, template_filters
from app.views.updates import KINDS, REASONS

bp = Blueprint("landing", __name__)

# The lists stand beside the map on one screen; more is what the lists of missions and of the fleet are for.
_LISTED = 50
_SILENT = 20
_CARDS = 6
# One row of a wide screen: a picture weighs up to 16 kB, and a first view at most 150.
_PICTURES = 3
_UPDATES = 5
# What shows at a glance where the water changes.
_PICTURED = "temperature"


@bp.get("/")
def index() -> str:
    """The landing page; each of its states, empty ones too, says what there is."""
    settings = portal.current().settings
    simulated = filters.simulated()
    now, window_h = clock.now(), settings.active_window_h
    window = timedelta(hours=window_h)
    active = missions.active(now, window_h, limit=_LISTED, simulated=simulated)
    reporting = {mission.platform for mission in active}
    silent = platforms.silent(now - window, _SILENT, simulated)
    silent = [platform for platform in silent if platform.platform not in reporting]
    shown = active[:_CARDS] or missions.recent(_CARDS, simulated)
    pictured = sections.having(active[:_PICTURES], _PICTURED)
    # Only for the cards that have nothing better to show.
    deepest = tracks.deepest_of([mission for mission in shown if mission.id not in pictured])
    fleet = totals.fleet()
    known_news = updates.page(now, _UPDATES, simulated=simulated)
    news = known_news.items
    # Of missions that are not listed nothing is known here: then the platforms are asked.
    next_silent_at = platforms.silent_until(now - window, simulated) if len(active) == _LISTED else None
    simulation = missions.simulation(now, window_h)
    expiry.until(
        missions.active_until(active, window_h),
        missions.simulation_until(now, window_h) if simulation else None,
        next_silent_at and next_silent_at + window,
        known_news.until,
    )
    listed = {mission.platform for mission in [*active, *shown]} | {update.platform for update in news}
    return render_template(
        "landing.html",
        active=active,
        simulated_too=simulated,
        simulation=simulation,
        silent=silent,
        basins=platforms.last_basins(silent),
        shown=shown,
        platforms=platforms.named(sorted(listed)),
        updates=news,
        kinds=KINDS,
        reasons=REASONS,
        pictured=pictured,
        picture=_PICTURED,
        sparks={mission.id: plots.spark(deepest.get(mission.id, ())) for mission in shown},
        totals=fleet,
        catalog=schema_org.catalog(fleet),
        window=template_filters.elapsed(window_h),
    )
