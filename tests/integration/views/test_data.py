"""The page about the data: what it says is what the code does, and what it links to is there."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ingest.interpret.quality_control import WARNINGS

Page = Callable[[str], str]
TakeIn = Callable[..., None]
ROOT = Path(__file__).parents[3]
PAGES = ("/", "/missions/sea001/20210629T2053", "/fleet/sea001", "/basins/SEA-007", "/stats")


def test_every_warning_is_explained_and_no_other(page: Page) -> None:
    # A refusal that a warning once was may stay for missions of earlier releases.
    assert set(re.findall(r'id="warning-(\w+)"', page("/data"))) - {"position_not_degrees"} == set(WARNINGS)


def test_the_vocabulary_is_that_of_the_import(page: Page) -> None:
    known = tomllib.loads((ROOT / "app/ingest/data/vocabulary.toml").read_text(encoding="utf-8"))
    table = page("/data").partition("data-vocabulary")[2].partition("</table>")[0]
    assert re.findall(r'variable=(\w+)">', table) == sorted(known)
    assert re.findall(r"</th>\s*<td>([^<]+)</td>", table) == [known[name]["unit"] for name in sorted(known)]


def test_the_offered_forms_are_those_of_the_api(app: Flask, page: Page) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    own = "/api/v1/missions/{platform}/{mission}"
    forms = {
        path: {part for parameter in paths[path]["get"]["parameters"] for part in parameter["schema"].get("enum", ())}
        for path in (f"{own}/data", f"{own}/track", f"{own}/citation")
    }
    assert forms == {
        f"{own}/data": {"csv", "netcdf"},
        f"{own}/track": {"geojson", "kml"},
        f"{own}/citation": {"text", "bibtex", "ris"},
    }
    offered = page("/data")
    assert [form for form in ("format=netcdf", "format=kml", "format=bibtex") if form not in offered] == []


@pytest.mark.parametrize("path", PAGES)
def test_figures_link_to_how_they_are_computed(page: Page, take_in: TakeIn, path: str) -> None:
    take_in()
    anchors = set(re.findall(r'class="how" href="/data#([\w-]+)"', page(path)))
    assert {"profile", "distance", "time-at-sea"} <= anchors
    assert anchors <= set(re.findall(r' id="([\w-]+)"', page("/data")))


def test_an_empty_store_is_told_how_addresses_look(page: Page) -> None:
    html = page("/data")
    assert "/api/v1/missions/PLATFORM/MISSION/data" in html
    assert 'href="/api/v1/missions/PLATFORM' not in html


def test_the_example_downloads_are_there(page: Page, take_in: TakeIn, client: FlaskClient) -> None:
    take_in()
    links = set(re.findall(r'href="(/api/v1/[^"]+)"><code>', page("/data").replace("&amp;", "&")))
    assert len(links) == 8
    assert {link: client.get(link, buffered=True).status_code for link in links} == dict.fromkeys(links, 200)
