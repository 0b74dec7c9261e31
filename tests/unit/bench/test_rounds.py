"""Rounds of a benchmark: their order, the median, its confidence interval, and the verdict."""

import random
from collections import Counter

import pytest

from bench import rounds

# Ranks of the values, from the smallest, between which the true median lies in at least 95 of 100 runs.
# Source: Conover 1999, Practical Nonparametric Statistics, binomial quantiles for p = 0.5.
RANKS = {6: (1, 6), 9: (2, 8), 15: (4, 12), 20: (6, 15), 30: (10, 21)}


@pytest.mark.parametrize(("count", "ranks"), RANKS.items())
def test_the_interval_lies_between_the_values_of_the_table(count, ranks):
    shuffled = random.Random(count).sample(range(1, count + 1), count)
    interval = rounds.interval(shuffled)
    assert (interval.low, interval.high) == ranks
    assert (interval.median, interval.count) == ((count + 1) / 2, count)


@pytest.mark.parametrize("values", [[3.0], [3.0, 1.0], [5.0, 2.0, 4.0, 1.0, 3.0]], ids=len)
def test_the_interval_of_fewer_than_six_values_is_their_range(values):
    interval = rounds.interval(values)
    assert (interval.low, interval.high) == (min(values), max(values))


def test_the_interval_contains_the_true_median_at_the_stated_rate():
    chance = random.Random(5)
    runs = [rounds.interval([chance.expovariate(1) for _ in range(15)]) for _ in range(2_000)]
    contained = sum(run.low <= 0.6931 <= run.high for run in runs)
    # 96.5 % by the binomial; 2,000 runs deviate from it by less than 1.7 points.
    assert 0.948 * 2_000 <= contained <= 0.982 * 2_000


@pytest.mark.parametrize(
    ("low", "high", "operator", "verdict"),
    [
        (0.9, 1.1, ">=", "met"),
        (0.85, 0.95, ">=", "met"),
        (0.7, 0.9, ">=", "undecided"),
        (0.7, 0.84, ">=", "missed"),
        (0.5, 0.85, "<=", "met"),
        (0.5, 0.86, "<=", "undecided"),
        (0.86, 2.0, "<=", "missed"),
    ],
)
def test_an_aim_is_met_or_missed_by_the_whole_interval(low, high, operator, verdict):
    assert rounds.verdict(rounds.Interval((low + high) / 2, low, high, 15), operator, 0.85) == verdict


@pytest.fixture
def rounds_and_order():
    """Three cases in six rounds: their values, and the order in which they ran."""
    order = []

    def case(name, value):
        def run():
            order.append(name)
            return value

        return run

    values = rounds.interleaved([case("a", 1.0), case("b", 2.0), case("c", 4.0)], 6)
    return values, ["".join(order[start : start + 3]) for start in range(0, 18, 3)]


def test_each_round_runs_each_case_and_returns_the_values_in_order(rounds_and_order):
    values, _ = rounds_and_order
    assert values == [(1.0, 2.0, 4.0)] * 6


def test_no_case_is_always_first(rounds_and_order):
    _, turns = rounds_and_order
    assert Counter(turn[0] for turn in turns) == {"a": 2, "b": 2, "c": 2}
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}


def test_a_ratio_compares_two_values_of_one_round():
    assert rounds.ratios([(1.0, 2.0), (9.0, 3.0)]) == [0.5, 3.0]
