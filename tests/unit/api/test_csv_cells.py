"""Columns as texts: equal to Python's own texts of the same values, for any value."""

from array import array
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.v1 import csv_cells
from app.api.v1.schemas import iso_ms
from app.domain.times import from_ms

# The last millisecond of the calendar, and the first.
LAST_MS, FIRST_MS = 253_402_300_799_999, -62_135_596_800_000
EDGES = [0.0, -0.0, 1e-5, 9.9999e-5, 1e-4, 10.00003, 1e15, 1e16, 1e22, 5e-324, float("nan"), float("inf")]


def shortest(value: float) -> str:
    return repr(value) if isfinite(value) else ""


def single(value: float) -> str:
    seven = f"{value:.7g}"
    text = seven if array("f", [float(seven)])[0] == value else f"{value:.9g}"
    return text if isfinite(value) else ""


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(), st.floats(-2e-4, 2e-4), st.sampled_from(EDGES)), max_size=30))
def test_double_precision_numbers_have_the_digits_of_repr(values: list[float]) -> None:
    assert csv_cells.numbers(array("d", values)) == [shortest(value) for value in values]


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(width=32), st.sampled_from(EDGES)), max_size=30))
def test_single_precision_numbers_have_seven_digits_or_nine(values: list[float]) -> None:
    column = array("f", values)
    assert csv_cells.numbers(column) == [single(value) for value in column]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_are_written_in_full(values: list[int]) -> None:
    assert csv_cells.numbers(array("q", values)) == [str(value) for value in values]


@given(st.integers(FIRST_MS, LAST_MS))
def test_times_are_the_times_of_the_api(time_ms: int) -> None:
    assert csv_cells.times([time_ms], "p1,", ",3") == [f"p1,{iso_ms(from_ms(time_ms))},3"]


@pytest.mark.parametrize("time_ms", [LAST_MS + 1, FIRST_MS - 1, 2**63 - 1, -(2**63)])
def test_times_beyond_the_calendar_are_empty(time_ms: int) -> None:
    assert csv_cells.times([time_ms], "p1,", ",3") == ["p1,,3"]
