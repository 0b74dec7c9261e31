"""Missions have the operator's number beside their stamp wherever pages, feeds and plots name them."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.ingest import importer
from app.ingest.context import ImportContext
from tests.conftest import Seed
from tests.made_files import time_series

Page = Callable[[str], str]
STAMP = "20200913T1226"
MISSION = f"/missions/made/{STAMP}"
NAME = f"M17 {STAMP}"


@pytest.fixture(autouse=True)
def _mission(blank_pictures: None, tools: ImportContext, seed: Seed, tmp_path: Path) -> None:
    """Store a mission whose file has the operator's number in its name."""
    file = time_series(tmp_path / "nrt_made_M17.nc", attributes={"id": f"made-{STAMP}"})
    seed("a mission with the operator's number", lambda: list(importer.real([file], tools)))


def words(html: str) -> str:
    """The text of a part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize(
    ("path", "begin", "end", "shown"),
    [
        ("/", 'class="mission-card"', "</h3>", "made M17"),
        ("/", 'data-update="', "</li>", f"made M17 · Mission {NAME}: no data since"),
        ("/updates", "<tbody>", "</tr>", f"Mission {NAME}: no data since"),
        ("/updates.rss", "<item>", "</item>", f"Mission {NAME}: no data since"),
        ("/missions", "<tbody>", "</th>", f"made {NAME}"),
        ("/map", "<tbody>", "</th>", f"made {NAME}"),
        ("/map", "<tbody>", "</tr>", f"Show made {NAME} on the map"),
        ("/fleet/made", "<tbody>", "</th>", f"made {NAME}"),
        ("/search?q=m17&show=all", "<tbody>", "</th>", f"made {NAME}"),
        ("/status", 'data-label="Mission"', "</td>", NAME),
        (MISSION, "<title>", "</title>", f"made {NAME} ·"),
        (MISSION, 'class="crumbs"', "</nav>", NAME),
        (MISSION, "<h1>", "</h1>", f"made {NAME}"),
        (MISSION, "data-title", "data-file", f"made {NAME} ·"),
        (f"{MISSION}/plots/temperature", "<title>", "</title>", f"made {NAME} ·"),
        (f"{MISSION}/plots/temperature", 'class="crumbs"', "</nav>", f"made {NAME}"),
        (f"{MISSION}/plots/temperature", "<h1>", "</h1>", f"made {NAME}"),
        (f"{MISSION}/plots/temperature?embed=1", "<h1", "</h1>", f"made {NAME}"),
        (f"/api/v1{MISSION}/sections/temperature.svg", "<title>", "</title>", f"made {NAME} ·"),
        (f"/api/v1{MISSION}/track?format=kml", "<Folder>", "</name>", f"made {NAME}"),
    ],
)
def test_every_page_that_names_a_mission_has_its_number(
    page: Page, path: str, begin: str, end: str, shown: str
) -> None:
    part = begin + page(path).split(begin, 1)[1].split(end, 1)[0]
    assert shown in part or shown in words(part), words(part)


def test_maps_and_suggestions_have_the_number(client: FlaskClient) -> None:
    features = client.get("/api/v1/tracks").json["features"]
    found = client.get("/api/v1/search?q=made").json["items"]
    updates = client.get("/api/v1/updates").json["items"]
    assert {update["operator_number"] for update in updates} == {"M17"}
    assert {feature["properties"]["operator_number"] for feature in features} == {"M17"}
    assert {item["kind"]: item["operator_number"] for item in found} == {"mission": "M17", "platform": None}


def test_a_title_without_a_number_is_the_stamp_alone(page: Page, import_mission: Callable[..., None]) -> None:
    import_mission("sea001")
    assert "<title>sea001 20210629T2053 ·" in page("/missions/sea001/20210629T2053")
