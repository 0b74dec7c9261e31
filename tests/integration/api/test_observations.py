"""The observations of the last days."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import product
from typing import Any

import pytest
from pymongo.database import Database

from app.api.v1 import observations
from app.queries import clock, cursors
from tests.integration.api.conftest import make_mission, make_samples, store

Get = Callable[..., Any]
NOW = datetime(2024, 9, 3, 12, 20, tzinfo=UTC)


@pytest.fixture
def at_sea(get: Get, db: Database[Any], monkeypatch: pytest.MonkeyPatch) -> Get:
    """A glider that measured 30, 20 and 3 hours ago, once also outside profiles, and a simulated one an hour ago."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    span = {"start_at": NOW - timedelta(days=5), "end_at": NOW - timedelta(hours=3) + timedelta(seconds=1)}
    mission = make_mission(platform="eva", mission="20240829T1220", **span)
    store(db, mission, ((16.0, 55.0), (16.1, 55.1)))
    shadow = make_mission(platform="shadow", mission="20240903T1100", simulated=True, start_at=NOW, end_at=NOW)
    store(db, shadow)
    place = {"longitude": ("f8", [16.0, 16.1]), "latitude": ("f8", [55.0, 55.1]), "depth": ("f8", [1.0, 2.0])}
    db.samples.insert_many(
        [
            make_samples(mission, number, NOW - timedelta(hours=hours), **place, temperature=("f4", [hours, 5.3]))
            for number, hours in ((1, 30), (2, 20), (3, 3))
        ]
    )
    # Samples outside profiles: they begin with the mission and continue until now.
    rest = make_samples(mission, 0, NOW - timedelta(days=5), **place, temperature=("f4", [1.5, 2.5]))
    db.samples.insert_one(rest)
    db.samples.insert_one(make_samples(shadow, 1, NOW, **place, temperature=("f4", [9.0, 9.0])))
    return get


def rows(answer: Any) -> list[dict[str, Any]]:
    body = answer.get_json()
    return [dict(zip(body["columns"], row, strict=True)) for row in body["rows"]]


def test_rows_are_of_the_last_days(at_sea: Get) -> None:
    recent = rows(at_sea("/observations?days=1"))
    assert [(row["platform"], row["profile"], row["temperature"]) for row in recent] == [
        ("eva", 2, 20.0),
        ("eva", 2, 5.3),
        ("eva", 3, 3.0),
        ("eva", 3, 5.3),
    ]


def test_more_days_give_more_rows(at_sea: Get) -> None:
    assert [row["profile"] for row in rows(at_sea("/observations?days=2"))] == [1, 1, 2, 2, 3, 3]
    assert len(rows(at_sea("/observations?days=30"))) == 8


def test_a_row_has_its_mission_time_and_place(at_sea: Get) -> None:
    first = rows(at_sea("/observations?days=0.5"))[0]
    assert list(first.values())[:8] == ["eva", "20240829T1220", "D", "2024-09-03T09:20:00.000Z", 3, 16.0, 55.0, 1.0]
    assert list(first)[:8] == [
        *("platform", "mission", "data_mode", "time", "profile"),
        *("longitude", "latitude", "depth"),
    ]


def test_a_variable_that_a_platform_does_not_measure_is_null(at_sea: Get) -> None:
    *_, (name, value), (measured, _) = rows(at_sea("/observations?days=0.5"))[0].items()
    assert (name[:4], value, measured) == ("=cmd", None, "temperature")


def test_csv_has_the_same_rows(at_sea: Get) -> None:
    json_rows = rows(at_sea("/observations?days=2"))
    csv_rows = list(csv.DictReader(StringIO(at_sea("/observations?days=2&format=csv").text)))
    assert [float(row["temperature (Celsius)"]) for row in csv_rows] == [row["temperature"] for row in json_rows]
    assert [row["time (UTC)"] for row in csv_rows] == [row["time"] for row in json_rows]


def test_only_the_requested_variable_is_returned(at_sea: Get) -> None:
    answer = at_sea("/observations?days=1&variable=temperature").get_json()
    assert answer["columns"][8:] == ["temperature"]
    assert answer["units"][8:] == ["Celsius"]


def test_filters_exclude_other_missions(at_sea: Get) -> None:
    assert len(rows(at_sea("/observations?platform=EVA"))) == 4
    assert rows(at_sea("/observations?platform=smilla77")) == []
    assert len(rows(at_sea("/observations?basin=SEA-007"))) == 4
    assert rows(at_sea("/observations?basin=SEA-006")) == []


def test_simulated_rows_are_returned_only_on_request(at_sea: Get) -> None:
    recent = rows(at_sea("/observations?days=1&simulated=include"))
    assert {row["platform"] for row in recent} == {"eva", "shadow"}


def test_the_etag_is_valid_until_the_end_of_the_hour(at_sea: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"If-None-Match": at_sea("/observations").headers["ETag"]}
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=39))
    assert at_sea("/observations", headers=headers).status_code == 304
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=40))
    assert at_sea("/observations", headers=headers).status_code == 200


def test_new_data_change_the_etag(at_sea: Get, db: Database[Any]) -> None:
    headers = {"If-None-Match": at_sea("/observations").headers["ETag"]}
    db.missions.update_one({"_id": "eva/20240829T1220"}, {"$set": {"figures.samples": 9}})
    assert at_sea("/observations", headers=headers).status_code == 200


@pytest.mark.parametrize("days", ["0", "31", "-1", "nan", "inf", "x", "0.01"])
def test_invalid_days_are_refused(get: Get, days: str) -> None:
    answer = get(f"/observations?days={days}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "days")


def paged(get: Get, path: str) -> list[Any]:
    """The responses of all pages, by the cursors of their bodies."""
    answers = [get(path)]
    while (cursor := answers[-1].get_json()["next"]) is not None:
        answers.append(get(f"{path}&cursor={cursor}"))
    return answers


@pytest.mark.parametrize("most_values", [9, 30, 60])
def test_pages_together_have_all_rows(at_sea: Get, monkeypatch: pytest.MonkeyPatch, most_values: int) -> None:
    path = "/observations?days=2&simulated=include"
    whole = at_sea(path)
    monkeypatch.setattr(observations, "_MOST_VALUES", most_values)
    pages = paged(at_sea, path)

    assert len(pages) > 1
    assert [row for page in pages for row in rows(page)] == rows(whole)
    assert whole.get_json()["next"] is None
    assert "Link" not in whole.headers
    assert len({page.headers["ETag"] for page in pages}) == len(pages)
    assert all(page.get_json()["columns"] == whole.get_json()["columns"] for page in pages)


def test_the_link_of_a_csv_page_leads_to_the_next_one(at_sea: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/observations?days=2&format=csv&variable=temperature"
    _, *lines = at_sea(path).text.splitlines()
    monkeypatch.setattr(observations, "_MOST_VALUES", 9)
    first = at_sea(path)
    link = re.fullmatch('</api/v1(/observations[?].*)>; rel="next"', first.headers["Link"])
    assert link is not None
    second = at_sea(link[1])

    assert first.text.splitlines()[1:] + second.text.splitlines()[1:] == lines[:4]
    assert lines[4:]


def test_all_pages_have_the_window_of_the_first(at_sea: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observations, "_MOST_VALUES", 9)
    first = at_sea("/observations?days=2").get_json()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=5))
    second = at_sea(f"/observations?days=2&cursor={first['next']}").get_json()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=40))
    too_late = at_sea(f"/observations?days=2&cursor={first['next']}")

    assert second["since"] == first["since"]
    assert (too_late.status_code, too_late.json["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    "cursor", ["x", "W10", cursors.encode("a", "b", "c"), cursors.encode(NOW + timedelta(1), "", NOW)]
)
def test_a_forged_cursor_is_refused(get: Get, cursor: str) -> None:
    answer = get(f"/observations?cursor={cursor}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "cursor")


def test_a_page_is_bounded_in_values(at_sea: Get, db: Database[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    long = make_mission(platform="long", mission="20240902T0000", start_at=NOW - timedelta(days=2), end_at=NOW)
    store(db, long)
    documents = [
        make_samples(long, number, NOW - timedelta(minutes=40 * number), temperature=("f4", [float(number)] * 100))
        for number in range(1, 31)
    ]
    db.samples.insert_many(documents)
    monkeypatch.setattr(observations, "_MOST_VALUES", 5_000)
    pages = [page.get_json() for page in paged(at_sea, "/observations?days=1")]

    assert sum(len(page["rows"]) for page in pages) == 4 + 3000
    assert max(len(page["rows"]) for page in pages) <= 5_000 // len(pages[0]["columns"]) + 100


def test_rows_before_the_window_do_not_fill_pages(get: Get, db: Database[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    since = NOW.replace(minute=0) - timedelta(days=1)
    # The whole mission of a sailbuoy is outside profiles; only the last 1000 rows are in the window.
    begins = (NOW - timedelta(days=20), since - timedelta(seconds=4000))
    buoys = [
        make_mission(platform=name, mission="20240814T1220", kind="sailbuoy", start_at=begins[0], end_at=NOW)
        for name in ("sb1", "sb2")
    ]
    for buoy, (part, begin) in product(buoys, enumerate(begins)):
        document = make_samples(buoy, 0, begin, temperature=("f4", [1.5] * 5000))
        db.samples.insert_one(document | {"_id": f"{buoy.id}/{part}", "part": part})
    _ = [store(db, buoy) for buoy in buoys]
    whole = get("/observations?days=1").get_json()
    monkeypatch.setattr(observations, "_MOST_VALUES", 2000 * len(whole["columns"]))
    page = get("/observations?days=1").get_json()

    assert [row[0] for row in page["rows"]] == ["sb1"] * 1000 + ["sb2"] * 1000
    assert page["next"] is None
    assert page == whole
