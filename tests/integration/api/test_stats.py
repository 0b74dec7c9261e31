"""Statistics: JSON and CSV of the same derived sums."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from pymongo.database import Database

Get = Callable[..., Any]
BY = ["year", "basin", "platform"]


@pytest.mark.parametrize("by", BY)
def test_csv_and_json_hold_the_same_figures(get: Get, by: str) -> None:
    items = get(f"/stats?by={by}").json["items"]
    answer = get(f"/stats?by={by}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == f"attachment; filename=halocline-{by}.csv"
    assert [row[by] for row in rows] == [item["key"] for item in items]
    assert [int(row["profiles"]) for row in rows] == [item["profiles"] for item in items]
    assert [float(row["distance (m)"]) for row in rows] == [item["distance_m"] for item in items]
    assert [float(row["time_at_sea (s)"]) for row in rows] == [item["time_at_sea_s"] for item in items]


def test_years_and_basins_equal_those_of_the_totals(get: Get) -> None:
    totals = get("/totals").json
    scopes = {by: [item["scope"] for item in get(f"/stats?by={by}").json["items"]] for by in ("year", "basin")}
    assert scopes == {
        "year": [year["scope"] for year in totals["years"]],
        "basin": [basin["scope"] for basin in totals["basins"]],
    }


@pytest.mark.parametrize("query", ["by=month", "by=", "by=%00"])
def test_an_unknown_kind_is_refused(get: Get, query: str) -> None:
    assert [error["field"] for error in get(f"/stats?{query}").json["errors"]] == ["by"]


@pytest.mark.parametrize("query", ["format=xlsx", "format="])
def test_an_unknown_format_is_refused(get: Get, query: str) -> None:
    assert [error["field"] for error in get(f"/stats?{query}").json["errors"]] == ["format"]


def test_a_name_that_is_a_formula_is_escaped(get: Get, db: Database[Any]) -> None:
    db.basins.update_many({}, {"$set": {"name": "=1+1"}})
    assert ",'=1+1," in get("/stats?by=basin&format=csv").text


def test_a_csv_with_a_matching_etag_is_304(get: Get) -> None:
    etag = get("/stats?format=csv").headers["ETag"]
    assert get("/stats?format=csv", headers={"If-None-Match": etag}).status_code == 304


def test_only_rows_of_years_have_an_uptime(get: Get) -> None:
    (basin,) = get("/stats?by=basin").json["items"]
    assert [basin[name] for name in ("year", "under_way_s", "elapsed_s", "uptime_percent", "mean_at_sea")] == [None] * 5
    assert basin["basin"] == basin["key"]
