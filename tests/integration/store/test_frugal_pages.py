"""No page and no list of the API examines much more than it returns, measured by MongoDB's profiler."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app import config
from app.ingest import context
from app.ingest.derive import section_refresh
from app.ingest.interpret.identity import Options
from app.seeding import run
from app.seeding.plan import Plan

Document = dict[str, Any]
START, UNTIL = datetime(2006, 1, 1, tzinfo=UTC), datetime(2026, 6, 15, 12, tzinfo=UTC)
SORTS = ("newest", "oldest", "longest", "farthest", "profiles", "deepest")
PAGES = [
    "/",
    "/map",
    "/missions",
    "/fleet",
    "/updates",
    "/updates.rss",
    "/status",
    "/search?q=seed",
    "/missions?from=2012-01-01&to=2012-03-01",
    "/map?from=2012-01-01&to=2012-03-01",
    "/api/v1/missions",
    "/api/v1/tracks?detail=coarse&limit=200",
    "/api/v1/tracks?bbox=10,53,25,66",
    "/api/v1/platforms",
    "/api/v1/totals",
    "/api/v1/basins",
    "/api/v1/outlines",
    "/api/v1/updates",
    "/api/v1/imports",
    "/api/v1/search?q=seed",
]


# What the profiler records of reads: aggregations are commands.
READS = {"$or": [{"op": {"$in": ["query", "getmore"]}}, {"command.aggregate": {"$exists": True}}]}
# One more document is examined to detect a next page, and a few small ones in addition.
_SPARE = 4


@pytest.fixture
def seeded(db: Database[Document], settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Document:
    """400 missions over twenty years; the value is the newest one."""
    # Sections have their own tests, and drawing one takes a second.
    monkeypatch.setattr(section_refresh, "redraw", lambda _at_once: [])
    plan = Plan(400, profiles=1, samples=2, active=2, start=START, until=UNTIL, seed=3)
    run.sow(plan, context.import_context(settings, Options()))
    newest = db.missions.find_one({"kind": "glider"}, sort=[("figures.end_at", -1)])
    assert newest is not None
    return newest


@pytest.fixture
def wasteful(db: Database[Document], client: FlaskClient) -> Iterator[Callable[[str], list[str]]]:
    """Request an address; return the reads that examined more than twice what they returned."""

    def request(address: str) -> list[str]:
        db.command("profile", 0)
        db.drop_collection("system.profile")
        db.command("profile", 2)
        response = client.get(address, buffered=True)
        db.command("profile", 0)
        assert response.status_code == 200, f"{address}: {response.text[:300]}"
        reads = db["system.profile"].find({**READS, "docsExamined": {"$gt": 0}})
        return [
            f"{read['ns']} {read['docsExamined']} for {read['nreturned']}: {read.get('planSummary')}"
            for read in reads
            if read["docsExamined"] > 2 * read["nreturned"] + _SPARE
        ]

    yield request
    db.command("profile", 0)
    db.drop_collection("system.profile")


def test_no_page_or_list_examines_more_than_twice_what_it_returns(
    seeded: Document, wasteful: Callable[[str], list[str]]
) -> None:
    mission = f"{seeded['platform']}/{seeded['mission']}"
    details = [f"/missions/{mission}", f"/fleet/{seeded['platform']}", f"/basins/{seeded['basins'][0]['id']}"]
    details += [f"/api/v1/missions/{mission}/{part}" for part in ("profiles", "track", "sections")]
    filters = {
        "platform": seeded["platform"],
        "kind": "sailbuoy",
        "basin": seeded["basins"][0]["id"],
        "project": seeded["metadata"]["project"],
        "data_mode": "D",
        "year": 2015,
        "variable": "temperature",
    }
    lists = [f"/missions?{urlencode({name: filters[name], 'sort': sort})}" for name in filters for sort in SORTS]
    lists += [f"/api/v1/tracks?{urlencode({name: filters[name]})}" for name in filters]
    reads_by_address = {address: wasteful(address) for address in [*PAGES, *details, *lists]}
    assert {address: reads for address, reads in reads_by_address.items() if reads} == {}


def test_the_landing_page_makes_four_reads_and_one_more_without_a_mission_at_sea(
    seeded: Document, db: Database[Document], client: FlaskClient
) -> None:
    db.drop_collection("system.profile")
    db.command("profile", 2)
    client.get("/", buffered=True)
    db.command("profile", 0)
    assert db["system.profile"].count_documents({**READS, "ns": {"$ne": f"{db.name}.system.profile"}}) <= 5
