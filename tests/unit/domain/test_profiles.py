"""The profile of each sample, and positions that need an impossible speed."""

import numpy as np
import pytest

from app.domain import profiles

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


def test_fractional_zero_negative_and_missing_numbers_are_no_profiles() -> None:
    numbers = profiles.numbers_of(np.array([1.0, 1.5, 0.0, -2.0, np.nan, np.inf, 3.0]))

    assert numbers.tolist() == [1, 0, 0, 0, 0, 0, 3]


def test_profiles_are_numbered_in_the_order_of_their_first_samples() -> None:
    number = np.array([7, 7, 0, 3, 3, 9])

    assert profiles.identified(number, np.arange(6) * MINUTE_MS).tolist() == [0, 0, -1, 1, 1, 2]


def test_a_number_that_repeats_after_six_hours_is_another_profile() -> None:
    number = np.array([4, 4, 5, 5, 4, 4])
    time_ms = np.array([0, 1, 2, 3, 3 + 7 * 60, 4 + 7 * 60]) * MINUTE_MS

    assert profiles.identified(number, time_ms).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_pause_shorter_than_six_hours_does_not_split_a_profile() -> None:
    assert profiles.identified(np.array([4, 4]), np.array([0, 5 * HOUR_MS])).tolist() == [0, 0]


def test_samples_with_the_time_of_their_profile_are_split_at_each_change_of_time() -> None:
    number = np.array([1, 1, 1, 2, 2, 2, 1, 1, 1])
    time_ms = np.array([0, 0, 0, 1, 1, 1, 72, 72, 72]) * MINUTE_MS

    assert profiles.identified(number, time_ms).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_samples_without_numbers_belong_to_no_profile() -> None:
    assert profiles.identified(np.zeros(3, dtype=np.int64), np.arange(3)).tolist() == [-1, -1, -1]


def test_the_direction_of_a_profile_follows_its_depth() -> None:
    depth = np.array([np.nan, 1.0, 50.0, 40.0, 2.0, np.nan, np.nan])
    group = np.array([0, 0, 0, 1, 1, 2, -1])

    assert profiles.directions(depth, group, 3).tolist() == [1, -1, 0]


@pytest.mark.parametrize("wrong", [0, 3, 7])
def test_only_the_position_that_needs_an_impossible_speed_is_flagged(wrong: int) -> None:
    lon = 16.0 + 0.01 * np.arange(8, dtype=float)
    lon[wrong] = 40.0

    flagged = profiles.too_fast(lon, np.full(8, 55.0), np.arange(8) * HOUR_MS)

    assert np.flatnonzero(flagged).tolist() == [wrong]


def test_a_glider_in_a_current_is_not_flagged() -> None:
    # 2 m/s for an hour is 0.113 degrees of longitude at 55 N.
    lon = 16.0 + 0.112 * np.arange(8, dtype=float)

    assert not profiles.too_fast(lon, np.full(8, 55.0), np.arange(8) * HOUR_MS).any()


def test_crossing_180_degrees_is_not_flagged() -> None:
    lon = np.array([179.99, -179.99])

    assert not profiles.too_fast(lon, np.zeros(2), np.array([0, HOUR_MS])).any()
