"""Search: what a name finds on the page and in the API, and what absurd questions are told."""

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
TakeIn = Callable[..., None]
MISSION = "/missions/sea001/20210629T2053"


@pytest.fixture
def two(take_in: TakeIn) -> None:
    """Two missions in the Bornholm Basin: one of sea001, whose project is Ålands Hav, and one of smilla77 (SEA077)."""
    take_in(project="Ålands Hav, SAMBA", title="Spring", wmo_id="6801234")
    take_in(platform="smilla77", mission="20220101T0000")


@pytest.fixture
def found(client: FlaskClient, two: None) -> Callable[[str], list[tuple[str, str, bool]]]:
    """(kind, id, exact) of what the API finds."""

    def ask(text: str, **more: str) -> list[tuple[str, str, bool]]:
        answer = client.get("/api/v1/search", query_string={"q": text, **more})
        assert answer.status_code == 200, answer.text
        return [(item["kind"], item["id"], item["exact"]) for item in answer.json["items"]]

    return ask


Found = Callable[..., list[tuple[str, str, bool]]]
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
def test_a_name_is_found_by_the_beginnings_of_its_words(
    found: Found, text: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert found(text) == expected


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
def test_missions_are_found_by_kind_and_by_what_they_measured(found: Found, text: str, missions: list[str]) -> None:
    assert [name for kind, name, _ in found(text) if kind == "mission"] == missions


def test_a_mission_is_found_by_the_number_that_people_give_it(
    client: FlaskClient, db: Database[dict[str, Any]], tools: context.ImportContext
) -> None:
    (report,) = importer.real([DEMO], tools)
    assert report.outcome == "stored", report.line()
    ask = lambda text: [item["id"] for item in client.get("/api/v1/search", query_string={"q": text}).json["items"]]  # noqa: E731
    assert ask("M17") == ask("sea077 m17") == ask("m17 temperature glider") == ["smilla77/20221208T1145"]
    assert ask("m18") == []


def test_a_store_of_an_earlier_release_learns_the_new_words(
    found: Found, db: Database[dict[str, Any]], tools: context.ImportContext
) -> None:
    db.search.update_many({}, {"$pull": {"keys": {"$regex": "^gli"}}})
    db.counters.delete_one({"_id": "search_words"})
    assert found("glider") == []
    indexes.ensure(db)
    rebuild.rebuild(tools.basin_map)
    assert len(found("glider")) == 4


def test_missions_come_newest_first_and_each_kind_is_cut_off(client: FlaskClient, found: Found) -> None:
    assert [name for kind, name, _ in found("2") if kind == "mission"] == [SPRING[1], SMILLA[1]]
    answer = client.get("/api/v1/search?q=s&limit=1").json
    assert answer["more"] == ["platform", "mission", "basin"]
    assert [item["kind"] for item in answer["items"]] == ["platform", "basin", "mission"]


def test_the_links_lead_to_pages(client: FlaskClient, two: None) -> None:
    links = [item["links"] for item in client.get("/api/v1/search?q=s&limit=1").json["items"]]
    addresses = [address for link in links for address in link.values()]
    assert len(addresses) == 6
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("SEA077", "/fleet/smilla77"),
        ("Bornholm Basin", "/basins/SEA-007"),
        ("sea001/20210629T2053", MISSION),
    ],
)
def test_the_one_thing_of_that_name_is_opened(client: FlaskClient, two: None, text: str, address: str) -> None:
    answer = client.get("/search", query_string={"q": text})
    assert (answer.status_code, answer.location) == (302, address)
    assert client.get(address).status_code == 200
    assert "data-found" in client.get("/search", query_string={"q": text, "show": "all"}).text


def test_the_page_groups_what_it_found(page: Page, two: None) -> None:
    html = page("/search?q=sea")
    assert {kind: f'data-kind="{kind}"' in html for kind in ("platform", "mission", "basin")} == dict.fromkeys(
        ("platform", "mission", "basin"), True
    )
    assert f'href="{MISSION}"' in html
    assert 'value="sea"' in html


def test_nothing_asked_and_nothing_found_are_explained(page: Page, two: None) -> None:
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
def test_an_absurd_question_gets_a_page(client: FlaskClient, two: None, text: str) -> None:
    answer = client.get("/search", query_string={"q": text})
    assert answer.status_code in {200, 302}
    assert "<script>alert" not in answer.text
    assert len(answer.data) < 40_000
    assert client.get("/api/v1/search", query_string={"q": text}).status_code in {200, 400}


def test_what_a_direction_mark_would_turn_around_is_not_repeated(page: Page, two: None) -> None:
    assert "\u202e" not in page("/search?q=%E2%80%AEzzz")


def test_simulated_ones_are_found_only_when_asked_for(take_in: TakeIn, found: Found, client: FlaskClient) -> None:
    take_in(platform="ghost", mission="20230101T0000", simulated="true")
    assert found("ghost") == []
    assert [name for _, name, _ in found("ghost", simulated="include")] == ["ghost", "ghost/20230101T0000"]
    assert client.get("/search?q=ghost").status_code == 200
    assert "Simulated</strong>" in client.get("/search?q=ghost&simulated=include&show=all").text


def test_what_an_earlier_release_stored_is_found_after_the_next_start(
    db: Database[dict[str, Any]], found: Found, tools: context.ImportContext
) -> None:
    db.drop_collection("search")
    db.counters.delete_one({"_id": "search_basins"})
    indexes.ensure(db)
    assert found("smilla") == []
    rebuild.rebuild(tools.basin_map)
    assert found("smil born") == []
    assert found("smil") == [("platform", "smilla77", False), SMILLA]
    assert found("born") == [("basin", "SEA-007", False)]


def test_a_renamed_mission_is_found_by_its_new_name_alone(take_in: TakeIn, found: Found) -> None:
    assert found("samba") == [SPRING]
    take_in(project="Else", date_modified="2030-01-01T00:00:00Z", mode="D")
    assert found("samba") == []
    assert found("else") == [SPRING]


def test_a_search_examines_no_more_than_it_gives(db: Database[dict[str, Any]], two: None) -> None:
    mission = documents.mission_from_document(db.missions.find_one({"_id": "smilla77/20220101T0000"}))
    entry = db.search.find_one({"_id": f"mission:{mission.id}"})
    db.search.insert_many([{**entry, "_id": f"mission:many/{number}"} for number in range(500)])
    query = {"kind": "mission", "simulated": False, "keys": "smil"}
    plan = db.search.find(query).sort([("order", 1), ("_id", 1)]).limit(26).explain()["executionStats"]
    assert plan["nReturned"] == 26
    assert plan["totalKeysExamined"] <= 2 * 26
    assert plan["totalDocsExamined"] <= 2 * 26
