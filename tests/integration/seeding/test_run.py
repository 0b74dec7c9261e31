"""A seeded store equals the store after an import of the same missions; the same arguments give the same store."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Conflict, Invalid
from app.ingest.derive import rebuild, section_refresh
from app.ingest.persist import commit
from app.queries import missions as mission_queries
from app.seeding import run
from app.seeding.plan import Plan
from app.simulator.feed import Simulator
from app.simulator.gliders import Schedule
from app.store import indexes, totals

UNTIL = datetime(2026, 6, 15, 12, tzinfo=UTC)
PLAN = Plan(19, profiles=3, samples=4, active=2, start=datetime(2006, 1, 1, tzinfo=UTC), until=UNTIL, seed=7)

# Times of the import and the computation: the only fields that may differ.
_TIMES = {"imported_at", "computed_at"}


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
def seed_result(tools, seed):
    """The result of the seed of the plan, which is in the store."""
    return seed("the plan", lambda: run.sow(PLAN, tools))


def without_times(value):
    """The document without the times of its import and computation."""
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in _TIMES}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def content(db):
    """A function that returns all stored content of the pages."""
    names = ("missions", "platforms", "profiles", "samples", "tracks", "totals", "facets")
    return lambda: (
        {name: [without_times(doc) for doc in db[name].find().sort("_id", 1)] for name in names}
        | {"updates": db.updates.distinct("_id")}
    )


def empty(db):
    for name in indexes.INDEXES:
        db[name].delete_many({})


@pytest.fixture
def imported(tools, db, content):
    """The content of the store after an import of the missions of the plan."""
    commit.replace_basins(tools.basins)
    for index in range(PLAN.platforms):
        for seeded in PLAN.of_platform(index):
            commit.commit_draft(run.draft_of(seeded, tools), run.file_of(seeded), tools.basin_map, tools.names)
    rebuild.rebuild(tools.basin_map)
    stored = content()
    empty(db)
    return stored


def test_a_seed_stores_the_same_content_as_an_import(imported, tools, content, db):
    result = run.sow(PLAN, tools)

    assert (result.missions, result.profiles) == (19, 48)
    assert content() == imported
    assert pending_rebuilds(db) == 0


def test_the_same_arguments_give_the_same_documents_byte_for_byte(tools, db):
    names = ("missions", "platforms", "profiles", "samples", "tracks", "facets")

    def contents():
        return {name: list(db[name].find().sort("_id", 1)) for name in names}

    run.sow(PLAN, tools)
    first = contents()
    run.sow(PLAN, tools)
    again = contents()
    empty(db)
    run.sow(PLAN, tools)

    assert first == again == contents()


def test_totals_are_the_sums_of_the_missions(seed_result, db):
    fleet = totals.find("fleet")
    missions = [doc["figures"] for doc in db.missions.find()]
    assert (fleet.missions, fleet.platforms) == (19, 3)
    assert fleet.profiles == sum(figures["profiles"] for figures in missions) == db.profiles.count_documents({}) == 48
    assert fleet.samples == sum(doc["count"] for doc in db.samples.find()) == 19 * 3 * 4
    assert fleet.distance_m == pytest.approx(sum(figures["distance_m"] for figures in missions))
    assert sum(of_year.profiles for of_year in totals.of_kind("year")) == 48


def test_the_newest_missions_are_active_and_the_others_spread_over_the_years(seed_result, db):
    active = {"figures.end_at": {"$gt": UNTIL - timedelta(hours=24), "$lte": UNTIL}}
    assert db.missions.count_documents(active) == 2
    assert len(db.missions.distinct("years")) >= 10
    assert len(db.missions.distinct("metadata.project")) >= 2
    assert all(name.startswith("Seed ") for name in db.missions.distinct("metadata.project"))
    assert all(name.startswith("seed0") for name in db.missions.distinct("platform"))
    assert db.missions.count_documents({"basins.0": {"$exists": False}}) == 0
    assert db.missions.count_documents({"warnings.0": {"$exists": True}}) == 0


def test_one_platform_in_eight_is_a_sailbuoy(seed_result, db):
    at_surface = list(db.missions.find({"kind": "sailbuoy"}))
    assert {mission["platform"] for mission in at_surface} == {"seed0003"}
    assert [mission["figures"]["profiles"] for mission in at_surface] == [0, 0, 0]
    assert [mission["figures"]["samples"] for mission in at_surface] == [12, 12, 12]
    assert db.platforms.find_one({"_id": "seed0003"})["kind"] == "sailbuoy"


def test_seeded_missions_are_listed_as_real_ones(seed_result):
    assert len(mission_queries.page({}, limit=50, cursor=None).items) == 19


def test_metadata_only_stores_the_missions_and_their_totals(tools, db):
    result = run.sow(PLAN, tools, metadata_only=True)

    assert (result.missions, result.profiles) == (19, 0)
    counts = [db[name].count_documents({}) for name in ("missions", "platforms", "profiles", "samples", "tracks")]
    assert counts == [19, 3, 0, 0, 0]
    assert totals.find("fleet").profiles == 48


def test_a_store_with_other_missions_is_refused(tools, db):
    Simulator(tools, Schedule(300.0), backfill=timedelta(minutes=15)).catch_up(datetime.now(UTC))
    before = db.missions.count_documents({})

    with pytest.raises(Conflict, match="were not seeded"):
        run.sow(PLAN, tools)
    assert db.missions.count_documents({}) == before


def test_a_seed_with_other_arguments_is_refused(seed_result, tools):
    with pytest.raises(Conflict, match="other arguments"):
        run.sow(replace(PLAN, seed=8), tools)


def test_a_period_too_short_for_eight_missions_is_refused():
    with pytest.raises(Invalid, match="start: eight missions need 80 days"):
        replace(PLAN, start=UNTIL - timedelta(days=70))
