"""Sailbuoys on the pages and in the API: no profiles and depths, everything else as for gliders."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import context, importer
from tests.conftest import Seed
from tests.integration.views.conftest import value
from tests.made_sailbuoys import STEPS, fixes, logs, measured, moved

Page = Callable[[str], str]
MISSION = "/missions/sb2016/20220501T0600"


@pytest.fixture
def sailbuoy(tools: context.ImportContext, seed: Seed, tmp_path: Path) -> None:
    """A mission of three days at 60 north, with a jump."""

    def import_logs() -> None:
        rows = fixes()
        rows[200] = moved([rows[200]], Lat=62.0)[0]
        (report,) = importer.real([logs(tmp_path, rows, measured(rows))], tools)
        assert report.outcome == "stored", report.line()

    seed("sailbuoy", import_logs)


@pytest.mark.usefixtures("sailbuoy")
def test_the_page_of_a_mission_shows_no_profiles_and_no_depths(page: Page) -> None:
    html = page(MISSION)
    assert float(value(html, 'data-figure="distance_m"')) == pytest.approx(55_800, abs=1)
    assert value(html, 'data-figure="samples"') == str(STEPS + 1)
    assert [
        word for word in ("profiles<", "Profiles<", "Depth of each", "Deepest<", "Vertical distance") if word in html
    ] == []
    assert "SB2016pld.csv" in html
    assert 'data-warning="position_jump" data-count="1"' in html
    assert "(sailbuoy: 4 m/s)" in html


@pytest.mark.usefixtures("sailbuoy")
@pytest.mark.parametrize("path", ["/", "/missions", "/missions?kind=sailbuoy", "/fleet", "/fleet/sb2016"])
def test_lists_show_a_sailbuoy_without_profiles(page: Page, path: str) -> None:
    html = page(path)
    assert "sb2016" in html
    assert 'data-sum="profiles"' not in html
    assert 'data-figure="profiles"' not in html
    assert "0 profiles" not in html


@pytest.mark.usefixtures("sailbuoy")
def test_the_card_of_an_active_sailbuoy_shows_no_profiles(
    page: Page, tools: context.ImportContext, tmp_path: Path, db: Database[dict[str, Any]]
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    rows = fixes(start_at=now - timedelta(days=3, hours=1))
    tools_of_tomorrow = replace(tools, span=replace(tools.span, latest_ms=tools.span.latest_ms + 86_400_000))
    list(importer.real([logs(tmp_path, rows, buoy="SB2121")], tools_of_tomorrow))
    html = page("/")
    assert "sb2121" in html
    assert "profiles</span>" not in html


@pytest.mark.usefixtures("sailbuoy")
def test_tracks_have_the_kind_of_their_platform(client: FlaskClient) -> None:
    features = client.get("/api/v1/tracks").get_json()["features"]
    assert [feature["properties"]["platform_kind"] for feature in features] == ["sailbuoy", "sailbuoy"]
    track, last_position = client.get("/api/v1/missions/sb2016/20220501T0600/track").get_json()["features"]
    assert len(track["geometry"]["coordinates"][0]) == STEPS
    assert (track["properties"]["hidden"], track["properties"]["profiles"]) == (1, 0)
    assert (last_position["geometry"]["coordinates"], last_position["properties"]["max_depth_m"]) == (
        [11.0, 60.0],
        None,
    )


@pytest.mark.usefixtures("sailbuoy")
def test_the_api_serves_a_mission_and_its_samples(client: FlaskClient) -> None:
    path = "/api/v1/missions/sb2016/20220501T0600"
    mission = client.get(path).get_json()
    assert (mission["kind"], mission["profiles"], mission["max_depth_m"], mission["vertical_m"]) == (
        "sailbuoy",
        0,
        None,
        0,
    )
    assert client.get(f"{path}/profiles").get_json()["items"] == []
    lines = client.get(f"{path}/data").text.splitlines()
    assert len(lines) == STEPS + 2
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (first["profile"], first["longitude (degrees_east)"], first["salinity (1)"]) == ("0", "10.0", "7.1")
    assert [m["mission"] for m in client.get("/api/v1/missions?kind=sailbuoy").get_json()["items"]] == ["20220501T0600"]
    assert client.get("/api/v1/missions?kind=glider").get_json()["items"] == []


@pytest.mark.usefixtures("sailbuoy")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/missions/sb2016/20220501T0600/data?format=netcdf", 200),
        ("/missions/sb2016/20220501T0600/sections", 200),
        ("/missions/sb2016/20220501T0600/sections/temperature", 200),
        ("/missions/sb2016/20220501T0600/ts", 404),
        ("/missions/sb2016/20220501T0600/profiles/1", 404),
        ("/missions/sb2016/20220501T0600/citation", 200),
        ("/export?platform=sb2016", 200),
        ("/export?platform=sb2016&format=netcdf", 200),
        ("/observations?days=1", 200),
        ("/search?q=sb2016", 200),
    ],
)
def test_every_resource_of_a_mission_works_without_profiles(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(f"/api/v1{path}")
    assert (answer.status_code, len(answer.data) > 0) == (status, True)


@pytest.mark.usefixtures("sailbuoy")
def test_the_import_of_an_exported_netcdf_gives_the_same_mission(
    client: FlaskClient, tools: context.ImportContext, tmp_path: Path
) -> None:
    path = "/api/v1/missions/sb2016/20220501T0600"
    mission = client.get(path, buffered=True).get_json()
    exported = tmp_path / "exported.nc"
    exported.write_bytes(client.get(f"{path}/data?format=netcdf", buffered=True).data)
    (report,) = importer.dry([exported], tools)
    assert report.outcome == "stored"
    imported = report.mission or {}
    names = ("platform", "mission", "samples", "profiles", "start_at", "end_at")
    assert {name: imported[name] for name in names} == {name: mission[name] for name in names}
    assert imported["distance_m"] == pytest.approx(mission["distance_m"])
    assert imported["basins"] == mission["basins"]
