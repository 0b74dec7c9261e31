"""Rows of overlapping documents are merged in the order of time."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.v1.time_order import merged

Times = list[float]
TIMES = st.lists(st.integers(0, 40).map(float), max_size=12).map(sorted)


def rows_of(documents: list[Times]) -> list[tuple[float, float]]:
    """Return the merged rows of documents with these times, each with the index of its document."""
    columns = [
        {"t": array("d", times), "document": array("d", [index] * len(times))}
        for index, times in enumerate(sorted(documents, key=lambda times: times[:1]))
    ]
    rows: list[tuple[float, float]] = []
    for count, values in merged(columns, "t"):
        assert count == len(values["t"]) == len(values["document"])
        rows += zip(values["t"], values["document"], strict=True)
    return rows


@given(st.lists(TIMES, max_size=5))
def test_all_rows_come_in_the_order_of_time(documents: list[Times]) -> None:
    times = [time for time, _ in rows_of(documents)]

    assert times == sorted(time for document in documents for time in document)


@pytest.mark.parametrize(
    ("documents", "runs"),
    [
        ([[0.0, 1.0], [2.0, 3.0]], [0, 0, 1, 1]),
        ([[0.0, 5.0, 9.0], [1.0, 2.0], [6.0, 7.0]], [0, 1, 1, 0, 2, 2, 0]),
        ([], []),
    ],
)
def test_rows_between_documents_interrupt_a_longer_one(documents: list[Times], runs: list[int]) -> None:
    assert [document for _, document in rows_of(documents)] == runs
