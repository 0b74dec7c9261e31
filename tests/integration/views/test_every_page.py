"""Rules for every page: text is escaped, no inline script or style, no foreign host, every link works."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.integration.views.conftest import HOSTILE

PAGES = (
    "/",
    "/missions",
    "/missions/sea001/20210629T2053",
    "/missions/sea001/20210629T2053/plots/temperature",
    "/fleet",
    "/fleet/sea001",
    "/basins/SEA-007",
    "/stats",
    "/updates",
    "/status",
    "/data",
    "/search",
    "/search?q=sea",
    "/api/v1/docs",
)
ATTRIBUTES = ("title", "comment", "project", "institution", "license", "doi", "citation", "glider_name", "glider_model")
FILTERS = ("platform", "project", "variable", "basin")
INLINE = re.compile(r'<style|\sstyle=|\son[a-z]+=|<script(?!(?:[^>]*\ssrc=| type="application/ld\+json">))')
ELSEWHERE = re.compile(r'(?:src|data-tracks|data-land)="(?!/)[^"]*"|<link[^>]+href="(?!/)')
LINK = re.compile(r'<a [^>]*?href="(/[^"]*)"')


@pytest.fixture(autouse=True)
def hostile(import_mission: Callable[..., None]) -> None:
    """A mission with a script injection in every attribute."""
    import_mission(
        **dict.fromkeys(ATTRIBUTES, HOSTILE), geospatial_lat_max=1.0, contributor_name=HOSTILE, contributor_role="PI"
    )


@pytest.fixture
def html(client: FlaskClient) -> dict[str, str]:
    """Every page and one that does not exist, by path."""
    return {path: client.get(path, buffered=True).text for path in (*PAGES, "/nowhere")}


def test_text_from_files_is_escaped_and_shown(html: dict[str, str]) -> None:
    everything = "".join(html.values())
    assert "<script>alert" not in everything
    assert HOSTILE not in everything
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html["/missions/sea001/20210629T2053"]


def test_hostile_filters_are_escaped(client: FlaskClient) -> None:
    shown = [client.get("/missions", query_string={name: HOSTILE}) for name in FILTERS]
    assert [answer.status_code for answer in shown] == [200] * len(FILTERS)
    assert "<script>alert" not in "".join(answer.text for answer in shown)


def test_hostile_paths_are_escaped_on_error_pages(client: FlaskClient) -> None:
    answer = client.get("/fleet/%3Cscript%3Ealert(1)")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


def test_no_script_and_no_style_is_inline(html: dict[str, str]) -> None:
    assert {path: INLINE.findall(text) for path, text in html.items()} == {path: [] for path in html}


def test_nothing_is_loaded_from_another_host(html: dict[str, str]) -> None:
    assert {path: ELSEWHERE.findall(text) for path, text in html.items()} == {path: [] for path in html}


def test_every_link_works(client: FlaskClient, html: dict[str, str]) -> None:
    links = {link.replace("&amp;", "&").split("#")[0] for text in html.values() for link in LINK.findall(text)}
    assert len(links) > len(PAGES)
    assert {link: client.get(link, buffered=True).status_code for link in links} == dict.fromkeys(links, 200)


def test_every_page_has_a_title_a_heading_and_a_skip_link(html: dict[str, str]) -> None:
    assert {path: text.count("<h1") for path, text in html.items()} == dict.fromkeys(html, 1)
    assert all('href="#content"' in text for text in html.values())
    assert all(re.search(r"<title>[^<]*Halocline[^<]*</title>", text) for text in html.values())
