"""A basin contains the missions of its parts: on its page, in filters, API, statistics, search and sitemap."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domain.basins import BasinMap
from app.ingest import context, importer
from app.ingest.formats import basin_polygons
from app.ingest.interpret.identity import Options
from tests import made_files
from tests.integration.views.conftest import value

Page = Callable[[str], str]
# Each area is a square of one degree on the equator; a file of `rows` reaches 0.03 degrees to the east.
WEST = {"test-sea": 0.0, "test-gulf": 2.0, "test-bay": 4.0, "other-sea": 6.0}
PART_OF = {"test-gulf": "test-sea", "test-bay": "test-gulf"}


def areas() -> dict[str, Any]:
    """A sea, its gulf with a bay, and another sea, as GeoJSON."""
    features = []
    for basin_id, west in WEST.items():
        ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
        name = basin_id.replace("-", " ").title()
        properties = {"name": name, **({"part_of": PART_OF[basin_id]} if basin_id in PART_OF else {})}
        polygon = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": properties, "geometry": polygon})
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture
def three_missions(db: Any, tools: context.ImportContext, tmp_path: Path) -> None:
    """A mission in gulf and bay (half its profiles in each), one in the bay, and one in the other sea."""
    folder = tmp_path / "basins"
    folder.mkdir()
    (folder / "areas.geojson").write_text(json.dumps(areas()), encoding="utf-8")
    basins = tuple(basin_polygons.known(folder))
    own_tools = replace(tools, basins=basins, basin_map=BasinMap(basins))
    both = made_files.rows(lon=2.5, lat=0.5)
    both["longitude"][12:] += 2.0
    # Two degrees in a minute: the positions would be flagged.
    both["time"][12:] += 2 * 86_400.0
    for platform, rows in {
        "sea001": both,
        "sea002": made_files.rows(lon=4.5, lat=0.5),
        "sea003": made_files.rows(lon=6.5, lat=0.5),
    }.items():
        path = made_files.time_series(tmp_path / f"{platform}.nc", rows)
        options = Options(platform=platform, mission="20200913T1226")
        (report,) = importer.real([path], replace(own_tools, options=options))
        assert report.outcome == "stored", report.line()


def missions_in(client: FlaskClient, basin: str) -> list[str]:
    return sorted(item["platform"] for item in client.get(f"/api/v1/missions?basin={basin}").json["items"])


@pytest.mark.parametrize("basin", ["test-sea", "test-gulf"])
def test_page_filter_and_api_of_a_basin_include_its_parts(
    page: Page, client: FlaskClient, three_missions: None, basin: str
) -> None:
    html = page(f"/basins/{basin}")
    assert missions_in(client, basin) == ["sea001", "sea002"]
    assert [f'data-mission="{name}/' in html for name in ("sea001", "sea002", "sea003")] == [True, True, False]
    assert [f"/missions/{name}/" in page(f"/missions?basin={basin}") for name in ("sea002", "sea003")] == [True, False]


def test_the_pages_of_basins_link_to_each_other(page: Page, three_missions: None) -> None:
    gulf = page("/basins/test-gulf")
    parts = gulf.split("data-parts")[1].split("</section>")[0]
    assert 'href="/basins/test-bay"' in parts
    assert "2 missions" in parts
    assert 'href="/basins/test-sea"' in gulf.split('class="crumbs"')[1].split("</nav>")[0]
    assert "data-parts" not in page("/basins/other-sea")


def test_a_basin_counts_missions_and_kilometres_of_its_parts_once(client: FlaskClient, three_missions: None) -> None:
    of_basin = {item["key"]: item for item in client.get("/api/v1/stats?by=basin").json["items"]}
    fleet = client.get("/api/v1/totals").json["fleet"]
    assert {key: item["missions"] for key, item in of_basin.items()} == {
        "other-sea": 1,
        "test-bay": 2,
        "test-gulf": 2,
        "test-sea": 2,
    }
    assert {key: item["part_of"] for key, item in of_basin.items() if item["part_of"]} == PART_OF
    for figure in ("profiles", "distance_m", "time_at_sea_s"):
        # The distance in the other sea is unknown: its positions are too far apart for their times.
        whole = of_basin["test-sea"][figure] + (of_basin["other-sea"][figure] or 0)
        assert whole == pytest.approx(fleet[figure])
    assert of_basin["test-gulf"]["profiles"] == of_basin["test-sea"]["profiles"] == 8
    assert of_basin["test-bay"]["profiles"] == 6


def test_a_mission_names_its_smallest_basins_and_those_around_them(
    page: Page, client: FlaskClient, three_missions: None
) -> None:
    mission = client.get("/api/v1/missions/sea001/20200913T1226").json
    assert {basin["id"]: basin["share"] for basin in mission["basins"]} == {"test-bay": 0.5, "test-gulf": 0.5}
    assert {basin["id"]: basin["share"] for basin in mission["larger_basins"]} == {"test-gulf": 1.0, "test-sea": 1.0}
    assert "Test Sea</a>" in page("/missions/sea001/20200913T1226").split("<dt>Part of</dt>")[1].split("</dd>")[0]


def test_the_statistics_show_parts_below_their_basin(page: Page, three_missions: None) -> None:
    rows = page("/stats").split('data-statistics="basin"')[1].split("</section>")[0].split("data-scope=")[1:]
    assert [row.split('"')[1] for row in rows] == [
        "basin:test-sea",
        "basin:test-gulf",
        "basin:test-bay",
        "basin:other-sea",
    ]
    assert float(value(rows[0], "time_at_sea_s")) == float(value(rows[1], "time_at_sea_s"))


def test_the_form_lists_basins_as_a_tree(page: Page, three_missions: None) -> None:
    options = page("/missions").split('id="filter-basin"')[1].split("</select>")[0]
    assert options.count("\u2003") == 3
    assert options.index("Other Sea") < options.index("Test Sea") < options.index("\u2003Test Gulf")
    assert options.index("\u2003Test Gulf") < options.index("\u2003\u2003Test Bay")


def test_search_and_sitemap_contain_basins_whose_parts_have_missions(page: Page, three_missions: None) -> None:
    results = page("/search?q=test").split('data-kind="basin"')[1].split("</section>")[0]
    assert results.count("2 missions") == 3
    assert "in the Test Gulf, Test Sea · 2 missions" in results
    assert "/basins/test-sea</loc>" in page("/sitemap.xml")


def test_the_map_draws_a_basin_whose_parts_have_missions(client: FlaskClient, three_missions: None) -> None:
    outlines = client.get("/api/v1/outlines").json["features"]
    assert {each["id"]: each["properties"]["missions"] for each in outlines} == {
        "other-sea": 1,
        "test-bay": 2,
        "test-gulf": 2,
        "test-sea": 2,
    }
    assert client.get("/api/v1/basins/test-gulf").json["properties"]["part_of"] == "test-sea"


def test_the_area_of_a_basin_includes_its_parts(client: FlaskClient, three_missions: None) -> None:
    outlines = {each["id"]: each for each in client.get("/api/v1/outlines").json["features"]}
    for basin, pieces, east in (("test-sea", 3, 5.0), ("test-gulf", 2, 5.0), ("test-bay", 1, 5.0)):
        for drawn in (client.get(f"/api/v1/basins/{basin}").json, outlines[basin]):
            polygons = drawn["geometry"]["coordinates"]
            assert (len(polygons), drawn["bbox"][2]) == (pieces, east)
