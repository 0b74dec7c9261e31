"""The observations of the last days."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from pymongo.database import Database

from app.queries import clock
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
    observations = rows(at_sea("/observations?days=1"))
    assert [(row["platform"], row["profile"], row["temperature"]) for row in observations] == [
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
    observations = rows(at_sea("/observations?days=1&simulated=include"))
    assert {row["platform"] for row in observations} == {"eva", "shadow"}


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


def test_too_many_rows_are_refused_with_advice(at_sea: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.queries.exports.MOST_RECENT_ROWS", 3)
    answer = at_sea("/observations")
    assert answer.status_code == 400
    assert "select fewer days" in answer.json["detail"]
