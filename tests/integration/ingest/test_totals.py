"""Totals are kept by what changed; they are what summing every mission anew gives."""

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
NOTHING_DRAWN = BasinMap([])


def made(platform: str, mission: str, start_at: datetime, hours: float, basins: dict[str, float]) -> dict[str, Any]:
    """A mission's document, as far as totals look at it."""
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
    """Stores the mission, or takes it away, as an import does: with what it outdates."""

    def work(session: Any) -> None:
        db.missions.delete_one({"_id": f"{platform}/{mission}"}, session=session)
        if doc is not None:
            db.missions.insert_one(doc, session=session)
        rebuild_queue.mark(rebuild_queue.sums_of([platform]), change_log.append(("x",), NOW, session), session)

    transactions.run(work)


def kept() -> list[Totals]:
    """All totals there are."""
    return [found for kind in ("fleet", "platform", "basin", "year", "year_basin") for found in totals.of_kind(kind)]


def anew() -> list[Totals]:
    """The totals of all missions, summed at once."""
    found = transactions.run(lambda session: summing.summed(missions.sums(session), NOW))
    order = ("fleet", "platform", "basin", "year", "year_basin")
    return sorted(found, key=lambda each: (order.index(each.scope.partition(":")[0]), each.scope))


def figures(found: list[Totals]) -> list[dict[str, Any]]:
    """Everything but when it was computed; in twelve digits: sums of parts differ in the last from the sum of all."""
    shown = [{name: getattr(each, name) for name in Totals.__slots__ if name != "computed_at"} for each in found]
    return [
        {name: f"{value:.12g}" if isinstance(value, float) else value for name, value in each.items()} for each in shown
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
def take(db: Db) -> Any:
    """Applies steps to the store, and derives after each."""

    def run(steps: list[dict[str, Any]]) -> None:
        for step in steps:
            begin = datetime(2022, 6, 1, tzinfo=UTC) + timedelta(hours=step["start_h"])
            doc = made(step["platform"], step["mission"], begin, step["hours"], step["basins"])
            write(db, step["platform"], step["mission"], None if step["removed"] else doc)
            assert rebuild.rebuild(NOTHING_DRAWN) == []

    return run


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=6))
def test_totals_kept_by_change_are_those_of_all_missions(db: Db, take: Any, steps: list[dict[str, Any]]) -> None:
    db.missions.delete_many({})
    write(db, "sea001", "a", None)
    write(db, "sea002", "a", None)
    write(db, "sea003", "a", None)
    rebuild.rebuild(NOTHING_DRAWN)

    take(steps)

    assert figures(kept()) == figures(anew())


def test_a_change_of_one_platform_touches_only_its_scopes(db: Db) -> None:
    begin = datetime(2024, 3, 1, tzinfo=UTC)
    write(db, "sea001", "a", made("sea001", "a", begin, 24, {"A": 1.0}))
    write(db, "sea002", "a", made("sea002", "a", begin - timedelta(days=800), 24, {"B": 1.0}))
    rebuild.rebuild(NOTHING_DRAWN)
    before = {found.scope: found.computed_at for found in kept()}

    write(db, "sea001", "a", made("sea001", "a", begin, 48, {"A": 1.0}))
    rebuild.rebuild(NOTHING_DRAWN)

    changed = {found.scope for found in kept() if found.computed_at != before[found.scope]}
    assert changed == {"fleet", "platform:sea001", "basin:A", "year:2024", "year_basin:2024/A"}


def test_a_scope_without_missions_has_no_totals(db: Db) -> None:
    begin = datetime(2024, 3, 1, tzinfo=UTC)
    write(db, "sea001", "a", made("sea001", "a", begin, 24, {"A": 1.0}))
    rebuild.rebuild(NOTHING_DRAWN)

    write(db, "sea001", "a", None)
    rebuild.rebuild(NOTHING_DRAWN)

    assert kept() == []
    assert db.subtotals.count_documents({}) == 0


def test_what_a_killed_rebuild_left_is_summed_by_the_next(db: Db) -> None:
    write(db, "sea001", "a", made("sea001", "a", datetime(2024, 3, 1, tzinfo=UTC), 24, {}))
    # Killed between the subtotals of the platform and the totals.
    transactions.run(partial(rebuild._rebuilt, "subtotals:sea001", NOTHING_DRAWN))
    assert kept() == []

    rebuild.rebuild(NOTHING_DRAWN)

    assert figures(kept()) == figures(anew())


def test_a_store_of_an_earlier_release_learns_its_subtotals(db: Db) -> None:
    write(db, "sea001", "a", made("sea001", "a", datetime(2024, 3, 1, tzinfo=UTC), 24, {"A": 1.0}))
    db.derived_pending.delete_many({})
    db.drop_collection("subtotals")

    indexes.ensure(mongo.db)
    rebuild.rebuild(NOTHING_DRAWN)

    assert figures(kept()) == figures(anew())
