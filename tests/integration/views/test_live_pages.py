"""The tags that open pages wait for: those that invalidate the page; other pages have none."""

import re

import pytest

import app as halocline
from app import extensions

ALL = "mission,platform,totals,tracks,basins,updates"
MADE = "/missions/made/20200913T1226"


@pytest.fixture
def live(settings, db):
    """A client of a portal whose pages refresh themselves."""
    app = halocline.create_app(settings.model_copy(update={"live_events": True}))
    with app.test_client() as client:
        yield client


def tags(client, path):
    return re.findall(r'data-url="([^"]*)"\s+data-tags="([^"]*)"', client.get(path, buffered=True).text)


@pytest.mark.parametrize(("path", "own"), [("/", ""), ("/map", ""), ("/fleet", ""), ("/status", ",queue")])
def test_a_page_of_all_missions_waits_for_all_changes_of_real_ones(live, path, own):
    assert tags(live, path) == [("/live/events", f"{ALL}{own}")]
    assert tags(live, f"{path}?simulated=include") == [("/live/events", f"{ALL}{own},simulated")]


@pytest.mark.parametrize(("simulated", "more"), [(False, ""), (True, ",simulated")])
def test_the_page_of_a_platform_waits_for_changes_of_its_kind(live, import_mission, simulated, more):
    import_mission()
    extensions.mongo.db.platforms.update_one({}, {"$set": {"simulated": simulated}})
    assert tags(live, "/fleet/sea001") == [("/live/events", ALL + more)]


@pytest.mark.parametrize("path", ["/missions", "/stats", "/updates", "/data", "/search", "/nothing", MADE])
def test_other_pages_and_errors_have_no_stream(live, path):
    assert tags(live, path) == []


def test_without_live_events_no_page_has_a_stream(client):
    assert tags(client, "/") == []
