"""Simulated gliders dive as real ones do, on a schedule that depends on the clock alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.domain.geodesy import step_lengths_m
from app.simulator.gliders import FLEET, Schedule
from app.simulator.labels import MISSION

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEDULE = Schedule(period_s=15.0)


def ended(glider, after, until, schedule=SCHEDULE):
    return list(schedule.ended(glider, 0.5, after, until))


@pytest.mark.parametrize("glider", FLEET, ids=lambda glider: glider.platform)
def test_each_dive_ends_once_for_any_division_of_the_time(glider):
    dives = ended(glider, NOON - HOUR, NOON + HOUR)
    first, second = ended(glider, NOON - HOUR, NOON + HOUR / 3), ended(glider, NOON + HOUR / 3, NOON + HOUR)

    assert sorted(map(repr, dives)) == sorted(map(repr, first + second))
    assert len(dives) == 480
    keys = {(mission, dive.number) for mission, dive in dives}
    assert len(keys) == len(dives)


@pytest.mark.parametrize("glider", FLEET, ids=lambda glider: glider.platform)
def test_a_dive_belongs_to_the_mission_in_which_it_begins(glider):
    dives = ended(glider, NOON - HOUR, NOON + 2 * HOUR)
    dive_start_s = np.array([dive.start_ms / 1000 for _, dive in dives])
    mission_start_s = np.array([mission.timestamp() for mission, _ in dives])

    assert {mission for mission, _ in dives} == {NOON - MISSION, NOON}
    assert ((dive_start_s >= mission_start_s) & (dive_start_s < mission_start_s + MISSION.total_seconds())).all()


@pytest.mark.parametrize("glider", FLEET, ids=lambda glider: glider.platform)
def test_gliders_sink_and_climb_at_a_quarter_of_a_metre_a_second(glider):
    dives = [dive for _, dive in ended(glider, NOON, NOON + HOUR)]
    speed = np.array([dive.depth_m / dive.duration_s for dive in dives])

    assert 0.2 < speed.min() < speed.max() < 0.3
    assert [dive.down for dive in dives] == [dive.number % 2 == 1 for dive in dives]


@pytest.mark.parametrize("glider", FLEET, ids=lambda glider: glider.platform)
def test_gliders_stay_in_their_sea_at_the_speed_of_real_gliders(glider):
    seconds = np.arange(0, 5 * 86_400, 600) + NOON.timestamp()
    lon, lat = np.array([glider.lon_lat(second) for second in seconds]).T

    assert (step_lengths_m(lon, lat) / 600).max() < 0.5
    assert np.hypot((lon - glider.sea.lon_deg) * 0.6, lat - glider.sea.lat_deg).max() < 0.12


def test_equal_seeds_give_equal_rows_and_other_seeds_other_rows():
    glider = FLEET[0]

    def rows(seed):
        schedule = Schedule(15.0, seed)
        (mission, dive), *_ = ended(glider, NOON, NOON + HOUR, schedule)
        return schedule.observations(glider, mission, [dive])

    first, second, other = rows(0), rows(0), rows(1)
    assert all(np.array_equal(a.values, b.values) for a, b in zip(first.columns, second.columns, strict=True))
    assert not np.array_equal(first.depth_m, other.depth_m)


def test_simulated_data_are_labelled_as_simulated():
    attributes = SCHEDULE.observations(FLEET[0], NOON, [ended(FLEET[0], NOON, NOON + HOUR)[0][1]]).attributes

    assert attributes["simulated"] == "true"
    assert attributes["project"] == "Simulation"
    assert "not observations" in attributes["license"]
    assert [glider.label.name.startswith("Simulated ") for glider in FLEET] == [True] * len(FLEET)
