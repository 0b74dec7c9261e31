"""The columns of a section: profiles in time order, with gaps where nobody measured."""

import numpy as np
import pytest

from app.ingest.derive.time_columns import time_columns

MINUTE = 60_000


def test_each_profile_has_a_column_and_neighbours_touch() -> None:
    found = time_columns(np.array([0, 10, 30]) * MINUTE)

    assert found.of_profile.tolist() == [0, 1, 2]
    assert found.to_ms[:-1].tolist() == found.from_ms[1:].tolist() == [5 * MINUTE, 20 * MINUTE]


def test_a_pause_of_more_than_four_typical_steps_is_a_gap() -> None:
    mids = np.array([0, 10, 20, 30, 40, 90, 100, 110]) * MINUTE

    found = time_columns(mids)

    # Three of four steps are ten minutes: half of one on both sides of the gap.
    assert (found.to_ms[4], found.from_ms[5]) == (45 * MINUTE, 85 * MINUTE)
    assert (found.from_ms[1:] != found.to_ms[:-1]).tolist() == [False] * 4 + [True] + [False] * 2


def test_a_pause_of_four_typical_steps_is_none() -> None:
    found = time_columns(np.array([0, 10, 20, 30, 70, 80, 90]) * MINUTE)
    assert found.from_ms[1:].tolist() == found.to_ms[:-1].tolist()


def test_profiles_in_any_order_are_put_in_that_of_time() -> None:
    found = time_columns(np.array([20, 0, 10]) * MINUTE)
    assert (found.of_profile.tolist(), found.first.tolist()) == ([2, 0, 1], [1, 2, 0])


def test_one_profile_has_a_width() -> None:
    found = time_columns(np.array([1_670_000_000_000]))
    assert (found.to_ms - found.from_ms).tolist() == [MINUTE]


@pytest.mark.parametrize("profiles", [401, 799, 5000])
def test_too_many_profiles_are_averaged_evenly(profiles: int) -> None:
    mids = 1_670_000_000_000 + np.arange(profiles) * 10 * MINUTE

    found = time_columns(mids)

    assert len(found.count) <= 400
    assert found.count.sum() == profiles
    assert found.each == -(-profiles // 400)
    assert set(found.count[:-1].tolist()) == {found.each}
    assert found.mid_ms.tolist() == [int(mids[found.of_profile == c].mean()) for c in range(len(found.count))]


def test_a_gap_stays_where_profiles_are_averaged() -> None:
    mids = np.concatenate((np.arange(500), 3000 + np.arange(501))) * MINUTE

    found = time_columns(mids)

    gaps = np.flatnonzero(found.from_ms[1:] != found.to_ms[:-1])
    assert len(gaps) == 1
    assert found.of_profile[499] == gaps[0]
    assert found.of_profile[500] == gaps[0] + 1


def test_where_pauses_are_the_rule_there_are_no_more_columns_for_it() -> None:
    # Pairs a minute apart, and twenty minutes between them; every tenth pause is a day.
    steps = np.tile([1, 20], 700) + np.where(np.arange(1400) % 20 == 19, 1440, 0)
    found = time_columns(np.cumsum(steps) * MINUTE)
    assert len(found.count) <= 400
