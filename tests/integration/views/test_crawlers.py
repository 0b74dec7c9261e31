"""The sitemap and robots.txt, for search engines."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from pydantic import HttpUrl
from pymongo.database import Database

from app import create_app
from app.config import Settings
from app.views import crawlers
from tests import made_files
from tests.integration.views.conftest import HOSTILE

Page = Callable[[str], str]
ImportMission = Callable[..., None]
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
PAGES = ["/", "/map", "/data", "/missions", "/fleet", "/stats", "/updates"]


@pytest.fixture
def two_missions(import_mission: ImportMission) -> None:
    """A mission in the Bornholm Basin in 2021 and one of the same platform in 2020."""
    import_mission()
    import_mission(mission="20200913T1226", rows=made_files.rows())


def locations(text: str) -> list[str]:
    root = ElementTree.fromstring(text)  # noqa: S314 -- Our own response.
    return [str(element.text) for element in root.iterfind(".//s:loc", NAMES)]


def test_the_sitemap_of_an_empty_store_lists_only_the_fixed_pages(page: Page) -> None:
    assert [urlsplit(url).path for url in locations(page("/sitemap.xml"))] == PAGES


def test_the_sitemap_lists_platforms_basins_with_missions_and_missions(page: Page, two_missions: None) -> None:
    assert [urlsplit(url).path for url in locations(page("/sitemap.xml"))] == [
        *PAGES,
        "/fleet/sea001",
        "/basins/SEA-007",
        "/missions/sea001/20210629T2053",
        "/missions/sea001/20200913T1226",
    ]


def test_every_listed_url_works(client: FlaskClient, two_missions: None) -> None:
    urls = locations(client.get("/sitemap.xml").text)
    assert {url: client.get(urlsplit(url).path).status_code for url in urls} == dict.fromkeys(urls, 200)


def test_the_last_modification_is_the_time_of_the_last_data(page: Page, two_missions: None) -> None:
    text = page("/sitemap.xml")
    assert "/missions/sea001/20200913T1226</loc><lastmod>2020-09-13T12:49:40Z</lastmod>" in text
    assert "/fleet/sea001</loc><lastmod>2021-06-29T21:16:20Z</lastmod>" in text


def test_a_long_sitemap_is_split_into_files_with_the_same_urls(
    page: Page, two_missions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = locations(page("/sitemap.xml"))
    monkeypatch.setattr(crawlers, "_LARGEST", 5)
    parts = locations(page("/sitemap.xml"))
    assert [urlsplit(url).path for url in parts] == ["/sitemap-pages.xml", "/sitemap-2021.xml", "/sitemap-2020.xml"]
    assert [url for part in parts for url in locations(page(urlsplit(part).path))] == short


def test_a_mission_that_ends_with_the_year_is_in_one_file(page: Page, import_mission: ImportMission) -> None:
    midnight = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    import_mission(rows=made_files.rows(start_s=midnight - 23 * made_files.STEP_S))
    assert "/missions/" not in page("/sitemap-2023.xml")
    assert "<lastmod>2024-01-01T00:00:00Z</lastmod>" in page("/sitemap-2024.xml")


@pytest.mark.parametrize("path", ["/sitemap-1999.xml", "/sitemap-%00.xml", "/sitemap-x.xml", "/sitemap-٢٠٢١.xml"])
def test_an_unknown_part_is_404(client: FlaskClient, two_missions: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_names_are_escaped(client: FlaskClient, db: Database[dict[str, Any]], two_missions: None) -> None:
    db.platforms.update_one({"_id": "sea001"}, {"$set": {"serial": HOSTILE + "&"}})
    answer = client.get("/sitemap.xml")
    assert answer.mimetype == "application/xml"
    assert "<script" not in answer.text
    assert len(locations(answer.text)) == len(PAGES) + 4


def test_urls_begin_with_the_public_url(settings: Settings, db: Database[dict[str, Any]], two_missions: None) -> None:
    app = create_app(settings.model_copy(update={"public_url": HttpUrl("https://ocean.example/")}))
    visitor = app.test_client()
    hosts = {urlsplit(url)[:2] for url in locations(visitor.get("/sitemap.xml").text)}
    assert hosts == {("https", "ocean.example")}
    assert "Sitemap: https://ocean.example/sitemap.xml" in visitor.get("/robots.txt").text.splitlines()


def test_robots_may_read_pages_but_no_complete_data_sets(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert answer.text.splitlines()[:2] == ["User-agent: *", "Allow: /"]
    assert "Disallow: /api/v1/missions/*/data" in answer.text
    assert "Sitemap: http://localhost/sitemap.xml" in answer.text
