"""What the data of a platform show about its reporting: its interval, and whether its last mission is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pymongo.client_session import ClientSession

from app.domain import lifecycle, reporting
from app.domain.records import Mission, Platform, Update
from app.domain.withdrawals import Corrections
from app.store import tracks


def with_interval(owner: Platform, session: ClientSession) -> Platform:
    """The platform with the interval of its last mission's reports; it keeps its own if they are too few."""
    if owner.reporting_interval_origin == "set":
        return owner
    times = tracks.report_times(owner.platform, owner.last_mission, reporting.RECENT_REPORTS, session)
    interval = reporting.learned_interval(times)
    if interval is None:
        return owner
    return replace(owner, reporting_interval_s=interval.total_seconds(), reporting_interval_origin="learned")


def silent_after(owner: Platform | None) -> timedelta | None:
    """How long the platform is without data until it is silent; None without a platform."""
    return None if owner is None else owner.silent_at - owner.last_seen_at


def ended_at(owner: Platform, news: Sequence[Update]) -> datetime | None:
    """When data showed that the last mission is over; None while only a silence can end it."""
    ends = (each for each in news if each.kind == "end" and each.mission == owner.last_mission)
    return next((end.shown_from for end in ends if end.over != "silence"), None)


def updates(
    owner: Platform | None,
    missions: Sequence[Mission],
    before: Sequence[Update],
    corrections: Corrections,
) -> tuple[Platform | None, list[Update]]:
    """The platform with the end of its last mission, and its updates. `before`: the stored updates.

    Updates of a mission keep the platform under which those before were published.
    """
    learned = {update.id: update.learned_at for update in before if update.learned_at is not None}
    news = lifecycle.updates(missions, learned, corrections, silent_after(owner))
    published = {update.mission: update.published_platform for update in before}
    news = [replace(update, published_platform=published.get(update.mission)) for update in news]
    return owner and replace(owner, ended_at=ended_at(owner, news)), news
