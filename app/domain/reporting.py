"""The reporting of platforms at sea: on time, late or silent, each against its own interval."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal, get_args

State = Literal["on_time", "late", "silent"]
STATES: tuple[State, ...] = get_args(State)
# Where an interval comes from: the default, the platform's reports, or the operator's file.
Origin = Literal["default", "learned", "set"]

# Two expected reports are missing: a single one fails often, because a satellite pass fails or a dive takes longer.
LATE_AFTER = 3
# For a platform that reports every two hours this is a day, the usual window of active missions.
SILENT_AFTER = 12
# Data assembly centres ask the owner of a glider after two weeks without data: the mission is treated as ended.
ENDED_AFTER = timedelta(days=14)

# A glider at sea reports several times a day.
DEFAULT = timedelta(hours=6)
# Gliders make several dives between two reports, and imports run hourly: a shorter interval would be no fault.
_LEAST_LEARNED = timedelta(hours=2)
# Silent platforms must be shown before their mission is treated as ended.
_MOST_LEARNED = timedelta(hours=24)
# Five intervals: one gap among them does not change their median.
LEAST_REPORTS = 6
# One to several days of profiles, so that the interval follows a change of the mission's schedule.
RECENT_REPORTS = 48
_WHOLE_S = 60


def learned_interval(report_times: Sequence[datetime]) -> timedelta | None:
    """The median time between the last RECENT_REPORTS profiles or fixes, in whole minutes; None for too few of them.

    It is at least two hours and at most a day.
    """
    recent = sorted(report_times)[-RECENT_REPORTS:]
    if len(recent) < LEAST_REPORTS:
        return None
    steps_s = [(later - earlier).total_seconds() for earlier, later in pairwise(recent)]
    typical = timedelta(seconds=round(median(steps_s) / _WHOLE_S) * _WHOLE_S)
    return min(max(typical, _LEAST_LEARNED), _MOST_LEARNED)


def delayed_by_report(
    late_at: datetime, silent_at: datetime, last_data_at: datetime, reported_at: datetime | None
) -> tuple[datetime, datetime]:
    """When a platform becomes late and silent if its newest report is a position without data.

    The end of its mission stays as it is: only data, or their absence, end a mission.
    """
    if reported_at is None or reported_at <= last_data_at:
        return late_at, silent_at
    delay = reported_at - last_data_at
    return late_at + delay, silent_at + delay


def state(late_at: datetime, silent_at: datetime, over_from: datetime, now: datetime) -> State | None:
    """The state of a platform by the times at which it changes; None if its last mission is over."""
    if now >= over_from:
        return None
    if now > silent_at:
        return "silent"
    return "late" if now > late_at else "on_time"


def next_change(late_at: datetime, silent_at: datetime, over_from: datetime, now: datetime) -> datetime | None:
    """When the state changes without new data; None if the last mission is over."""
    if now >= over_from:
        return None
    return min(at for at in (late_at, silent_at, over_from) if at >= now)
