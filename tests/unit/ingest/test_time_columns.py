"""The columns of a section: profiles in time order, with gaps at pauses of the measurements."""

import numpy as np
import pytest

from app.ingest.derive.time_columns import time_columns

MINUTE = 60_000


def test_each_profile_has_a_column_and_adjacent_columns_touch() -> None:
    columns = time_columns(np.array([0, 10, 30]) * MINUTE)

    assert columns.of_profile.tolist() == [0, 1, 2]
    assert columns.to_ms[:-1].tolist() == columns.from_ms[1:].tolist() == [5 * MINUTE, 20 * MINUTE]


def test_a_pause_of_more_than_four_typical_steps_is_a_gap() -> None:
    mids = np.array([0, 10, 20, 30, 40, 90, 100, 110]) * MINUTE

    columns = time_columns(mids)

    # The typical step is ten minutes: the columns extend by half a step on both sides of the gap.
    assert (columns.to_ms[4], columns.from_ms[5]) == (45 * MINUTE, 85 * MINUTE)
    assert (columns.from_ms[1:] != columns.to_ms[:-1]).tolist() == [False] * 4 + [True] + [False] * 2


def test_a_pause_of_four_typical_steps_is_no_gap() -> None:
    columns = time_columns(np.array([0, 10, 20, 30, 70, 80, 90]) * MINUTE)
    assert columns.from_ms[1:].tolist() == columns.to_ms[:-1].tolist()


def test_profiles_in_any_order_are_sorted_by_time() -> None:
    columns = time_columns(np.array([20, 0, 10]) * MINUTE)
    assert (columns.of_profile.tolist(), columns.first.tolist()) == ([2, 0, 1], [1, 2, 0])


def test_one_profile_has_a_width() -> None:
    columns = time_columns(np.array([1_670_000_000_000]))
    assert (columns.to_ms - columns.from_ms).tolist() == [MINUTE]


@pytest.mark.parametrize("profiles", [401, 799, 5000])
def test_too_many_profiles_are_averaged_evenly(profiles: int) -> None:
    mids = 1_670_000_000_000 + np.arange(profiles) * 10 * MINUTE

    columns = time_columns(mids)

    assert len(columns.count) <= 400
    assert columns.count.sum() == profiles
    assert columns.each == -(-profiles // 400)
    assert set(columns.count[:-1].tolist()) == {columns.each}
    assert columns.mid_ms.tolist() == [int(mids[columns.of_profile == c].mean()) for c in range(len(columns.count))]


def test_averaged_profiles_keep_their_gap() -> None:
    mids = np.concatenate((np.arange(500), 3000 + np.arange(501))) * MINUTE

    columns = time_columns(mids)

    gaps = np.flatnonzero(columns.from_ms[1:] != columns.to_ms[:-1])
    assert len(gaps) == 1
    assert columns.of_profile[499] == gaps[0]
    assert columns.of_profile[500] == gaps[0] + 1


def test_frequent_pauses_do_not_add_columns_beyond_the_limit() -> None:
    # Pairs of profiles a minute apart, twenty minutes between pairs; every tenth pause is a day longer.
    steps = np.tile([1, 20], 700) + np.where(np.arange(1400) % 20 == 19, 1440, 0)
    columns = time_columns(np.cumsum(steps) * MINUTE)
    assert len(columns.count) <= 400
