"""The simulator with a real MongoDB: what it stores, what it leaves unchanged, and how it stops."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo.errors import AutoReconnect

from app.ingest.derive import rebuild, section_refresh
from app.ingest.interpret import mission_draft
from app.ingest.interpret.identity import Identity
from app.ingest.persist import commit, simulated_expiry
from app.ingest.persist.mapping import File
from app.queries import missions as mission_queries
from app.simulator import process as simulation
from app.simulator.feed import Simulator
from app.simulator.gliders import FLEET, Schedule
from app.store import platforms, totals, versions

# In the middle of a mission.
NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
SCHEDULE = Schedule(period_s=60.0)


@pytest.fixture(autouse=True)
def _no_drawings(monkeypatch):
    """Do not draw sections: they have their own tests and take a second each."""
    monkeypatch.setattr(section_refresh, "redraw", lambda _at_once: [])


def pending_rebuilds(db):
    """The number of pending rebuilds, without those of sections."""
    return db.derived_pending.count_documents({"_id": {"$not": re.compile("^sections:")}})


@pytest.fixture
def tools(tools, db):
    return tools


@pytest.fixture
def simulator(tools):
    return Simulator(tools, SCHEDULE, buoys=(), backfill=20 * MINUTES)


@pytest.fixture
def real(tools, db):
    """A function that returns the stored documents of a real mission of two years ago, with simulated samples."""
    commit.replace_basins(tools.basins)
    start = NOW - timedelta(days=730)
    glider = FLEET[0]
    dives = [dive for _, dive in SCHEDULE.ended(glider, 0.0, start, start + 10 * MINUTES)]
    simulated_observations = SCHEDULE.observations(glider, start, dives)
    observations = replace(
        simulated_observations, attributes={**simulated_observations.attributes, "simulated": "false"}
    )
    draft = mission_draft.draft(
        observations, Identity("sim001", "20241101T0000", "R"), "5" * 64, tools.span, tools.basin_map
    )
    commit.commit_draft(draft, File(Path("real.nc"), "5" * 64, 0, made_up=True), tools.basin_map, tools.names)
    rebuild.rebuild(tools.basin_map)

    def documents():
        mission = {"platform": "sim001", "mission": "20241101T0000"}
        names = ("missions", "profiles", "samples", "tracks")
        return [list(db[name].find(mission).sort("_id", 1)) for name in names] + [db.totals.find_one({"_id": "fleet"})]

    return documents


def counts(db):
    return {name: db[name].count_documents({}) for name in ("missions", "profiles", "samples", "tracks")}


def test_dives_are_stored_like_imported_files(simulator, db):
    stored = simulator.catch_up(NOW)

    assert stored == 3 * 20
    assert db.profiles.count_documents({}) == db.samples.count_documents({}) == stored
    assert pending_rebuilds(db) == 0
    missions = mission_queries.page({}, limit=10, cursor=None, simulated=True).items
    assert {mission.platform for mission in missions} == {glider.platform for glider in FLEET}
    assert sum(mission.figures.profiles for mission in missions) == stored
    assert all(mission.simulated and not mission.warnings for mission in missions)


def test_simulated_dives_are_in_no_list_and_no_total(simulator, db):
    simulator.catch_up(NOW)

    assert mission_queries.page({}, limit=10, cursor=None).items == []
    assert platforms.page(10) == []
    assert totals.find("fleet") is None
    assert db.imports.count_documents({}) == 0
    assert platforms.find("sim001").name == "Simulated Ada"
    beside_the_basins = db.changes.count_documents({"tags": {"$ne": "basins"}})
    assert db.changes.count_documents({"tags": "simulated"}) == beside_the_basins > 0
    assert db.changes.count_documents({"tags": {"$in": ["totals", "tracks", "updates"]}}) == 0


def test_a_second_simulator_stores_nothing_twice(simulator, tools, db):
    simulator.catch_up(NOW)
    before = counts(db)

    assert Simulator(tools, SCHEDULE, buoys=(), backfill=20 * MINUTES).catch_up(NOW) == 0
    assert counts(db) == before


def test_two_alternating_simulators_store_each_dive_once(simulator, tools, db):
    other = Simulator(tools, SCHEDULE, buoys=(), backfill=20 * MINUTES)
    stored = [each.catch_up(NOW + minute * MINUTES) for minute in range(4) for each in (simulator, other)]

    assert stored == [60, 0, 3, 3, 3, 3, 3, 3]
    assert db.profiles.count_documents({}) == 3 * (20 + 3)


def test_only_new_dives_are_stored(simulator):
    assert [simulator.catch_up(NOW + minute * MINUTES) for minute in (0, 1, 2, 2)] == [60, 3, 3, 0]


def test_missions_are_removed_two_days_after_their_last_data(simulator, tools, db, real):
    simulator.catch_up(NOW)
    before = real()
    last = max(mission.figures.end_at for mission in mission_queries.page({}, 10, None, simulated=True).items)

    assert simulated_expiry.remove_simulated(last + timedelta(hours=47), tools.names) == 0
    removed = simulated_expiry.remove_simulated(last + timedelta(hours=48, seconds=1), tools.names)
    versions.sweep(datetime.now(UTC) + MINUTES)
    rebuild.rebuild(tools.basin_map)

    assert removed == 3
    assert real() == before
    assert counts(db) == {"missions": 1, "profiles": len(before[1]), "samples": len(before[2]), "tracks": 1}
    assert [doc["_id"] for doc in db.platforms.find()] == ["sim001"]
    assert pending_rebuilds(db) == 0
    assert db.updates.count_documents({"simulated": True}) == 0


def test_a_removed_mission_stays_readable_until_garbage_collection(simulator, tools, db):
    simulator.catch_up(NOW)
    simulated_expiry.remove_simulated(NOW + timedelta(hours=49), tools.names)

    assert commit.sweep() == 0
    assert db.missions.count_documents({}) == 0
    assert db.profiles.count_documents({}) == 60


def test_the_next_removal_completes_one_that_was_killed(simulator, tools, db, monkeypatch):
    simulator.catch_up(NOW)
    monkeypatch.setattr(simulated_expiry, "_MISSIONS_AT_ONCE", 1)

    later = NOW + timedelta(hours=49)
    assert [simulated_expiry.remove_simulated(later, tools.names) for _ in range(4)] == [1, 1, 1, 0]
    assert db.platforms.count_documents({}) == 0


def test_a_real_mission_of_the_same_name_stays_unchanged(tools, db, real, monkeypatch):
    monkeypatch.setattr("app.simulator.labels.stamp", lambda _mission: "20241101T0000")
    before = real()

    stored = Simulator(tools, SCHEDULE, FLEET[:1], (), backfill=20 * MINUTES).catch_up(NOW)

    assert stored == 0
    assert real() == before


@pytest.fixture
def buoys(tools):
    return Simulator(tools, SCHEDULE, (), backfill=20 * MINUTES)


def test_a_sailbuoy_reports_its_positions_every_ten_minutes(buoys, db):
    def after(minutes):
        buoys.catch_up(NOW + minutes * MINUTES)
        return db.missions.find_one({"kind": "sailbuoy"})["figures"]

    reports = [after(0), after(9), after(10)]

    # One sample a minute since midnight.
    assert [figures["samples"] for figures in reports] == [540, 540, 550]
    assert [figures["profiles"] for figures in reports] == [0, 0, 0]
    hours = (reports[0]["end_at"] - reports[0]["start_at"]) / timedelta(hours=1)
    assert 0.5 < reports[0]["distance_m"] / 3600 / hours < 1.5
    assert db.tracks.find_one({"platform": "sim004"})["hidden"] == 0


def test_an_active_sailbuoy_has_no_earlier_versions_and_no_samples_of_them(buoys, db):
    buoys.catch_up(NOW)
    buoys.catch_up(NOW + 10 * MINUTES)
    buoys.catch_up(NOW + 20 * MINUTES)
    versions.sweep(datetime.now(UTC) + MINUTES)

    mission = db.missions.find_one({"platform": "sim004"})
    assert mission["earlier"] == []
    assert mission["simulated"] is True
    assert db.platforms.find_one({"_id": "sim004"})["name"] == "Simulated Disa"
    assert db.samples.distinct("version") == [mission["version"]]


def test_a_sailbuoy_ends_one_mission_and_begins_the_next(buoys, db):
    midday = NOW.replace(hour=12)
    buoys.catch_up(midday + 25 * MINUTES)

    samples = {doc["mission"]: doc["figures"]["samples"] for doc in db.missions.find()}
    assert samples == {"20260615T1200": 20}

    Simulator(buoys.tools, SCHEDULE, (), backfill=60 * MINUTES).catch_up(midday + 25 * MINUTES)
    samples = {doc["mission"]: doc["figures"]["samples"] for doc in db.missions.find()}
    assert samples == {"20260615T0000": 720, "20260615T1200": 20}


class FailingSimulator:
    """A simulator with an unreachable store in some calls."""

    def __init__(self, failures):
        self.failures, self.calls = failures, 0

    def catch_up(self, _now, _should_stop):
        self.calls += 1
        if self.calls in self.failures:
            raise AutoReconnect("unreachable")
        return 1


def test_an_unreachable_store_is_retried_after_increasing_pauses(db):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        return len(waits) == 9

    simulation.follow(FailingSimulator({2, 3, 4, 5, 6, 7, 8}), 5.0, lambda: NOW, wait, lambda: False)  # type: ignore[arg-type]

    assert waits == [5.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 5.0]


def test_a_simulator_stops_between_two_missions(simulator, db):
    stops = iter([False, True])

    assert simulator.catch_up(NOW, lambda: next(stops)) == 20
    assert pending_rebuilds(db) == 0
    assert simulator.catch_up(NOW) == 40


@pytest.fixture
def command(settings, db, few_basins):
    """A function that starts `halocline simulate` with this worker's database."""
    env = {
        **os.environ,
        "HALOCLINE_BASINS_DIR": str(few_basins),
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url,
    }

    def start(*options):
        words = [sys.executable, "-m", "app.cli", "simulate", *options]
        return subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)

    return start


def test_once_stores_all_dives_until_now_and_ends(command, db):
    with command("--once", "--every", "60") as process:
        log = process.stderr.read()

    assert process.returncode == 0
    assert '"event":"simulated"' in log
    assert db.profiles.count_documents({}) == 3 * 40


def test_sigterm_ends_the_simulator_cleanly(command):
    with command("--every", "60") as process:
        assert '"event":"simulating"' in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
        assert process.stderr.read() == ""
