"""Updates on the page, in the feed and in the API: their content, their times, and that each appears once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from pydantic import HttpUrl
from pymongo.database import Database

from app import create_app
from app.config import Settings
from app.queries import clock
from app.views import updates
from tests import made_files
from tests.integration.views.conftest import HOSTILE, SUMMER

Page = Callable[[str], str]
ImportMission = Callable[..., None]
BEGUN = datetime.fromtimestamp(SUMMER, UTC)
ENDED = BEGUN + timedelta(minutes=23)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A function that sets the clock of the portal."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def api_updates(client: FlaskClient) -> Callable[..., list[dict[str, Any]]]:
    """A function that returns the updates of the API."""
    return lambda **query: client.get("/api/v1/updates", query_string=query).json["items"]


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [update["id"] for update in items]


def feed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())  # noqa: S314 -- Our own response.


def test_an_empty_store_has_no_updates(page: Page, client: FlaskClient) -> None:
    assert 'data-empty="store"' in page("/updates")
    assert client.get("/api/v1/updates").json == {"items": [], "next": None}
    assert feed(page("/updates.rss")).findall("channel/item") == []
    assert "withdrawals and restorations" in page("/updates")
    assert feed(page("/updates.rss")).findtext("channel/description", "").endswith("withdrawals and restorations.")


def test_an_active_mission_is_a_deployment_without_an_end(
    import_mission: ImportMission, api_updates: Callable[..., Any], at: Callable[..., None]
) -> None:
    import_mission()
    at(ENDED + timedelta(days=3) - timedelta(seconds=1))
    assert ids(api_updates()) == ["deployment/sea001/20210629T2053"]
    at(ENDED + timedelta(days=14) - timedelta(seconds=1))
    assert ids(api_updates()) == ["silent/sea001/20210629T2053", "deployment/sea001/20210629T2053"]


def test_fourteen_days_of_silence_are_treated_as_an_end(
    import_mission: ImportMission, api_updates: Callable[..., Any], at: Callable[..., None]
) -> None:
    import_mission()
    at(ENDED + timedelta(days=14))
    first, _, second = api_updates()
    assert (first["id"], first["end_reason"], first["at"]) == (
        "end/sea001/20210629T2053",
        "silence",
        "2021-06-29T21:16:20.000Z",
    )
    assert second["at"] == second["published_at"] == "2021-06-29T20:53:20.000Z"


def test_new_data_remove_an_end_by_silence(
    import_mission: ImportMission, api_updates: Callable[..., Any], at: Callable[..., None]
) -> None:
    import_mission()
    at(ENDED + timedelta(days=15))
    assert len(api_updates()) == 3
    import_mission(rows=made_files.rows(profiles=10 * 24 * 2, start_s=SUMMER))
    assert ids(api_updates()) == ["silent/sea001/20210629T2053", "deployment/sea001/20210629T2053"]


def test_the_next_mission_of_a_platform_ends_the_one_before(
    import_mission: ImportMission, api_updates: Callable[..., Any], at: Callable[..., None]
) -> None:
    import_mission()
    import_mission(mission="20210701T2053", rows=made_files.rows(start_s=SUMMER + 2 * 86_400))
    at(BEGUN + timedelta(days=3))
    assert ids(api_updates()) == [
        "deployment/sea001/20210701T2053",
        "end/sea001/20210629T2053",
        "deployment/sea001/20210629T2053",
    ]


def test_delayed_data_are_one_update_also_when_replaced(
    import_mission: ImportMission, api_updates: Callable[..., Any]
) -> None:
    import_mission()
    import_mission(mode="D")
    (before,) = api_updates(kind="delayed")
    import_mission(mode="D", rows=made_files.rows(profiles=5, start_s=SUMMER))
    (after,) = api_updates(kind="delayed")
    (over,) = api_updates(kind="end")
    assert (over["profiles"], over["end_reason"]) == (5, "silence")
    assert (after["id"], after["at"], after["published_at"]) == (before["id"], before["at"], before["published_at"])


def test_a_second_import_of_the_same_file_is_no_update(
    import_mission: ImportMission, api_updates: Callable[..., Any]
) -> None:
    import_mission()
    before = api_updates()
    import_mission()
    assert api_updates() == before


def test_pages_list_every_update_once_while_updates_are_added(
    import_mission: ImportMission, client: FlaskClient, at: Callable[..., None]
) -> None:
    import_mission("sea001")
    import_mission("sea002")
    at(ENDED + timedelta(days=15))
    first = client.get("/api/v1/updates?limit=5").json
    import_mission("sea003", "20210713T2053", rows=made_files.rows(start_s=SUMMER + 14 * 86_400 + 7200))
    rest = client.get(f"/api/v1/updates?limit=5&cursor={first['next']}").json
    assert ids(first["items"] + rest["items"]) == [
        "end/sea001/20210629T2053",
        "end/sea002/20210629T2053",
        "silent/sea001/20210629T2053",
        "silent/sea002/20210629T2053",
        "deployment/sea001/20210629T2053",
        "deployment/sea002/20210629T2053",
    ]
    assert rest["next"] is None


def test_the_page_is_paged_by_key(page: Page, import_mission: ImportMission, monkeypatch: pytest.MonkeyPatch) -> None:
    import_mission()
    monkeypatch.setattr(updates, "_UPDATES_A_PAGE", 1)
    first = page("/updates")
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert 'data-update="end/sea001/20210629T2053"' in first
    assert first.count("data-update=") == 1
    assert 'data-update="silent/sea001/20210629T2053"' in page(link)


@pytest.mark.parametrize("query", [{"kind": "deployment"}, {"platform": "SEA002"}, {"kind": "x"}], ids=str)
def test_page_feed_and_api_agree_on_filters(
    client: FlaskClient, import_mission: ImportMission, query: dict[str, str]
) -> None:
    import_mission()
    import_mission("sea002")
    html = client.get("/updates", query_string=query)
    rss = client.get("/updates.rss", query_string=query)
    api = client.get("/api/v1/updates", query_string=query)
    assert html.status_code == rss.status_code == api.status_code
    expected = ids((api.json or {}).get("items", []))
    shown = [part.split('"')[0] for part in html.text.split('data-update="')[1:]]
    assert shown == expected
    guids = [part.split("<")[0] for part in rss.text.split(">halocline:")[1:]]
    assert guids == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=news", "kind"),
        ("platform=" + "x" * 201, "platform"),
        ("platform=%00", "platform"),
        ("simulated=yes", "simulated"),
        ("after=x", "after"),
        ("after=" + "A" * 700, "after"),
        ("after=%00", "after"),
    ],
)
def test_an_invalid_parameter_is_a_400_page_that_names_it(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/updates?{query}")
    assert answer.status_code == 400
    assert f'error-detail">{field}: ' in answer.text


def test_the_page_states_the_rule_of_an_end(page: Page) -> None:
    assert "it has sent no data for 14 days" in page("/updates")


def test_the_feed_is_valid_rss(page: Page, client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission(mode="D")
    answer = client.get("/updates.rss")
    assert answer.mimetype == "application/rss+xml"
    root = feed(answer.text)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root.find("channel")
    assert channel is not None
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert own.attrib == {"href": "http://localhost/updates.rss", "rel": "self", "type": "application/rss+xml"}
    assert [str(channel.findtext(name)) for name in ("title", "link", "language")] == [
        "Halocline updates",
        "http://localhost/updates",
        "en",
    ]
    items = channel.findall("item")
    dates = [parsedate_to_datetime(str(item.findtext("pubDate"))) for item in items]
    assert dates == sorted(dates, reverse=True)
    assert parsedate_to_datetime(str(channel.findtext("lastBuildDate"))) == dates[0]
    assert [item.find("guid").attrib for item in items] == [{"isPermaLink": "false"}] * 4  # type: ignore[union-attr]
    assert {client.get(urlsplit(str(item.findtext("link"))).path).status_code for item in items} == {200}
    assert {item.findtext("guid") for item in items} == {
        f"halocline:{kind}/sea001/20210629T2053" for kind in ("deployment", "silent", "end", "delayed")
    }


def test_hostile_names_leave_the_feed_valid(
    page: Page, import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    import_mission()
    hostile = HOSTILE + "]]>&\x01\x1f\ufffe\u202e"
    db.platforms.update_one({"_id": "sea001"}, {"$set": {"serial": hostile, "name": None}})
    root = feed(page("/updates.rss"))
    titles = [item.findtext("title") for item in root.iterfind(".//item")]
    assert titles[0] == "End of mission: " + HOSTILE + "]]>&\ufffd\ufffd\ufffd\u202e 20210629T2053"
    assert "<script>alert" not in page("/updates") + page("/")


def test_the_feed_names_the_public_url(settings: Settings, import_mission: ImportMission) -> None:
    import_mission()
    app = create_app(settings.model_copy(update={"public_url": HttpUrl("https://ocean.example/")}))
    root = feed(app.test_client().get("/updates.rss").text)
    links = [str(link.text) for link in root.iterfind(".//link")]
    assert {urlsplit(link)[:2] for link in links} == {("https", "ocean.example")}


def test_a_feed_with_a_matching_etag_is_304(client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission()
    etag = client.get("/updates.rss").headers["ETag"]
    assert client.get("/updates.rss", headers={"If-None-Match": etag}).status_code == 304


def test_simulated_missions_are_listed_only_on_request(
    client: FlaskClient, page: Page, import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    import_mission()
    db.updates.update_many({}, {"$set": {"simulated": True}})
    assert "data-update=" not in page("/updates")
    assert client.get("/api/v1/updates").json["items"] == []
    html = page("/updates?simulated=include")
    assert html.count("data-update=") == 3
    assert html.count('<strong class="simulated">') == 4
    assert page("/updates.rss?simulated=include").count("(simulated)") == 3


def test_the_landing_page_shows_the_latest_updates(page: Page, import_mission: ImportMission) -> None:
    import_mission()
    html = page("/")
    assert html.index('data-update="end/') < html.index('data-update="deployment/')
    assert 'rel="alternate" type="application/rss+xml"' in html


def test_a_list_examines_only_the_documents_that_it_returns(
    import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    import_mission()
    template = db.updates.find_one({})
    db.updates.insert_many(
        [
            {**template, "_id": f"u{n}", "platform": f"p{n % 7}", "shown_from": BEGUN + timedelta(hours=n)}  # type: ignore[dict-item]
            for n in range(300)
        ]
    )
    query = {"simulated": False, "platform": "p3", "shown_from": {"$lte": BEGUN + timedelta(hours=200)}}
    plan = db.updates.find(query).sort([("shown_from", -1), ("_id", 1)]).limit(10).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 10


def test_a_new_profile_of_an_active_mission_logs_no_change_of_the_updates(
    import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    recent = datetime.now(UTC).timestamp() - 86_400
    import_mission(rows=made_files.rows(start_s=recent))
    before = db.changes.count_documents({"tags": "updates"})
    import_mission(rows=made_files.rows(profiles=5, start_s=recent))
    assert before == db.changes.count_documents({"tags": "updates"}) == 1
    over = db.updates.find_one({"kind": "end"}) or {}
    assert over["profiles"] == 5


def test_silence_is_described_and_dated_alike_on_every_page(
    page: Page, import_mission: ImportMission, at: Callable[..., None]
) -> None:
    import_mission()
    at(ENDED + timedelta(days=15))
    pages = [page("/"), page("/updates"), page("/updates.rss")]
    assert ["no data since 29 Jun 2021; treated as ended" in html for html in pages] == [True] * 3
    assert ["ecovery" in html for html in pages] == [False] * 3
    shown = [html.split('data-update="end/')[1].split("</")[0:6] for html in pages[:2]]
    assert [any("2021-06-29 21:16 UTC" in part for part in parts) for parts in shown] == [True, True]
    assert ["2021-07-13" in html for html in pages[:2]] == [False, False]
