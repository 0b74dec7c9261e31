"""The page of a basin."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.views import basins
from tests import made_files
from tests.integration.views.conftest import HOSTILE, value

Page = Callable[[str], str]
ImportMission = Callable[..., None]
SUMS = ("missions", "platforms", "profiles", "distance_m", "time_at_sea_s", "samples")
BORNHOLM = "/basins/SEA-007"


@pytest.fixture
def two_missions(import_mission: ImportMission) -> None:
    """Two missions in the Bornholm Basin, of two platforms."""
    import_mission()
    import_mission("sea002", "20200913T1226", rows=made_files.rows())


def test_the_sums_equal_those_of_the_api(page: Page, client: FlaskClient, two_missions: None) -> None:
    html = page(BORNHOLM)
    totals = client.get("/api/v1/basins/SEA-007").json["properties"]["totals"]
    assert totals["profiles"] == 8
    assert {name: float(value(html, f'data-figure="{name}"')) for name in SUMS} == {name: totals[name] for name in SUMS}


def test_a_basin_lists_its_missions_and_no_others(
    page: Page, import_mission: ImportMission, two_missions: None
) -> None:
    import_mission("sea003", rows=made_files.rows(lon=-40.0, lat=30.0))
    html = page(BORNHOLM)
    assert 'href="/missions/sea001/20210629T2053"' in html
    assert 'href="/missions/sea002/20200913T1226"' in html
    assert "sea003" not in html
    assert 'href="/missions?basin=SEA-007"' in html


def test_the_map_loads_the_outline_and_the_tracks_of_the_basin(
    page: Page, client: FlaskClient, two_missions: None
) -> None:
    html = page(BORNHOLM)
    assert 'data-area="/api/v1/basins/SEA-007"' in html
    tracks = html.split('data-tracks="')[1].split('"')[0].replace("&amp;", "&")
    assert {feature["properties"]["platform"] for feature in client.get(tracks).json["features"]} == {
        "sea001",
        "sea002",
    }


def test_an_approximate_outline_is_marked(page: Page, two_missions: None) -> None:
    assert "Outline: approximate, drawn for this project" in page(BORNHOLM)
    assert "data-outline" not in page("/basins/adriatic-sea")


def test_a_basin_without_missions_shows_a_note(page: Page, two_missions: None) -> None:
    html = page("/basins/adriatic-sea")
    assert 'data-empty="basin"' in html
    assert "data-figure" not in html


def test_missions_and_their_list_link_to_the_basin(page: Page, two_missions: None) -> None:
    assert f'href="{BORNHOLM}"' in page("/missions/sea001/20210629T2053")
    assert f'href="{BORNHOLM}"' in page("/missions")


def test_the_missions_of_a_basin_are_paged_by_key(
    page: Page, two_missions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basins, "_MISSIONS_A_PAGE", 1)
    first = page(BORNHOLM)
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert 'href="/missions/sea002/20200913T1226"' not in first
    assert 'href="/missions/sea002/20200913T1226"' in page(link)


def test_names_from_an_operators_file_are_escaped(page: Page, db: Database[dict[str, Any]], two_missions: None) -> None:
    db.basins.update_one({"_id": "SEA-007"}, {"$set": {"name": HOSTILE, "source": HOSTILE}})
    html = page(BORNHOLM)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


@pytest.mark.parametrize("after", ["x", "A" * 700, "%00"])
def test_a_bad_cursor_is_a_400_page_that_names_it(client: FlaskClient, two_missions: None, after: str) -> None:
    answer = client.get(f"{BORNHOLM}?after={after}")
    assert answer.status_code == 400
    assert 'error-detail">after: ' in answer.text


@pytest.mark.parametrize("name", ["unknown", "%00", "%3Cscript%3Ealert(1)", "$ne", "x" * 5000, "%ff"])
def test_an_unknown_basin_is_a_404_page(client: FlaskClient, two_missions: None, name: str) -> None:
    answer = client.get(f"/basins/{name}")
    assert answer.status_code == 404
    assert 'data-error="404"' in answer.text
    assert "<script>alert" not in answer.text


def test_a_basin_shows_simulated_missions_only_on_request(page: Page, import_mission: ImportMission) -> None:
    import_mission("sim001", simulated="true")
    basin = page("/missions?simulated=include").split('href="/basins/')[1].split('"')[0]
    assert "/missions/sim001/" not in page(f"/basins/{basin}")
    with_simulated = page(f"/basins/{basin}?simulated=include")
    assert "/missions/sim001/20210629T2053" in with_simulated
    assert 'data-simulated="include"' in with_simulated


def test_a_simulated_platform_shows_its_own_missions(page: Page, import_mission: ImportMission) -> None:
    import_mission("sim001", simulated="true")
    assert "/missions/sim001/20210629T2053" in page("/fleet/sim001")
