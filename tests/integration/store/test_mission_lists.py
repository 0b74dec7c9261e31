"""Lists of missions hold each mission that matches once, in the order asked for, and are counted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from pymongo.database import Database

from app.domain.records import BasinShare, Figures, Mission, Source, Variable
from app.errors import Invalid
from app.queries import missions
from app.queries.missions import Sort
from app.store import documents, indexes

Document = dict[str, Any]
SORTS = get_args(Sort)
START = datetime(2015, 1, 1, tzinfo=UTC)
# Values that half, a third and fewer of the missions have.
FILTERS: dict[str, Any] = {
    "platform": "p3",
    "kind": "sailbuoy",
    "data_mode": "D",
    "basin": "B1",
    "project": "P2",
    "variable": "oxygen",
    "year": 2017,
}
COUNT = 300


def make_mission(n: int) -> Mission:
    """The nth of many: figures repeat, so that ties happen; every seventh is simulated, every eleventh has no depth."""
    start_at = START + timedelta(days=n // 2 * 11)
    figures = Figures(
        samples=n,
        profiles=n % 13,
        distance_m=float(n % 17),
        max_depth_m=None if n % 11 == 0 else float(n % 19),
        vertical_m=0.0,
        start_at=start_at,
        end_at=start_at + timedelta(days=n % 5, hours=1),
        bbox=None,
    )
    return Mission(
        platform=f"p{n % 8}",
        mission=f"{n:05d}",
        version="v1",
        data_mode="D" if n % 3 == 0 else "R",
        figures=figures,
        basins=(BasinShare(f"B{n % 4}", "A basin", 0.6), BasinShare("B9", "Another", 0.4)),
        variables=tuple(Variable(name, None) for name in ("temperature", "oxygen")[: 1 + n % 2]),
        warnings=(),
        metadata={"project": f"P{n % 6}"},
        declared={},
        source=Source("f.nc", "0" * 64, 1, "made", "mission", start_at, "test"),
        simulated=n % 7 == 0,
        kind="sailbuoy" if n % 5 == 0 else "glider",
    )


@pytest.fixture
def many(db: Database[Document]) -> list[Mission]:
    """300 missions in the store."""
    indexes.ensure(db)
    made = [make_mission(n) for n in range(COUNT)]
    db.missions.insert_many([documents.mission_to_document(mission) for mission in made])
    return made


def _sorted_by_hand(made: list[Mission], sort: str) -> list[str]:
    keys: dict[str, Callable[[Mission], Any]] = {
        "newest": lambda m: m.figures.end_at,
        "oldest": lambda m: m.figures.end_at,
        "longest": lambda m: m.duration_s,
        "farthest": lambda m: m.figures.distance_m,
        "profiles": lambda m: m.figures.profiles,
        "deepest": lambda m: -1.0 if m.figures.max_depth_m is None else m.figures.max_depth_m,
    }
    upwards = sort == "oldest"
    by_id = sorted(made, key=lambda m: m.id, reverse=upwards)
    return [m.id for m in sorted(by_id, key=keys[sort], reverse=not upwards)]


@pytest.fixture
def walked() -> Callable[..., list[str]]:
    """The ids of all missions of a list, page by page."""

    def walk(filters: Document, sort: Sort, limit: int, **more: Any) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            page = missions.page(filters, limit, cursor, sort=sort, **more)
            found += [mission.id for mission in page.items]
            if (cursor := page.next) is None:
                return found

    return walk


def test_pages_of_every_order_hold_every_mission_once(many: list[Mission], walked: Callable[..., list[str]]) -> None:
    real = [mission for mission in many if not mission.simulated]
    assert {sort: walked({}, sort, 7) for sort in SORTS} == {sort: _sorted_by_hand(real, sort) for sort in SORTS}
    assert walked({}, "deepest", 41, simulated=True) == _sorted_by_hand(many, "deepest")


def test_the_count_is_what_the_pages_hold(many: list[Mission], walked: Callable[..., list[str]]) -> None:
    choices = [{name: value} for name, value in FILTERS.items()]
    held = [len(set(walked(chosen, "deepest", 9))) for chosen in choices]
    assert [missions.count(chosen) for chosen in choices] == [missions.Count(number, exact=True) for number in held]
    assert min(held) > 5


def test_a_span_bounds_list_and_count_alike(many: list[Mission], walked: Callable[..., list[str]]) -> None:
    span: Any = {"since": START + timedelta(days=400), "until": START + timedelta(days=500)}
    expected = {
        m.id
        for m in many
        if not m.simulated and m.figures.end_at >= span["since"] and m.figures.start_at < span["until"]
    }
    assert set(walked({}, "oldest", 5, **span)) == expected
    assert missions.count(**span).missions == len(expected) > 10


def test_a_count_stops_where_it_would_cost_more_than_the_list(
    many: list[Mission], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missions, "_MOST_COUNTED", 10)
    assert missions.count({"kind": "glider"}) == missions.Count(10, exact=False)


def test_a_cursor_of_another_order_is_refused(many: list[Mission]) -> None:
    cursor = missions.page({}, 5, sort="deepest").next
    with pytest.raises(Invalid, match="cursor"):
        missions.page({}, 5, cursor, sort="longest")


@pytest.fixture
def of_earlier_release(db: Database[Document]) -> Document:
    """A mission without what lists are ordered by, beside an index that nobody needs any more. Gives all of it."""
    whole = documents.mission_to_document(replace(make_mission(4), kind="glider"))
    db.missions.insert_one({name: value for name, value in whole.items() if name not in ("order", "kind")})
    db.missions.create_index([("platform", 1)], name="platform")
    return whole


def test_missions_of_an_earlier_release_get_their_order_and_outdate_pages_once(
    db: Database[Document], of_earlier_release: Document
) -> None:
    indexes.ensure(db)
    indexes.ensure(db)
    found = db.missions.find_one({}, {"order": 1, "kind": 1, "_id": 0})
    assert found == {"order": of_earlier_release["order"], "kind": "glider"}
    assert [change["tags"] for change in db.changes.find()] == [["basins"]]


def test_indexes_of_an_earlier_release_stay_until_they_are_dropped_on_purpose(
    db: Database[Document], of_earlier_release: Document
) -> None:
    indexes.ensure(db)
    assert indexes.retired(db) == ["missions.platform"]
    assert indexes.drop_retired(db) == ["missions.platform"]
    assert "platform" not in db.missions.index_information()
    assert indexes.missing(db) == indexes.retired(db) == []
