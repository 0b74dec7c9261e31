"""Lists of missions contain each matching mission once, in the requested order, and have a count."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, get_args

import pytest
from pymongo.database import Database

from app.domain.records import Mission
from app.errors import Invalid
from app.queries import missions
from app.queries.missions import Sort
from app.store import documents, indexes
from tests.conftest import FirstContent
from tests.made_missions import START, make_mission

Document = dict[str, Any]
SORTS = get_args(Sort)
# Values of half, a third or fewer of the missions.
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


@cache
def _missions() -> list[Mission]:
    return [make_mission(n) for n in range(COUNT)]


@pytest.fixture
def first_content() -> FirstContent:
    return "many", lambda db: db.missions.insert_many(
        [documents.mission_to_document(mission) for mission in _missions()]
    )


@pytest.fixture
def many(db: Database[Document]) -> list[Mission]:
    """300 missions in the store."""
    return _missions()


def _sorted_by_hand(unsorted: list[Mission], sort: str) -> list[str]:
    keys: dict[str, Callable[[Mission], Any]] = {
        "newest": lambda m: m.figures.end_at,
        "oldest": lambda m: m.figures.end_at,
        "longest": lambda m: m.duration_s,
        "farthest": lambda m: m.figures.distance_m,
        "profiles": lambda m: m.figures.profiles,
        "deepest": lambda m: -1.0 if m.figures.max_depth_m is None else m.figures.max_depth_m,
    }
    ascending = sort == "oldest"
    by_id = sorted(unsorted, key=lambda m: m.id, reverse=ascending)
    return [m.id for m in sorted(by_id, key=keys[sort], reverse=not ascending)]


@pytest.fixture
def all_ids() -> Callable[..., list[str]]:
    """Return the ids of all missions of a list, read page by page."""

    def walk(filters: Document, sort: Sort, limit: int, **more: Any) -> list[str]:
        ids: list[str] = []
        cursor = None
        while True:
            page = missions.page(filters, limit, cursor, sort=sort, **more)
            ids += [mission.id for mission in page.items]
            if (cursor := page.next) is None:
                return ids

    return walk


def test_pages_of_every_order_contain_every_mission_once(
    many: list[Mission], all_ids: Callable[..., list[str]]
) -> None:
    real = [mission for mission in many if not mission.simulated]
    assert {sort: all_ids({}, sort, 7) for sort in SORTS} == {sort: _sorted_by_hand(real, sort) for sort in SORTS}
    assert all_ids({}, "deepest", 41, simulated=True) == _sorted_by_hand(many, "deepest")


def test_the_count_equals_the_number_of_missions_on_the_pages(
    many: list[Mission], all_ids: Callable[..., list[str]]
) -> None:
    choices = [{name: value} for name, value in FILTERS.items()]
    counts = [len(set(all_ids(chosen, "deepest", 9))) for chosen in choices]
    assert [missions.count(chosen) for chosen in choices] == [missions.Count(number, exact=True) for number in counts]
    assert min(counts) > 5


def test_a_span_limits_the_list_and_the_count_equally(many: list[Mission], all_ids: Callable[..., list[str]]) -> None:
    span: Any = {"since": START + timedelta(days=400), "until": START + timedelta(days=500)}
    expected = {
        m.id
        for m in many
        if not m.simulated and m.figures.end_at >= span["since"] and m.figures.start_at < span["until"]
    }
    assert set(all_ids({}, "oldest", 5, **span)) == expected
    assert missions.count(**span).missions == len(expected) > 10


def test_a_count_stops_at_its_limit_and_is_marked_as_inexact(
    many: list[Mission], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missions, "MOST_COUNTED", 10)
    assert missions.count({"kind": "glider"}) == missions.Count(10, exact=False)


def test_a_cursor_of_another_order_is_refused(many: list[Mission]) -> None:
    cursor = missions.page({}, 5, sort="deepest").next
    with pytest.raises(Invalid, match="cursor"):
        missions.page({}, 5, cursor, sort="longest")


@pytest.fixture
def of_earlier_release(db: Database[Document]) -> Document:
    """A mission without sort fields, and a retired index. The value is the complete document."""
    complete = documents.mission_to_document(replace(make_mission(4), kind="glider"))
    db.missions.delete_many({})
    db.missions.insert_one({name: value for name, value in complete.items() if name not in ("order", "kind")})
    db.missions.create_index([("platform", 1)], name="platform")
    return complete


def test_missions_of_an_earlier_release_get_sort_fields_and_invalidate_pages_once(
    db: Database[Document], of_earlier_release: Document
) -> None:
    indexes.ensure(db)
    indexes.ensure(db)
    mission = db.missions.find_one({}, {"order": 1, "kind": 1, "_id": 0})
    assert mission == {"order": of_earlier_release["order"], "kind": "glider"}
    assert [change["tags"] for change in db.changes.find()] == [["basins"]]


def test_indexes_of_an_earlier_release_stay_until_they_are_dropped_explicitly(
    db: Database[Document], of_earlier_release: Document
) -> None:
    indexes.ensure(db)
    assert indexes.retired(db) == ["missions.platform"]
    assert indexes.drop_retired(db) == ["missions.platform"]
    assert "platform" not in db.missions.index_information()
    assert indexes.missing(db) == indexes.retired(db) == []
