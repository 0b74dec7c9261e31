"""A glider without profiles, or with profiles but without their positions: its distance is unknown, not 0."""

import csv
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from tests import made_files

ImportMission = Callable[..., None]
MISSION = "/api/v1/missions/sea001/20200913T1226"


@pytest.fixture
def without_positions(import_mission: ImportMission) -> None:
    """A mission of four profiles whose only position is that of a sample at the surface before them."""
    columns: dict[str, Any] = made_files.rows()
    columns["profile_index"][0] = 0
    for name in ("longitude", "latitude"):
        columns[name] = np.where(np.arange(24) == 0, columns[name], np.nan)
    import_mission("sea001", "20200913T1226", rows=columns)


def test_the_distance_of_a_glider_without_profiles_is_unknown(
    client: FlaskClient, import_mission: ImportMission
) -> None:
    columns = {name: values for name, values in made_files.rows().items() if name not in ("depth", "profile_index")}
    import_mission("sea001", "20200913T1226", rows=columns)

    page = client.get("/missions/sea001/20200913T1226").text
    body = client.get(MISSION).json

    assert 'data-figure="distance_m" value="">unknown</data>' in page
    assert "Without profiles the distance is unknown." in page
    assert (body["distance_m"], body["profiles"], body["max_depth_m"]) == (None, 0, None)
    assert 'data-sum="distance_m" value="">unknown</data>' in client.get("/missions").text


@pytest.mark.parametrize(
    ("path", "hook"),
    [
        ("/missions/sea001/20200913T1226", "data-figure"),
        ("/missions", "data-sum"),
        ("/fleet", "data-sum"),
        ("/fleet/sea001", "data-figure"),
        ("/stats", "data-sum"),
    ],
)
def test_pages_show_the_distance_of_profiles_without_positions_as_unknown(
    client: FlaskClient, without_positions: None, path: str, hook: str
) -> None:
    page = client.get(path).text

    assert f'{hook}="distance_m" value="">unknown</data>' in page


def test_the_api_and_exports_leave_the_distance_of_profiles_without_positions_out(
    client: FlaskClient, without_positions: None
) -> None:
    body = client.get(MISSION).json
    track = client.get(f"{MISSION}/track").json
    (row,) = csv.DictReader(client.get("/api/v1/stats?by=platform&format=csv").text.splitlines())

    assert (body["profiles"], body["distance_m"], body["by_year"][0]["distance_m"]) == (4, None, None)
    assert [feature["properties"]["distance_m"] for feature in track["features"]] == [None]
    assert client.get("/api/v1/platforms/sea001").json["distance_m"] is None
    assert client.get("/api/v1/totals").json["fleet"]["distance_m"] is None
    assert row["distance (m)"] == ""


@pytest.mark.parametrize("path", [f"{MISSION}/track?format=kml", "/api/v1/export?format=kml"])
def test_kml_leaves_the_distance_of_profiles_with_one_position_out(
    client: FlaskClient, import_mission: ImportMission, path: str
) -> None:
    columns = made_files.rows()
    for name in ("longitude", "latitude"):
        columns[name] = np.where(columns["profile_index"] == 1, columns[name], np.nan)
    import_mission("sea001", "20200913T1226", rows=columns)

    kml = client.get(path).text

    assert '<Data name="profiles"><value>4</value>' in kml
    assert "distance_m" not in kml


def test_the_update_about_an_end_leaves_an_unknown_distance_out(client: FlaskClient, without_positions: None) -> None:
    text = " ".join(client.get("/updates").text.split())

    assert "treated as ended. 23 min, 4 profiles" in text
    assert "4 profiles, unknown" not in text
