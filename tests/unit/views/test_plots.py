"""The coordinates of the small charts."""

from datetime import UTC, datetime, timedelta

from app.domain.records import Track
from app.views import plots

START = datetime(2022, 12, 8, 11, 45, tzinfo=UTC)


def make_track(depths_m: list[float], step: timedelta = timedelta(hours=1)) -> Track:
    """Profiles at one place, a step apart."""
    n = len(depths_m)
    at = tuple(START + step * i for i in range(n))
    return Track("p", "m", "v", tuple(range(n)), (15.0,) * n, (55.0,) * n, at, tuple(depths_m), (), (), 0, None)


def test_without_depths_no_chart_is_drawn() -> None:
    assert plots.spark(()) == ""
    assert plots.spark((0.0, None)) == ""
    assert plots.depths(None) is None
    assert plots.depths(make_track([])) is None


def test_each_bin_with_a_profile_is_a_bar() -> None:
    assert plots.spark((80.0, None, 20.0, 40.0)) == (
        "M0.0 1h61.50v42.0h-61.50zM150.0 1h61.50v10.5h-61.50zM225.0 1h61.50v21.0h-61.50z"
    )


def test_a_bar_has_the_depth_of_the_deepest_profile_of_its_bin() -> None:
    chart = plots.depths(make_track([10.0] * 1999 + [80.0]))
    assert chart is not None
    assert len(chart.bars) == 400
    assert [height for _, _, height in chart.bars].count(1.0) == 1


def test_the_chart_ends_at_a_round_depth_below_the_deepest_profile() -> None:
    chart = plots.depths(make_track([60.0, 82.12]))
    assert chart is not None
    assert chart.bottom_m == 100
    assert [tick.text for tick in chart.depth_ticks] == ["0", "20", "40", "60", "80", "100"]


def test_time_ticks_are_at_round_hours_and_days() -> None:
    hours = plots.depths(make_track([10.0] * 20))
    days = plots.depths(make_track([10.0] * 20, timedelta(hours=10)))
    assert hours is not None
    assert days is not None
    assert [tick.text for tick in hours.time_ticks] == ["12:00", "18:00", "09 Dec", "06:00"]
    assert [tick.text for tick in days.time_ticks] == ["10 Dec", "12 Dec", "14 Dec", "16 Dec"]


def test_all_bars_and_ticks_are_inside_the_chart() -> None:
    chart = plots.depths(make_track([float(d) for d in range(1, 500)]))
    assert chart is not None
    assert all(left >= 0 and left + width <= 1 and 0 <= height <= 1 for left, width, height in chart.bars)
    assert all(0 <= tick.at <= 1 for tick in (*chart.time_ticks, *chart.depth_ticks))


def test_an_impossible_stored_depth_does_not_extend_the_axis_without_limit() -> None:
    chart = plots.depths(make_track([60.0, 1e30]))

    assert chart is not None
    assert len(chart.depth_ticks) <= 8
    assert max(height for _, _, height in chart.bars) == 1.0


def test_bars_of_shallow_profiles_do_not_fill_the_chart() -> None:
    assert "v4.2h" in plots.spark((1.0,) * 8)
