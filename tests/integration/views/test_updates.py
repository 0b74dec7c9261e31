"""Updates as a page, as a feed and through the API: what is known, when, and that it comes once."""

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
TakeIn = Callable[..., None]
BEGUN = datetime.fromtimestamp(SUMMER, UTC)
ENDED = BEGUN + timedelta(minutes=23)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the portal's clock."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def told(client: FlaskClient) -> Callable[..., list[dict[str, Any]]]:
    """The updates that the API tells."""
    return lambda **query: client.get("/api/v1/updates", query_string=query).json["items"]


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [update["id"] for update in found]


def feed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())  # noqa: S314 -- It is our own.


def test_an_empty_store_has_no_news(page: Page, client: FlaskClient) -> None:
    assert 'data-empty="store"' in page("/updates")
    assert client.get("/api/v1/updates").json == {"items": [], "next": None}
    assert feed(page("/updates.rss")).findall("channel/item") == []


def test_a_mission_at_sea_is_a_deployment_and_no_recovery(
    take_in: TakeIn, told: Callable[..., Any], at: Callable[..., None]
) -> None:
    take_in()
    at(ENDED + timedelta(days=14) - timedelta(seconds=1))
    assert ids(told()) == ["deployment/sea001/20210629T2053"]


def test_silence_alone_tells_of_a_recovery(take_in: TakeIn, told: Callable[..., Any], at: Callable[..., None]) -> None:
    take_in()
    at(ENDED + timedelta(days=14))
    first, second = told()
    assert (first["id"], first["end_reason"], first["at"]) == (
        "recovery/sea001/20210629T2053",
        "silence",
        "2021-06-29T21:16:20.000Z",
    )
    assert second["at"] == second["published_at"] == "2021-06-29T20:53:20.000Z"


def test_a_mission_that_speaks_again_is_not_over(
    take_in: TakeIn, told: Callable[..., Any], at: Callable[..., None]
) -> None:
    take_in()
    at(ENDED + timedelta(days=15))
    assert len(told()) == 2
    take_in(rows=made_files.rows(profiles=10 * 24 * 2, start_s=SUMMER))
    assert ids(told()) == ["deployment/sea001/20210629T2053"]


def test_the_next_mission_ends_the_one_before(
    take_in: TakeIn, told: Callable[..., Any], at: Callable[..., None]
) -> None:
    take_in()
    take_in(mission="20210701T2053", rows=made_files.rows(start_s=SUMMER + 2 * 86_400))
    at(BEGUN + timedelta(days=3))
    assert ids(told()) == [
        "deployment/sea001/20210701T2053",
        "recovery/sea001/20210629T2053",
        "deployment/sea001/20210629T2053",
    ]


def test_delayed_data_are_told_once_whatever_comes_later(take_in: TakeIn, told: Callable[..., Any]) -> None:
    take_in()
    take_in(mode="D")
    (before,) = told(kind="delayed")
    take_in(mode="D", rows=made_files.rows(profiles=5, start_s=SUMMER))
    (after,) = told(kind="delayed")
    (over,) = told(kind="recovery")
    assert (over["profiles"], over["end_reason"]) == (5, "silence")
    assert (after["id"], after["at"], after["published_at"]) == (before["id"], before["at"], before["published_at"])


def test_taking_the_same_file_in_again_is_no_news(take_in: TakeIn, told: Callable[..., Any]) -> None:
    take_in()
    before = told()
    take_in()
    assert told() == before


def test_pages_hold_every_update_once_while_news_come_in(
    take_in: TakeIn, client: FlaskClient, at: Callable[..., None]
) -> None:
    take_in("sea001")
    take_in("sea002")
    at(ENDED + timedelta(days=15))
    first = client.get("/api/v1/updates?limit=3").json
    take_in("sea003", "20210713T2053", rows=made_files.rows(start_s=SUMMER + 14 * 86_400 + 7200))
    rest = client.get(f"/api/v1/updates?limit=3&cursor={first['next']}").json
    assert ids(first["items"] + rest["items"]) == [
        "recovery/sea001/20210629T2053",
        "recovery/sea002/20210629T2053",
        "deployment/sea001/20210629T2053",
        "deployment/sea002/20210629T2053",
    ]
    assert rest["next"] is None


def test_the_page_goes_on_by_key(page: Page, take_in: TakeIn, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in()
    monkeypatch.setattr(updates, "_UPDATES_A_PAGE", 1)
    first = page("/updates")
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert 'data-update="recovery/sea001/20210629T2053"' in first
    assert first.count("data-update=") == 1
    assert 'data-update="deployment/sea001/20210629T2053"' in page(following)


@pytest.mark.parametrize("query", [{"kind": "deployment"}, {"platform": "SEA002"}, {"kind": "x"}], ids=str)
def test_page_feed_and_api_agree_on_filters(client: FlaskClient, take_in: TakeIn, query: dict[str, str]) -> None:
    take_in()
    take_in("sea002")
    html = client.get("/updates", query_string=query)
    rss = client.get("/updates.rss", query_string=query)
    api = client.get("/api/v1/updates", query_string=query)
    assert html.status_code == rss.status_code == api.status_code
    found = ids((api.json or {}).get("items", []))
    shown = [part.split('"')[0] for part in html.text.split('data-update="')[1:]]
    assert shown == found
    guids = [part.split("<")[0] for part in rss.text.split(">halocline:")[1:]]
    assert guids == found


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
def test_what_makes_no_sense_is_named(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/updates?{query}")
    assert answer.status_code == 400
    assert f'error-detail">{field}: ' in answer.text


def test_the_rule_stands_on_the_page(page: Page) -> None:
    assert "it has sent no data for 14 days" in page("/updates")


def test_the_feed_is_valid_rss(page: Page, client: FlaskClient, take_in: TakeIn) -> None:
    take_in(mode="D")
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
    assert [item.find("guid").attrib for item in items] == [{"isPermaLink": "false"}] * 3  # type: ignore[union-attr]
    assert {client.get(urlsplit(str(item.findtext("link"))).path).status_code for item in items} == {200}
    assert {item.findtext("guid") for item in items} == {
        f"halocline:{kind}/sea001/20210629T2053" for kind in ("deployment", "recovery", "delayed")
    }


def test_hostile_names_leave_the_feed_valid(page: Page, take_in: TakeIn, db: Database[dict[str, Any]]) -> None:
    take_in()
    hostile = HOSTILE + "]]>&\x01\x1f\ufffe\u202e"
    db.platforms.update_one({"_id": "sea001"}, {"$set": {"serial": hostile, "name": None}})
    root = feed(page("/updates.rss"))
    titles = [item.findtext("title") for item in root.iterfind(".//item")]
    assert titles[0] == "Recovery: " + HOSTILE + "]]>&\ufffd\ufffd\ufffd\u202e"
    assert "<script>alert" not in page("/updates") + page("/")


def test_the_feed_names_the_public_url(settings: Settings, take_in: TakeIn) -> None:
    take_in()
    app = create_app(settings.model_copy(update={"public_url": HttpUrl("https://ocean.example/")}))
    root = feed(app.test_client().get("/updates.rss").text)
    links = [str(link.text) for link in root.iterfind(".//link")]
    assert {urlsplit(link)[:2] for link in links} == {("https", "ocean.example")}


def test_a_reader_who_has_the_feed_is_told_so(client: FlaskClient, take_in: TakeIn) -> None:
    take_in()
    etag = client.get("/updates.rss").headers["ETag"]
    assert client.get("/updates.rss", headers={"If-None-Match": etag}).status_code == 304


def test_simulated_missions_are_news_only_when_asked_for(
    client: FlaskClient, page: Page, take_in: TakeIn, db: Database[dict[str, Any]]
) -> None:
    take_in()
    db.updates.update_many({}, {"$set": {"simulated": True}})
    assert "data-update=" not in page("/updates")
    assert client.get("/api/v1/updates").json["items"] == []
    html = page("/updates?simulated=include")
    assert html.count("data-update=") == 2
    assert html.count('<strong class="simulated">') == 3
    assert page("/updates.rss?simulated=include").count("(simulated)") == 2


def test_the_landing_page_tells_the_latest(page: Page, take_in: TakeIn) -> None:
    take_in()
    html = page("/")
    assert html.index('data-update="recovery/') < html.index('data-update="deployment/')
    assert 'rel="alternate" type="application/rss+xml"' in html


def test_lists_read_what_they_show_and_hardly_more(take_in: TakeIn, db: Database[dict[str, Any]]) -> None:
    take_in()
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


def test_a_profile_of_a_mission_under_way_is_no_change_of_the_news(
    take_in: TakeIn, db: Database[dict[str, Any]]
) -> None:
    recent = datetime.now(UTC).timestamp() - 86_400
    take_in(rows=made_files.rows(start_s=recent))
    before = db.changes.count_documents({"tags": "updates"})
    take_in(rows=made_files.rows(profiles=5, start_s=recent))
    assert before == db.changes.count_documents({"tags": "updates"}) == 1
    over = db.updates.find_one({"kind": "recovery"}) or {}
    assert over["profiles"] == 5
