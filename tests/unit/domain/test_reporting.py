"""The interval that the reports of a platform show, and its state against that interval."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import reporting

START_AT = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reports(*gaps_h: float) -> list[datetime]:
    """The times of reports with these hours between them."""
    return [START_AT + sum(gaps_h[:count]) * HOUR for count in range(len(gaps_h) + 1)]


@pytest.mark.parametrize(
    ("gaps_h", "interval_h"),
    [
        ([4] * 5, 4),
        ([4, 4, 4, 4, 90], 4),
        ([3.25, 3, 3.5, 3.2, 3.3], 3.25),
        ([0.5] * 40, 2),
        ([72] * 6, 24),
        # Only the last 48 reports count: the schedule has changed.
        ([3] * 60 + [8] * 47, 8),
    ],
)
def test_the_interval_is_the_median_time_between_recent_reports(gaps_h: list[float], interval_h: float) -> None:
    assert reporting.learned_interval(reports(*gaps_h)) == interval_h * HOUR


def test_too_few_reports_show_no_interval() -> None:
    assert reporting.learned_interval(reports(4, 4, 4, 4)) is None
    assert reporting.learned_interval([]) is None


@pytest.mark.parametrize(
    ("hours", "state", "change_h"),
    [
        (0, "on_time", 6),
        (6, "on_time", 6),
        (6.1, "late", 24),
        (24, "late", 24),
        (24.1, "silent", 336),
        (335.9, "silent", 336),
        (336, None, None),
    ],
)
def test_the_state_changes_with_the_age_of_the_data(hours: float, state: str | None, change_h: float | None) -> None:
    times = START_AT + 6 * HOUR, START_AT + 24 * HOUR, START_AT + 336 * HOUR, START_AT + hours * HOUR
    assert reporting.state(*times) == state
    change = reporting.next_change(*times)
    assert change == (None if change_h is None else START_AT + change_h * HOUR)


def test_a_platform_is_shown_as_silent_before_its_mission_is_treated_as_ended() -> None:
    slowest = reporting.learned_interval(reports(*[300] * 10))
    assert slowest is not None
    assert reporting.SILENT_AFTER * slowest < reporting.ENDED_AFTER
