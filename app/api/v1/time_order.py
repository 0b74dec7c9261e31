"""Rows of sample documents in the order of time, streamed.

The samples outside profiles are documents of their own, which begin early and end late. CF asks for samples in the
order of time along a trajectory (CF conventions 1.11, 9.1).
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from math import inf
from typing import Any

Columns = Mapping[str, "array[Any]"]


def merged(documents: Iterable[Columns], time: str) -> Iterator[tuple[int, dict[str, "array[Any]"]]]:
    """The number of rows and the columns of each run of rows that are adjacent in time.

    documents: columns of equal length in the order of their first times, each with its own rows in the order of
    `time`. Only documents whose spans overlap are in memory at once.
    """
    waiting = iter(documents)
    upcoming = next(waiting, None)
    # The time of the next row, a number that keeps the order of documents, the next row, and the columns.
    open_documents: list[tuple[float, int, int, Columns]] = []
    number = 0
    while open_documents or upcoming is not None:
        while upcoming is not None and (not open_documents or _first(upcoming, time) <= open_documents[0][0]):
            if len(upcoming[time]):
                heappush(open_documents, (_first(upcoming, time), number, 0, upcoming))
                number += 1
            upcoming = next(waiting, None)
        if not open_documents:
            continue
        _, order, row, columns = heappop(open_documents)
        until = min(open_documents[0][0] if open_documents else inf, _first(upcoming, time) if upcoming else inf)
        times = columns[time]
        end = max(bisect_right(times, until, lo=row), row + 1)
        is_whole = row == 0 and end == len(times)
        yield end - row, dict(columns) if is_whole else {name: values[row:end] for name, values in columns.items()}
        if end < len(times):
            heappush(open_documents, (times[end], order, end, columns))


def _first(columns: Columns, time: str) -> float:
    return float(columns[time][0]) if len(columns[time]) else -inf
