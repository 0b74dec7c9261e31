"""Values as pages display them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.domain.last_position import LastPosition
from app.domain.records import Figures
from app.views import template_filters


def _figures(start_at: datetime, end_at: datetime) -> Figures:
    return Figures(1, 1, 0.0, 1.0, 1.0, start_at, end_at, None)


@pytest.mark.parametrize(
    ("distance_m", "text"),
    [
        (0.0, "0\u202fm"),
        (812.4, "812\u202fm"),
        (189_188.1, "189.2\u202fkm"),
        (999_940.0, "999.9\u202fkm"),
        (1_234_567.0, "1\u202f235\u202fkm"),
    ],
)
def test_a_distance_has_a_unit_and_a_suitable_number_of_digits(distance_m: float, text: str) -> None:
    assert template_filters.distance(distance_m) == text


@pytest.mark.parametrize(
    ("duration_s", "text"), [(0, "0.0"), (1380, "< 0.1"), (4320, "0.1"), (705_571.6, "8.2"), (1e9, "11\u202f574.1")]
)
def test_short_sea_days_are_not_rounded_to_zero(duration_s: float, text: str) -> None:
    assert template_filters.sea_days(duration_s) == text


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [(270, "4\u202fmin"), (9_850, "2.7\u202fhours"), (86_400, "1.0\u202fdays"), (705_572, "8.2\u202fdays")],
)
def test_the_unit_of_a_duration_depends_on_its_length(duration_s: float, text: str) -> None:
    assert template_filters.duration(duration_s) == text


def test_times_of_any_zone_are_displayed_in_utc() -> None:
    at = datetime(2022, 12, 16, 16, 45, tzinfo=timezone(timedelta(hours=1)))
    assert template_filters.utc(at) == "2022-12-16 15:45 UTC"
    assert template_filters.iso(at) == "2022-12-16T15:45:00Z"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((2022, 12, 8), (2022, 12, 8), "8 Dec 2022"),
        ((2022, 12, 8), (2022, 12, 16), "8 to 16 Dec 2022"),
        ((2022, 11, 8), (2022, 12, 16), "8 Nov to 16 Dec 2022"),
        ((2022, 12, 30), (2023, 1, 2), "30 Dec 2022 to 2 Jan 2023"),
    ],
)
def test_a_span_of_days_does_not_repeat_a_common_month_or_year(
    start: tuple[int, int, int], end: tuple[int, int, int], text: str
) -> None:
    figures = _figures(datetime(*start, 1, tzinfo=UTC), datetime(*end, 2, tzinfo=UTC))
    assert template_filters.span(figures) == text


def test_a_box_across_180_degrees_shows_its_west_before_its_east() -> None:
    assert template_filters.box((178.0, -18.0, -178.0, -17.0)) == (
        "18.0000°\u202fS to 17.0000°\u202fS, 178.0000°\u202fE to 178.0000°\u202fW"
    )


def test_an_unknown_value_has_a_placeholder() -> None:
    assert template_filters.depth(None) == "–"
    assert template_filters.box(None) == "no valid position"


@pytest.mark.parametrize(("value", "text"), [(0, "0.00"), (0.0004, "< 0.01"), (0.005253, "0.01"), (3.14159, "3.14")])
def test_a_small_mean_is_not_rounded_to_zero(value: float, text: str) -> None:
    assert template_filters.hundredths(value) == text


@pytest.mark.parametrize(
    ("lat", "lon", "text"),
    [
        (55.40205, 16.2076, "55° 24.123′ N, 16° 12.456′ E"),
        (-33.05, -0.5, "33° 03.000′ S, 0° 30.000′ W"),
        (59.9999999, 0.0, "60° 00.000′ N, 0° 00.000′ E"),
    ],
)
def test_a_position_has_degrees_and_decimal_minutes(lat: float, lon: float, text: str) -> None:
    position = LastPosition(datetime(2022, 12, 16, tzinfo=UTC), lon, lat)
    assert template_filters.minutes(position).replace("\u202f", " ") == text


def test_decimal_degrees_have_the_latitude_first() -> None:
    position = LastPosition(datetime(2022, 12, 16, tzinfo=UTC), -123.5, 48.654321)
    assert template_filters.decimals(position) == "48.65432, -123.50000"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("degree_C", "°C"),
        ("Celsius", "°C"),
        ("degrees_Celsius", "°C"),
        ("mmol m-3", "mmol\u00a0m⁻³"),
        ("1", ""),
        (None, ""),
    ],
)
def test_a_unit_has_one_spelling_and_no_line_break(text: str | None, shown: str) -> None:
    assert template_filters.unit(text) == shown


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0\u202fbytes"),
        (40, "40\u202fbytes"),
        (1500, "1.5\u202fkB"),
        (2_000_000, "2.0\u202fMB"),
        (2_147_483_648, "2.1\u202fGB"),
    ],
)
def test_a_size_has_the_unit_of_its_magnitude(size_bytes: int, text: str) -> None:
    assert template_filters.byte_size(size_bytes) == text
