"""Totals that are updated by changes equal the totals that are recomputed from all missions."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from app.domain.basins import BasinMap
from app.domain.times import seconds_by_year
from app.domain.totals import Totals
from app.extensions import mongo
from app.ingest.derive import rebuild
from app.ingest.derive import totals as summing
from app.store import change_log, indexes, missions, rebuild_queue, totals, transactions

Db = Database[dict[str, Any]]
NOW = datetime(2026, 5, 1, tzinfo=UTC)
NO_BASINS = BasinMap([])


def mission_document(
    platform: str, mission: str, start_at: datetime, hours: float, basins: dict[str, float]
) -> dict[str, Any]:
    """Return a mission document with the fields that totals use."""
    end_at = start_at + timedelta(hours=hours)
    shares = seconds_by_year(start_at, end_at)
    figures = {"profiles": 7 * len(shares), "samples": 100 * len(shares), "distance_m": 1234.5, "vertical_m": 99.25}
    part = {"profiles": 7, "samples": 100, "distance_m": 1234.5 / len(shares), "vertical_m": 99.25 / len(shares)}
    return {
        "_id": f"{platform}/{mission}",
        "platform": platform,
        "mission": mission,
        "version": "v",
        "data_mode": "R",
        "simulated": False,
        "source": {},
        "years": list(shares),
        "figures": {**figures, "start_at": start_at, "end_at": end_at},
        "basins": [{"id": basin, "name": basin, "share": share} for basin, share in basins.items()],
        "by_year": [{"year": year, "time_at_sea_s": seconds, **part} for year, seconds in shares.items()],
    }


def write(db: Db, platform: str, mission: str, doc: dict[str, Any] | None) -> None:
    """Store the mission, or delete it if `doc` is None, and mark its totals for a rebuild, as an import does."""

    def work(session: Any) -> None:
        db.missions.delete_one({"_id": f"{platform}/{mission}"}, session=session)
        if doc is not None:
            db.missions.insert_one(doc, session=session)
        rebuild_queue.mark(rebuild_queue.sums_of([platform]), change_log.append(("x",), NOW, session), session)

    transactions.run(work)


def stored_totals() -> list[Totals]:
    """Return all stored totals."""
    return [each for kind in ("fleet", "platform", "basin", "year", "year_basin") for each in totals.of_kind(kind)]


def recomputed() -> list[Totals]:
    """Return the totals, computed from all missions."""
    results = transactions.run(lambda session: summing.summed(missions.sums(session), NOW))
    order = ("fleet", "platform", "basin", "year", "year_basin")
    return sorted(results, key=lambda each: (order.index(each.scope.partition(":")[0]), each.scope))


def figures(results: list[Totals]) -> list[dict[str, Any]]:
    """Return all fields but the time of computation, in 12 digits: sums of parts differ in the last digits."""
    compared = [{name: getattr(each, name) for name in Totals.__slots__ if name != "computed_at"} for each in results]
    return [
        {name: f"{value:.12g}" if isinstance(value, float) else value for name, value in each.items()}
        for each in compared
    ]


STEP = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["sea001", "sea002", "sea003"]),
        "mission": st.sampled_from(["a", "b"]),
        "removed": st.booleans(),
        "start_h": st.integers(0, 3 * 8766),
        "hours": st.floats(0, 9000, allow_nan=False),
        "basins": st.dictionaries(st.sampled_from(["A", "B", "C"]), st.sampled_from([0.25, 0.5, 1.0]), max_size=2),
    }
)


@pytest.fixture
def apply(db: Db) -> Any:
    """Apply steps to the store and rebuild after each."""

    def run(steps: list[dict[str, Any]]) -> None:
        for step in steps:
            begin = datetime(2022, 6, 1, tzinfo=UTC) + timedelta(hours=step["start_h"])
            doc = mission_document(step["platform"], step["mission"], begin, step["hours"], step["basins"])
            write(db, step["platform"], step["mission"], None if step["removed"] else doc)
            assert rebuild.rebuild(NO_BASINS) == []

    return run


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=6))
def test_totals_updated_by_changes_equal_the_recomputed_totals(db: Db, apply: Any, steps: list[dict[str, Any]]) -> None:
    db.missions.delete_many({})
    write(db, "sea001", "a", None)
    write(db, "sea002", "a", None)
    write(db, "sea003", "a", None)
    rebuild.rebuild(NO_BASINS)

    apply(steps)

    assert figures(stored_totals()) == figures(recomputed())


def test_a_change_of_one_platform_updates_only_its_scopes(db: Db) -> None:
    begin = datetime(2024, 3, 1, tzinfo=UTC)
    write(db, "sea001", "a", mission_document("sea001", "a", begin, 24, {"A": 1.0}))
    write(db, "sea002", "a", mission_document("sea002", "a", begin - timedelta(days=800), 24, {"B": 1.0}))
    rebuild.rebuild(NO_BASINS)
    before = {each.scope: each.computed_at for each in stored_totals()}

    write(db, "sea001", "a", mission_document("sea001", "a", begin, 48, {"A": 1.0}))
    rebuild.rebuild(NO_BASINS)

    changed = {each.scope for each in stored_totals() if each.computed_at != before[each.scope]}
    assert changed == {"fleet", "platform:sea001", "basin:A", "year:2024", "year_basin:2024/A"}


def test_a_scope_without_missions_has_no_totals(db: Db) -> None:
    begin = datetime(2024, 3, 1, tzinfo=UTC)
    write(db, "sea001", "a", mission_document("sea001", "a", begin, 24, {"A": 1.0}))
    rebuild.rebuild(NO_BASINS)

    write(db, "sea001", "a", None)
    rebuild.rebuild(NO_BASINS)

    assert stored_totals() == []
    assert db.subtotals.count_documents({}) == 0


def test_the_next_rebuild_completes_a_killed_one(db: Db) -> None:
    write(db, "sea001", "a", mission_document("sea001", "a", datetime(2024, 3, 1, tzinfo=UTC), 24, {}))
    # Killed between the subtotals of the platform and the totals.
    transactions.run(partial(rebuild._rebuilt, "subtotals:sea001", NO_BASINS))
    assert stored_totals() == []

    rebuild.rebuild(NO_BASINS)

    assert figures(stored_totals()) == figures(recomputed())


def test_subtotals_are_created_in_a_store_of_an_earlier_release(db: Db) -> None:
    write(db, "sea001", "a", mission_document("sea001", "a", datetime(2024, 3, 1, tzinfo=UTC), 24, {"A": 1.0}))
    db.derived_pending.delete_many({})
    db.drop_collection("subtotals")

    indexes.ensure(mongo.db)
    rebuild.rebuild(NO_BASINS)

    assert figures(stored_totals()) == figures(recomputed())
