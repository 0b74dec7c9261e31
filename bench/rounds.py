"""What interleaved rounds tell: the median of their ratios, and how sure it is."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

Verdict = Literal["met", "missed", "undecided"]
# Of one run, the share of intervals that may miss the truth.
_DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """A median with the interval that holds the true one in at least 95 of 100 runs; both ends are measured values."""

    median: float
    low: float
    high: float
    count: int


def interleaved(cases: Sequence[Callable[[], float]], rounds: int) -> list[tuple[float, ...]]:
    """What each case gives in each round. The order changes from round to round: no case is always the first."""
    found: list[tuple[float, ...]] = []
    for turn in range(rounds):
        order = [(turn + place) % len(cases) for place in range(len(cases))]
        values = {which: cases[which]() for which in order}
        found.append(tuple(values[which] for which in range(len(cases))))
    return found


def ratios(pairs: Sequence[tuple[float, ...]]) -> list[float]:
    """The first of each pair by the second."""
    return [case / control for case, control, *_ in pairs]


def interval(values: Sequence[float]) -> Interval:
    """The median and its interval by order statistics, for which no distribution has to be assumed.

    Source: David and Nagaraja 2003, Order Statistics, 7.1. Fewer than six values: the interval is their whole range.
    """
    ordered = sorted(values)
    n, rank, tail = len(ordered), 0, 0.0
    while tail + comb(n, rank) / 2**n <= _DOUBT / 2:
        tail += comb(n, rank) / 2**n
        rank += 1
    low = ordered[max(rank - 1, 0)]
    return Interval(statistics.median(ordered), low, ordered[n - max(rank, 1)], n)


def verdict(found: Interval, operator: Literal["<=", ">="], limit: float) -> Verdict:
    """Whether the aim is met or missed for all that the interval holds; undecided when it straddles it."""
    good = [value >= limit if operator == ">=" else value <= limit for value in (found.low, found.high)]
    return "met" if all(good) else "undecided" if any(good) else "missed"
