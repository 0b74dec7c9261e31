"""Statistics of interleaved rounds: the median of their ratios and its confidence interval."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

Verdict = Literal["met", "missed", "undecided"]
# Share of the intervals that may miss the true median.
_ERROR_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and the interval that contains the true one in at least 95 of 100 runs, between two measured values."""

    median: float
    low: float
    high: float
    count: int


def interleaved(cases: Sequence[Callable[[], float]], rounds: int) -> list[tuple[float, ...]]:
    """The values of all cases for each round. The order rotates from round to round: no case is always the first."""
    by_round: list[tuple[float, ...]] = []
    for turn in range(rounds):
        order = [(turn + offset) % len(cases) for offset in range(len(cases))]
        values = {case: cases[case]() for case in order}
        by_round.append(tuple(values[case] for case in range(len(cases))))
    return by_round


def ratios(pairs: Sequence[tuple[float, ...]]) -> list[float]:
    """The first value of each round divided by the second."""
    return [case / control for case, control, *_ in pairs]


def interval(values: Sequence[float]) -> Interval:
    """The median and its interval by order statistics, for which no distribution has to be assumed.

    Source: David and Nagaraja 2003, Order Statistics, 7.1. Fewer than six values: the interval is their whole range.
    """
    ordered = sorted(values)
    n, rank, tail = len(ordered), 0, 0.0
    while tail + comb(n, rank) / 2**n <= _ERROR_RATE / 2:
        tail += comb(n, rank) / 2**n
        rank += 1
    low = ordered[max(rank - 1, 0)]
    return Interval(statistics.median(ordered), low, ordered[n - max(rank, 1)], n)


def verdict(measured: Interval, operator: Literal["<=", ">="], limit: float) -> Verdict:
    """The aim is met or missed if the whole interval is on one side of it, undecided if the interval contains it."""
    is_met = [value >= limit if operator == ">=" else value <= limit for value in (measured.low, measured.high)]
    return "met" if all(is_met) else "undecided" if any(is_met) else "missed"
