"""The deepest depth per time bin."""

from datetime import UTC, datetime, timedelta

from app.domain.depth_envelope import deepest

START = datetime(2022, 12, 8, 11, 45, tzinfo=UTC)


def hours(count: int) -> list[datetime]:
    return [START + timedelta(hours=n) for n in range(count)]


def test_without_profiles_there_are_no_bins() -> None:
    assert deepest([], [], 60) == ()


def test_a_single_profile_is_in_the_first_bin() -> None:
    assert deepest([START], [80.0], 60) == (80.0, *(None,) * 7)


def test_many_profiles_become_few_bins_with_the_deepest_depth_of_each() -> None:
    envelope = deepest(hours(1000), [10.0] * 999 + [80.0], 60)
    assert envelope == (*(10.0,) * 59, 80.0)


def test_bins_in_a_pause_are_empty() -> None:
    at = [*hours(9), START + timedelta(hours=90)]
    assert deepest(at, [5.0] * 9 + [7.0], 10) == (5.0, *(None,) * 8, 7.0)
