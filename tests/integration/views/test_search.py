"""Search: the results of names on the page and in the API, and the responses to absurd queries."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import context, importer
from app.ingest.derive import rebuild
from app.store import documents, indexes
from tests.integration.views.conftest import HOSTILE

DEMO = Path(__file__).parents[3] / "demo" / "nrt_SEA077_M17.nc"
Page = Callable[[str], str]
ImportMission = Callable[..., None]
MISSION = "/missions/sea001/20210629T2053"


@pytest.fixture
def two_missions(import_mission: ImportMission) -> None:
    """Two missions in the Bornholm Basin: one of sea001, whose project is Ålands Hav, and one of smilla77 (SEA077)."""
    import_mission(project="Ålands Hav, SAMBA", title="Spring", wmo_id="6801234")
    import_mission(platform="smilla77", mission="20220101T0000")


@pytest.fixture
def results_of(client: FlaskClient, two_missions: None) -> Callable[[str], list[tuple[str, str, bool]]]:
    """The results of the API as (kind, id, exact)."""

    def search(text: str, **filters: str) -> list[tuple[str, str, bool]]:
        answer = client.get("/api/v1/search", query_string={"q": text, **filters})
        assert answer.status_code == 200, answer.text
        return [(item["kind"], item["id"], item["exact"]) for item in answer.json["items"]]

    return search


Results = Callable[..., list[tuple[str, str, bool]]]
SMILLA = ("mission", "smilla77/20220101T0000", False)
SPRING = ("mission", "sea001/20210629T2053", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smil", [("platform", "smilla77", False), SMILLA]),
        ("SMILLA", [("platform", "smilla77", True), SMILLA]),
        ("sea077", [("platform", "smilla77", True), SMILLA]),
        ("SEA077 Smilla", [("platform", "smilla77", True), SMILLA]),
        ("077", [("platform", "smilla77", False), SMILLA]),
        ("6801234", [("platform", "sea001", True)]),
        ("WMO 6801234", [("platform", "sea001", True)]),
        ("20220101T0000", [("mission", "smilla77/20220101T0000", True)]),
        ("2022-01-01", [SMILLA]),
        ("Smilla77-20220101T0000", [("mission", "smilla77/20220101T0000", True)]),
        ("alands hav", [SPRING]),
        ("ÅLANDS", [SPRING]),
        ("hav samba", [SPRING]),
        ("samba smilla", []),
        ("born", [("basin", "SEA-007", False)]),
        ("sea-007", [("basin", "SEA-007", True)]),
        ("lands", []),
    ],
)
def test_a_name_matches_by_prefixes_of_its_words(
    results_of: Results, text: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert results_of(text) == expected


@pytest.mark.parametrize(
    ("text", "missions"),
    [
        ("glider", ["sea001/20210629T2053", "smilla77/20220101T0000"]),
        ("Glider sea077", ["smilla77/20220101T0000"]),
        ("sailbuoy", []),
        ("temperature", ["sea001/20210629T2053", "smilla77/20220101T0000"]),
        ("TEMP samba", ["sea001/20210629T2053"]),
        ("te", []),
        ("chla", []),
        ("M17", []),
    ],
)
def test_missions_match_by_platform_kind_and_measured_variable(
    results_of: Results, text: str, missions: list[str]
) -> None:
    assert [name for kind, name, _ in results_of(text) if kind == "mission"] == missions


def test_a_mission_matches_by_its_short_number(
    client: FlaskClient, db: Database[dict[str, Any]], tools: context.ImportContext
) -> None:
    (report,) = importer.real([DEMO], tools)
    assert report.outcome == "stored", report.line()
    ids = lambda text: [item["id"] for item in client.get("/api/v1/search", query_string={"q": text}).json["items"]]  # noqa: E731
    assert ids("M17") == ids("sea077 m17") == ids("m17 temperature glider") == ["smilla77/20221208T1145"]
    assert ids("m18") == []


def test_an_upgrade_adds_the_new_words_to_the_search_index(
    results_of: Results, db: Database[dict[str, Any]], tools: context.ImportContext
) -> None:
    db.search.update_many({}, {"$pull": {"keys": {"$regex": "^gli"}}})
    db.counters.delete_one({"_id": "search_words"})
    assert results_of("glider") == []
    indexes.ensure(db)
    rebuild.rebuild(tools.basin_map)
    assert len(results_of("glider")) == 4


def test_missions_are_newest_first_and_each_kind_has_a_limit(client: FlaskClient, results_of: Results) -> None:
    assert [name for kind, name, _ in results_of("2") if kind == "mission"] == [SPRING[1], SMILLA[1]]
    answer = client.get("/api/v1/search?q=s&limit=1").json
    assert answer["more"] == ["platform", "mission", "basin"]
    assert [item["kind"] for item in answer["items"]] == ["platform", "basin", "mission"]


def test_the_links_of_the_results_work(client: FlaskClient, two_missions: None) -> None:
    links = [item["links"] for item in client.get("/api/v1/search?q=s&limit=1").json["items"]]
    paths = [path for group in links for path in group.values()]
    assert len(paths) == 6
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("SEA077", "/fleet/smilla77"),
        ("Bornholm Basin", "/basins/SEA-007"),
        ("sea001/20210629T2053", MISSION),
    ],
)
def test_an_exact_match_opens_its_page(client: FlaskClient, two_missions: None, text: str, path: str) -> None:
    answer = client.get("/search", query_string={"q": text})
    assert (answer.status_code, answer.location) == (302, path)
    assert client.get(path).status_code == 200
    assert "data-found" in client.get("/search", query_string={"q": text, "show": "all"}).text


def test_the_page_groups_results_by_kind(page: Page, two_missions: None) -> None:
    html = page("/search?q=sea")
    assert {kind: f'data-kind="{kind}"' in html for kind in ("platform", "mission", "basin")} == dict.fromkeys(
        ("platform", "mission", "basin"), True
    )
    assert f'href="{MISSION}"' in html
    assert 'value="sea"' in html


def test_an_empty_query_and_an_empty_result_are_explained(page: Page, two_missions: None) -> None:
    assert 'data-empty="question"' in page("/search")
    assert 'data-empty="question"' in page("/search?q=%20%09")
    assert 'data-empty="search"' in page("/search?q=zzz")


ABSURD = (
    "x" * 1_000_000,
    "\x00",
    "a\x00b",
    "\u202esmilla",
    ".*",
    "(((((a+)+)+)+$",
    '{"$where": "sleep(9999)"}',
    "$ne",
    "../../etc/passwd",
    "%ff%fe",
    "\ufdfa" * 200,
    "ﷺ " * 1000,
    "a b c d e f g h i j k l",
    HOSTILE,
    "= = =",
)


@pytest.mark.parametrize("text", ABSURD, ids=lambda text: text[:12].encode("unicode_escape").decode())
def test_an_absurd_query_gets_a_page(client: FlaskClient, two_missions: None, text: str) -> None:
    answer = client.get("/search", query_string={"q": text})
    assert answer.status_code in {200, 302}
    assert "<script>alert" not in answer.text
    assert len(answer.data) < 40_000
    assert client.get("/api/v1/search", query_string={"q": text}).status_code in {200, 400}


def test_direction_marks_of_a_query_are_removed(page: Page, two_missions: None) -> None:
    assert "\u202e" not in page("/search?q=%E2%80%AEzzz")


def test_simulated_missions_match_only_on_request(
    import_mission: ImportMission, results_of: Results, client: FlaskClient
) -> None:
    import_mission(platform="ghost", mission="20230101T0000", simulated="true")
    assert results_of("ghost") == []
    assert [name for _, name, _ in results_of("ghost", simulated="include")] == ["ghost", "ghost/20230101T0000"]
    assert client.get("/search?q=ghost").status_code == 200
    assert "Simulated</strong>" in client.get("/search?q=ghost&simulated=include&show=all").text


def test_missions_of_an_earlier_release_match_after_the_next_start(
    db: Database[dict[str, Any]], results_of: Results, tools: context.ImportContext
) -> None:
    db.drop_collection("search")
    db.counters.delete_one({"_id": "search_basins"})
    indexes.ensure(db)
    assert results_of("smilla") == []
    rebuild.rebuild(tools.basin_map)
    assert results_of("smil born") == []
    assert results_of("smil") == [("platform", "smilla77", False), SMILLA]
    assert results_of("born") == [("basin", "SEA-007", False)]


def test_a_renamed_mission_matches_by_its_new_name_alone(import_mission: ImportMission, results_of: Results) -> None:
    assert results_of("samba") == [SPRING]
    import_mission(project="Else", date_modified="2030-01-01T00:00:00Z", mode="D")
    assert results_of("samba") == []
    assert results_of("else") == [SPRING]


def test_a_search_examines_about_as_many_documents_as_it_returns(
    db: Database[dict[str, Any]], two_missions: None
) -> None:
    mission = documents.mission_from_document(db.missions.find_one({"_id": "smilla77/20220101T0000"}))
    entry = db.search.find_one({"_id": f"mission:{mission.id}"})
    db.search.insert_many([{**entry, "_id": f"mission:many/{number}"} for number in range(500)])
    query = {"kind": "mission", "simulated": False, "keys": "smil"}
    plan = db.search.find(query).sort([("order", 1), ("_id", 1)]).limit(26).explain()["executionStats"]
    assert plan["nReturned"] == 26
    assert plan["totalKeysExamined"] <= 2 * 26
    assert plan["totalDocsExamined"] <= 2 * 26


@pytest.mark.parametrize("text", ["SAMBA_2021_spring", "samba 2021", "Voice of the Ocean", "ocean spring"])
def test_a_mission_matches_by_dataset_id_and_institution(
    client: FlaskClient, import_mission: ImportMission, text: str
) -> None:
    import_mission(dataset_id="SAMBA_2021_spring", institution="Voice of the Ocean", title="Spring")
    import_mission("sea002", "20210701T0000")
    items = client.get("/api/v1/search", query_string={"q": text}).json["items"]
    assert [item["id"] for item in items if item["kind"] == "mission"] == ["sea001/20210629T2053"]


def test_a_dataset_id_opens_the_page_of_its_mission(client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission(dataset_id="SAMBA_2021_spring")
    assert client.get("/search?q=samba_2021_spring").headers["Location"] == MISSION
