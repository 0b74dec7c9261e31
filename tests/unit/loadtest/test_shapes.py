"""The number of users over time."""

import pytest


@pytest.fixture(scope="module")
def shapes(module):
    return module("shapes")


def test_smoke_rises_to_its_level_and_ends(shapes):
    corners = shapes.smoke(shapes.Sizes(users=10, duration_s=60))
    assert [shapes.users_at(corners, at_s) for at_s in (0, 2.5, 5, 59.9, 60)] == [1, 6, 10, 10, None]


@pytest.mark.parametrize(("shape", "duration_s"), [("smoke", 60), ("steady", 900), ("rollout", 120)])
def test_a_level_has_its_own_default_duration(shapes, shape, duration_s):
    corners = shapes.SHAPES[shape](shapes.Sizes())
    assert shapes.users_at(corners, duration_s - 1) > 0
    assert shapes.users_at(corners, duration_s) is None


def test_stairs_hold_each_step(shapes):
    corners = shapes.stairs(shapes.Sizes(steps=3, step_s=30, step_users=20))
    assert [shapes.users_at(corners, at_s) for at_s in (0, 29, 30, 59, 60, 89, 90)] == [20, 20, 40, 40, 60, 60, None]


def test_a_spike_rises_to_ten_times_the_base_level_and_returns(shapes):
    corners = shapes.spike(shapes.Sizes(users=4, spike_rise_s=10, spike_s=20))
    at_s = (0, 9, 15, 20, 39, 45, 50, 69, 70)
    assert [shapes.users_at(corners, at) for at in at_s] == [4, 4, 22, 40, 40, 22, 4, 4, None]


def test_zero_users_stay_zero(shapes):
    assert shapes.users_at(shapes.smoke(shapes.Sizes(users=0)), 1) == 0
