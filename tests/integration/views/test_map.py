"""The map of all missions: the table without scripts lists the missions that the script draws."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.views import maps
from tests import made_files
from tests.integration.views.conftest import HOSTILE, value

Page = Callable[[str], str]
ImportMission = Callable[..., None]


@pytest.fixture
def three_missions(import_mission: ImportMission) -> None:
    """Missions of two platforms in 2020 and 2021, one of them delayed and of a project."""
    import_mission()
    import_mission("sea001", "20200913T1226", rows=made_files.rows(), project="SAMBA")
    import_mission("sea002", "20200914T0000", rows=made_files.rows(start_s=1_600_100_000.0), mode="D")


def listed(html: str) -> list[str]:
    """The missions of the table, in its order."""
    return re.findall(r'<tr data-track="([^"]*)"', html)


def drawn(client: FlaskClient, html: str) -> list[str]:
    """The missions that the script draws, in their order."""
    url = html.split('data-tracks="')[1].split('"')[0].replace("&amp;", "&")
    features = client.get(url, buffered=True).json["features"]
    return [f["id"].removesuffix("/track") for f in features if f["properties"]["kind"] == "track"]


CHOICES = {
    "": 3,
    "?platform=sea001": 2,
    "?year=2020": 2,
    "?year=2020&platform=sea001": 1,
    "?basin=SEA-007": 3,
    "?basin=SEA-006": 0,
    "?project=SAMBA": 1,
    "?data_mode=D": 1,
    "?kind=glider": 3,
    "?kind=sailbuoy": 0,
    "?variable=temperature": 3,
    "?from=2021-01-01": 1,
    "?to=2020-12-31": 2,
    "?from=2020-09-14&to=2020-12-31": 1,
    "?sort=oldest": 3,
    "?year=&platform=": 3,
    "?utm_source=elsewhere": 3,
}


def test_the_table_lists_the_missions_that_the_script_draws(
    page: Page, client: FlaskClient, three_missions: None
) -> None:
    pages = {query: page(f"/map{query}") for query in CHOICES}
    assert {query: listed(html) for query, html in pages.items()} == {
        query: drawn(client, html) for query, html in pages.items()
    }
    assert {query: len(listed(html)) for query, html in pages.items()} == CHOICES


def test_the_page_shows_the_number_of_missions(page: Page, three_missions: None) -> None:
    html = page("/map?year=2020")
    assert value(html, 'data-count="missions"') == "2"
    assert "Showing <data data-listed>2</data> of" in html


def test_missions_are_paged_by_key(
    page: Page, client: FlaskClient, three_missions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "_MISSIONS_A_PAGE", 2)
    first = page("/map?kind=glider")
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = page(link)
    assert [*listed(first), *listed(second)] == [
        "sea001/20210629T2053",
        "sea002/20200914T0000",
        "sea001/20200913T1226",
    ]
    assert listed(second) == drawn(client, second)
    assert 'rel="next"' not in second
    assert 'href="/map?kind=glider" rel="first"' in second


def test_the_slider_spans_all_data_of_the_other_filters(page: Page, three_missions: None) -> None:
    whole = page("/map?platform=sea001&from=2021-01-01")
    assert 'data-from="2020-09-13T12:26:40Z"' in whole
    assert 'data-to="2021-06-29T' in whole


def test_filters_without_missions_show_a_note(page: Page, three_missions: None) -> None:
    html = page("/map?year=1999")
    assert 'data-empty="filters"' in html
    assert "data-timeline" not in html
    assert listed(html) == []


def test_an_empty_store_shows_a_note(page: Page) -> None:
    assert 'data-empty="store"' in page("/map")


def test_simulated_missions_are_listed_only_on_request_and_marked(
    page: Page, client: FlaskClient, import_mission: ImportMission
) -> None:
    import_mission("sim001", simulated="true")
    assert listed(page("/map")) == []
    with_simulated = page("/map?simulated=include")
    assert listed(with_simulated) == drawn(client, with_simulated) == ["sim001/20210629T2053"]
    assert '<strong class="simulated">' in with_simulated
    assert 'data-simulated="include"' in with_simulated


def test_text_from_files_and_queries_is_escaped(page: Page, client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission(project=HOSTILE, glider_name=HOSTILE)
    answers = [
        client.get("/map", query_string={name: HOSTILE}) for name in ("platform", "project", "basin", "variable")
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    everything = page("/map") + "".join(answer.text for answer in answers)
    assert "<script>alert" not in everything
    assert HOSTILE not in everything


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=%00", "after"),
        ("year=never", "year"),
        ("data_mode=X", "data_mode"),
        ("kind=boat", "kind"),
        ("from=yesterday", "from"),
        ("from=2022-01-02&to=2022-01-01", "to"),
        ("simulated=yes", "simulated"),
        ("platform=%00", "platform"),
    ],
)
def test_an_invalid_parameter_is_a_400_page_that_names_it(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/map?{query}")
    assert answer.status_code == 400
    assert f'error-detail">{field}: ' in answer.text


def test_the_navigation_links_to_the_map(page: Page, three_missions: None) -> None:
    assert '<a href="/map">Map</a>' in page("/")
    assert '<a href="/map" aria-current="page">Map</a>' in page("/map")
