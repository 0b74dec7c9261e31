"""The page about the data: its statements agree with the code, and its links work."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ingest.interpret.quality_control import WARNINGS

Page = Callable[[str], str]
ImportMission = Callable[..., None]
ROOT = Path(__file__).parents[3]
PAGES = ("/", "/missions/sea001/20210629T2053", "/fleet/sea001", "/basins/SEA-007", "/stats")


def test_every_warning_is_explained_and_no_other(page: Page) -> None:
    # `position_not_degrees` is a refusal now; missions of earlier releases may still have it as a warning.
    assert set(re.findall(r'id="warning-(\w+)"', page("/data"))) - {"position_not_degrees"} == set(WARNINGS)


def test_the_vocabulary_equals_that_of_the_import(page: Page) -> None:
    vocabulary = tomllib.loads((ROOT / "app/ingest/data/vocabulary.toml").read_text(encoding="utf-8"))
    table = page("/data").partition("data-vocabulary")[2].partition("</table>")[0]
    assert re.findall(r'variable=(\w+)">', table) == sorted(vocabulary)
    assert re.findall(r"</th>\s*<td>([^<]+)</td>", table) == [vocabulary[name]["unit"] for name in sorted(vocabulary)]


def test_the_listed_formats_equal_those_of_the_api(app: Flask, page: Page) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    mission = "/api/v1/missions/{platform}/{mission}"
    formats = {
        path: {
            part
            for parameter in paths[path]["get"]["parameters"]
            if parameter["name"] == "format"
            for part in parameter["schema"].get("enum", ())
        }
        for path in (f"{mission}/data", f"{mission}/track", f"{mission}/citation")
    }
    assert formats == {
        f"{mission}/data": {"csv", "netcdf"},
        f"{mission}/track": {"geojson", "kml"},
        f"{mission}/citation": {"text", "bibtex", "ris"},
    }
    html = page("/data")
    assert [query for query in ("format=netcdf", "format=kml", "format=bibtex") if query not in html] == []


@pytest.mark.parametrize("path", PAGES)
def test_figures_link_to_their_method_of_computation(page: Page, import_mission: ImportMission, path: str) -> None:
    import_mission()
    anchors = set(re.findall(r'class="how" href="/data#([\w-]+)"', page(path)))
    assert {"profile", "distance", "time-at-sea"} <= anchors
    assert anchors <= set(re.findall(r' id="([\w-]+)"', page("/data")))


def test_an_empty_store_shows_example_paths_without_links(page: Page) -> None:
    html = page("/data")
    assert "/api/v1/missions/PLATFORM/MISSION/data" in html
    assert 'href="/api/v1/missions/PLATFORM' not in html


def test_the_example_downloads_work(page: Page, import_mission: ImportMission, client: FlaskClient) -> None:
    import_mission()
    links = set(re.findall(r'href="(/api/v1/[^"]+)"><code>', page("/data").replace("&amp;", "&")))
    assert len(links) == 10
    assert {link: client.get(link, buffered=True).status_code for link in links} == dict.fromkeys(links, 200)
