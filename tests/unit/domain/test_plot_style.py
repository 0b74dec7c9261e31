"""Round ticks and robust axes of plots."""

from datetime import UTC, datetime

import numpy as np
import pytest

from app.domain import plot_style
from app.domain.times import to_ms


def texts(ticks: list[tuple[float, str]]) -> list[str]:
    return [text for _, text in ticks]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (2.0, 13.0, ["2", "4", "6", "8", "10", "12"]),
        (-1.0, 1.0, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
        (0.0, 0.0031, ["0.0000", "0.0005", "0.0010", "0.0015", "0.0020", "0.0025", "0.0030"]),
        (0.0, 82.0, ["0", "20", "40", "60", "80"]),
    ],
)
def test_ticks_of_numbers_are_round(low: float, high: float, expected: list[str]) -> None:
    assert texts(plot_style.number_ticks(low, high, 7)) == expected


def test_a_range_without_extent_has_no_ticks() -> None:
    assert plot_style.number_ticks(5.0, 5.0, 7) == []


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (datetime(2022, 12, 8, 20, tzinfo=UTC), ["12:00", "14:00", "16:00", "18:00", "20:00"]),
        (datetime(2022, 12, 16, tzinfo=UTC), ["2022-12-10", "2022-12-12", "2022-12-14", "2022-12-16"]),
        (datetime(2024, 3, 1, tzinfo=UTC), ["2023", "2023-04", "2023-07", "2023-10", "2024"]),
    ],
)
def test_ticks_of_times_are_round_in_utc(end: datetime, expected: list[str]) -> None:
    start = datetime(2022, 12, 8, 11, 45, tzinfo=UTC)
    assert texts(plot_style.time_ticks(to_ms(start), to_ms(end), 6)) == expected


def test_an_axis_leaves_spikes_out() -> None:
    values = [*np.linspace(30.0, 36.0, 1000), 2.0]
    low, high = plot_style.usual_range(values)
    assert 28 < low < 30
    assert 36 < high < 37


def test_the_axis_of_a_constant_has_room() -> None:
    assert plot_style.usual_range([35.0] * 4) == pytest.approx((34.65, 35.35))
    assert plot_style.series_range((0.0, 0.0)) == (-0.5, 0.5)


def test_the_greys_of_a_theme_go_from_background_to_text() -> None:
    shades = plot_style.greys("dark")
    assert len(shades) == 3 * plot_style.GREYS
    assert (tuple(shades[:3]), tuple(shades[-3:])) == ((10, 23, 36), (230, 238, 245))
    assert plot_style.inks("light")[:2] == ("#ffffff", "#0b2239")
