"""The list of missions and the page of one."""

from collections.abc import Callable

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.views import missions
from tests import made_files
from tests.integration.views.conftest import SUMMER, value

Page = Callable[[str], str]
ImportMission = Callable[..., None]
MISSION = "/missions/sea001/20210629T2053"


@pytest.fixture
def two_missions(import_mission: ImportMission) -> None:
    """A delayed mission of project Alpha in 2021 and a real-time one of project Beta in 2020."""
    import_mission(project="Alpha", mode="D")
    rows = made_files.rows()
    rows["salinity"] = rows.pop("temperature")
    import_mission("sea002", "20200913T1226", rows=rows, project="Beta")


def test_an_empty_list_shows_a_note(page: Page) -> None:
    assert 'data-empty="store"' in page("/missions")


@pytest.mark.parametrize(
    "query", ["platform=sea001", "project=Alpha", "data_mode=D", "year=2021", "variable=temperature"]
)
def test_each_filter_in_the_url_narrows_the_list(page: Page, two_missions: None, query: str) -> None:
    html = page(f"/missions?{query}")
    assert f'href="{MISSION}"' in html
    assert 'href="/missions/sea002/20200913T1226"' not in html


def test_a_basin_narrows_the_list(page: Page, two_missions: None) -> None:
    assert 'data-empty="filters"' in page("/missions?basin=no-such-basin")


@pytest.mark.parametrize(("query", "first"), [("", MISSION), ("sort=oldest", "/missions/sea002/20200913T1226")])
def test_the_order_is_part_of_the_url(page: Page, two_missions: None, query: str, first: str) -> None:
    html = page(f"/missions?{query}").split("<tbody>")[1]
    assert html.split('href="')[1].split('"')[0] == first


def test_dates_narrow_the_list_and_the_count(page: Page, two_missions: None) -> None:
    html = page("/missions?from=2021-01-01&to=2021-12-31")
    assert value(html, 'data-count="missions"') == "1"
    assert f'href="{MISSION}"' in html


def test_simulated_missions_are_listed_only_on_request_and_marked(
    page: Page, two_missions: None, import_mission: ImportMission
) -> None:
    import_mission("sim001", "20220101T0000", simulated="true")
    assert "/missions/sim001/20220101T0000" not in page("/missions")
    with_simulated = page("/missions?simulated=include")
    assert "/missions/sim001/20220101T0000" in with_simulated
    assert 'data-simulated="include"' in with_simulated
    assert value(with_simulated, 'data-count="missions"') == "3"


def test_empty_filters_are_ignored(page: Page, two_missions: None) -> None:
    html = page("/missions?platform=&basin=&project=&data_mode=&year=&variable=")
    assert html.count('scope="row"') == 2


def test_the_form_shows_the_selected_filter(page: Page, two_missions: None) -> None:
    assert '<option value="Alpha" selected>Alpha</option>' in page("/missions?project=Alpha")


def test_the_list_is_paged_by_key(page: Page, two_missions: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missions, "_MISSIONS_A_PAGE", 1)
    first = page("/missions?variable=depth")
    assert 'data-empty="filters"' in first
    first = page("/missions")
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert MISSION in first
    assert 'href="/missions/sea002/20200913T1226"' in page(link)


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("year", "year=abc"),
        ("year", "year=%D9%A2%D9%A0%D9%A2%D9%A2"),
        ("data_mode", "data_mode=X"),
        ("platform", "platform=" + "x" * 201),
        ("project", "project=a%00b"),
        ("kind", "kind=submarine"),
        ("sort", "sort=colour"),
        ("simulated", "simulated=yes"),
        ("from", "from=yesterday"),
        ("to", "to=2021-02-30"),
        ("to", "from=2021-02-02&to=2021-01-01"),
        ("after", "after=nonsense"),
        ("after", "after=" + "A" * 700),
    ],
)
def test_a_bad_filter_is_a_400_page_that_names_it(client: FlaskClient, field: str, query: str) -> None:
    answer = client.get(f"/missions?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert f'error-detail">{field}: ' in answer.text


def test_a_mission_shows_its_figures(page: Page, import_mission: ImportMission) -> None:
    import_mission(mode="D")
    html = page(MISSION)
    assert value(html, 'data-figure="profiles"') == "4"
    assert value(html, 'data-figure="samples"') == "24"
    assert value(html, 'data-figure="max_depth_m"') == "50.0"
    assert ">Delayed</span>" in html


def test_a_warning_is_counted_and_explained(page: Page, import_mission: ImportMission) -> None:
    rows = made_files.rows(start_s=SUMMER)
    rows["depth"][0] = -0.3
    import_mission(rows=rows)
    html = page(MISSION)
    assert 'data-warning="depth_negative" data-count="1"' in html
    assert "These samples count as 0" in html


def test_declared_values_are_shown_beside_computed_ones(page: Page, import_mission: ImportMission) -> None:
    import_mission(geospatial_lat_max=70.5, time_coverage_start="2021-06-29T20:53:20Z")
    table = page(MISSION).split("data-declared")[1].split("</table>")[0]
    assert "geospatial_lat_max" in table
    assert "70.5" in table
    assert "55.5000°" in table
    assert "time_coverage_start" not in table


def test_variables_that_are_not_imported_are_named_with_the_reason(page: Page, import_mission: ImportMission) -> None:
    columns = made_files.rows(start_s=SUMMER)
    import_mission(rows={**columns, "turbidity_qc": columns["profile_index"]})

    html = page("/missions/sea001/20210629T2053")

    assert "<dt>turbidity_qc</dt><dd>it holds quality flags of no variable that is imported" in html


def test_the_share_of_good_values_is_shown(page: Page, import_mission: ImportMission) -> None:
    columns = made_files.rows(start_s=SUMMER)
    flags = np.ones(24)
    flags[:6] = [4, 3, 9, 2, 0, 8]
    import_mission(rows={**columns, "temperature_qc": flags})

    html = page(MISSION)

    assert "of 24 values with a flag, 20 (83.3 %) are good and 3 (12.5 %) are bad, probably bad or missing." in html
    assert 'data-good="temperature">83.3 %</td>' in html
    assert 'data-warning="value_flagged" data-count="3"' in html
    assert "quality=all" in html


def test_provenance_names_the_file_and_its_digest(page: Page, import_mission: ImportMission) -> None:
    import_mission()
    html = page(MISSION).split('id="provenance"')[1]
    assert "sea001-20210629T2053.nc" in html
    assert "SHA-256" in html


def test_an_earlier_version_is_listed(page: Page, import_mission: ImportMission) -> None:
    import_mission()
    import_mission(mode="D", rows=made_files.rows(profiles=6, start_s=SUMMER))
    html = page(MISSION)
    assert value(html, 'data-figure="profiles"') == "6"
    assert "data-earlier" in html


def test_profiles_are_paged_by_key(page: Page, import_mission: ImportMission, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missions, "_PROFILES_A_PAGE", 3)
    import_mission()
    first = page(MISSION)
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    table = page(link.split("#")[0]).split("data-profiles>")[1]
    assert table.count('<th scope="row"') == 1
    assert '<th scope="row" class="serial">4</th>' in table


def test_a_bad_profile_cursor_is_a_400_page_that_names_it(client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission()
    answer = client.get(f"{MISSION}?after=x")
    assert answer.status_code == 400
    assert 'error-detail">after: ' in answer.text


@pytest.mark.parametrize(
    "path", ["/missions/sea001/19990101T0000", "/missions/unknown/20210629T2053", "/missions/%00/%22"]
)
def test_an_unknown_mission_is_a_404_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'data-error="404"' in answer.text
