"""What holds on every page: text is escaped, nothing is inline, links lead somewhere."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.integration.views.conftest import HOSTILE

PAGES = ["/", "/missions", "/missions/sea001/20210629T2053", "/fleet/sea001", "/api/v1/docs"]
SAID = ["title", "comment", "project", "institution", "license", "doi", "citation", "glider_name", "glider_model"]
Page = Callable[[str], str]


@pytest.fixture(autouse=True)
def hostile(take_in: Callable[..., None]) -> None:
    """A mission whose every attribute is an attack."""
    take_in(**dict.fromkeys(SAID, HOSTILE), geospatial_lat_max=1.0, contributor_name=HOSTILE, contributor_role="PI")


@pytest.mark.parametrize("path", PAGES)
def test_text_from_files_is_escaped(page: Page, path: str) -> None:
    html = page(path)
    assert "<script>alert" not in html
    assert HOSTILE not in html


def test_hostile_text_is_shown_as_it_is(page: Page) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page("/missions/sea001/20210629T2053")


@pytest.mark.parametrize("query", ["platform", "project", "variable", "basin"])
def test_hostile_filters_are_escaped(page: Page, query: str) -> None:
    assert "<script>alert" not in page(f"/missions?{query}=%3Cscript%3Ealert(1)%3C/script%3E")


def test_hostile_addresses_are_escaped_on_error_pages(client: FlaskClient) -> None:
    answer = client.get("/fleet/%3Cscript%3Ealert(1)")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
def test_nothing_is_inline(client: FlaskClient, path: str) -> None:
    html = client.get(path).text
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html) == []


@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
def test_nothing_comes_from_another_host(client: FlaskClient, path: str) -> None:
    assert re.findall(r'(?:src|data-tracks|data-land)="(?!/)[^"]*"|<link[^>]+href="(?!/)', client.get(path).text) == []


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_to_a_page_that_exists(client: FlaskClient, page: Page, path: str) -> None:
    links = {link.replace("&amp;", "&").split("#")[0] for link in re.findall(r'<a [^>]*?href="(/[^"]*)"', page(path))}
    assert {link: client.get(link, buffered=True).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_title_a_heading_and_a_skip_link(page: Page, path: str) -> None:
    html = page(path)
    assert html.count("<h1") == 1
    assert 'href="#content"' in html
    assert re.search(r"<title>[^<]*Halocline[^<]*</title>", html)
