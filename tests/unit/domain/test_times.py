"""Times in all forms that files use, and time spans that cross a new year."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-12-08T11:45:52Z", datetime(2022, 12, 8, 11, 45, 52, tzinfo=UTC)),
        ("2021-08-23T23:22:52.837000000", datetime(2021, 8, 23, 23, 22, 52, 837000, tzinfo=UTC)),
        ("20100903T181710", datetime(2010, 9, 3, 18, 17, 10, tzinfo=UTC)),
        ("2024-02-06T17:05Z", datetime(2024, 2, 6, 17, 5, tzinfo=UTC)),
        ("1970-1-1 00:00:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-1-1 0:0:0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1900-01-01 7:05:0.25 utc", datetime(1900, 1, 1, 7, 5, 0, 250_000, tzinfo=UTC)),
        ("2020-01-01T23:59", datetime(2020, 1, 1, 23, 59, tzinfo=UTC)),
        ("20200101 2359Z", datetime(2020, 1, 1, 23, 59, tzinfo=UTC)),
        ("1970-01-01T00:00:00+00:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2020-01-01T02:00:00+0200", datetime(2020, 1, 1, tzinfo=UTC)),
        ("2019-12-31T19:00:00-05:00", datetime(2020, 1, 1, tzinfo=UTC)),
        ("2010-09-03 18:24:38.193000192", datetime(2010, 9, 3, 18, 24, 38, 193000, tzinfo=UTC)),
    ],
)
def test_every_supported_form_is_read_as_utc(text: str, moment: datetime) -> None:
    assert times.parsed(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "2022-13-01",
        "2022-02-30T00:00",
        None,
        19,
        "20220230T1200",
        "20200101T2",
        "٢٠٢٢-١٢-٠٨",
        "2020-01-01" + " " * 90,
    ],
)
def test_an_invalid_time_is_none(text: object) -> None:
    assert times.parsed(text) is None


@given(st.text(max_size=40))
def test_arbitrary_text_gives_a_utc_time_or_none(text: str) -> None:
    parsed = times.parsed(text)

    assert parsed is None or parsed.tzinfo is UTC


@given(st.integers(-62_135_596_800_000, 253_402_300_799_000))
def test_milliseconds_are_converted_to_a_time_and_back_exactly(time_ms: int) -> None:
    assert times.to_ms(times.from_ms(time_ms)) == time_ms


def test_a_mission_over_new_year_is_divided_at_midnight() -> None:
    start, end = datetime(2023, 12, 30, 12, tzinfo=UTC), datetime(2024, 1, 2, 12, tzinfo=UTC)

    assert times.seconds_by_year(start, end) == {2023: 1.5 * 86_400, 2024: 1.5 * 86_400}


def test_a_mission_that_starts_at_midnight_of_new_year_is_in_the_new_year() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)

    assert times.seconds_by_year(start, datetime(2024, 1, 2, tzinfo=UTC)) == {2024: 86_400.0}


@pytest.mark.parametrize(
    ("spans", "hours"),
    [
        ([], 0),
        ([(0, 6)], 6),
        ([(0, 6), (6, 8)], 8),
        ([(0, 6), (7, 8)], 7),
        ([(3, 9), (0, 6)], 9),
        ([(0, 10), (2, 3), (4, 5)], 10),
        ([(5, 5)], 0),
    ],
)
def test_overlapping_spans_count_once(spans: list[tuple[int, int]], hours: int) -> None:
    day = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [(day + timedelta(hours=begin), day + timedelta(hours=end)) for begin, end in spans]
    assert times.union_s(moments) == hours * 3600.0


@pytest.mark.parametrize(
    ("year", "days"), [(2023, 365), (2024, 366), (2025, 31.5), (2026, 0)], ids=["past", "leap", "current", "future"]
)
def test_elapsed_time_of_a_year_ends_now(year: int, days: float) -> None:
    assert times.elapsed_s(year, datetime(2025, 2, 1, 12, tzinfo=UTC)) == days * 86_400
