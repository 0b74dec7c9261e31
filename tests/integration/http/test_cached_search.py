"""Searches that are requested again are served from the page cache, within the limits of a client."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from pymongo.database import Database
from werkzeug.test import Client, TestResponse

from app import config, create_app, extensions, portal
from app.ingest import context
from app.ingest.derive import rebuild, search_index
from app.store import change_log, documents, rebuild_queue, transactions
from tests.made_missions import START, make_mission

PAGES = ["/search?q=glider&show=all", "/api/v1/search?q=glider"]


@pytest.fixture
def cached(settings: config.Settings, db: Database[dict[str, Any]]) -> Iterator[Flask]:
    """A portal with a mission in its search index, a page cache, and two searches a minute for each client."""
    mission = make_mission(1)
    db.missions.insert_one(documents.mission_to_document(mission))
    db.search.insert_many(search_index.entries(None, [mission]))
    app = create_app(settings.model_copy(update={"page_cache_bytes": 1 << 20, "searches_per_min": 2}))
    portal.of(app).page_cache.poll_change_log()
    yield app
    extensions.redis.close()


@pytest.fixture
def get(cached: Flask) -> Callable[..., TestResponse]:
    """A function that sends a request of a client through all layers."""

    def get(path: str, peer: str = "203.0.113.9", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(cached.wsgi_app, use_cookies=False)
        return client.get(path, environ_overrides={"REMOTE_ADDR": peer}, headers=named)

    return get


@pytest.mark.parametrize("path", PAGES)
def test_a_search_is_counted_until_it_is_cached(get: Callable[..., TestResponse], path: str) -> None:
    assert [get(path).status_code for _ in range(5)] == [200] * 5
    # Both counted requests were renderings.
    assert get("/search?q=other&show=all").status_code == 429
    assert get("/search?q=other&show=all", peer="203.0.113.10").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_cached_search_is_revalidated_without_a_rendering(get: Callable[..., TestResponse], path: str) -> None:
    etags = [get(path).headers["ETag"] for _ in range(3)]
    assert len(set(etags)) == 1
    assert [get(path, If_None_Match=etags[0]).status_code for _ in range(5)] == [304] * 5


def test_a_new_name_shows_in_a_cached_search(
    get: Callable[..., TestResponse], cached: Flask, tools: context.ImportContext
) -> None:
    path = "/api/v1/search?q=baltica"
    assert [get(path, peer).json["items"] for peer in ("203.0.113.1", "203.0.113.2", "203.0.113.3")] == [[]] * 3

    extensions.mongo.db.missions.update_one({}, {"$set": {"metadata.project": "Baltica"}})
    transactions.run(_mark)
    portal.of(cached).page_cache.poll_change_log()
    get(path, "203.0.113.4")
    rebuild.rebuild(tools.basin_map)
    portal.of(cached).page_cache.poll_change_log()

    assert [item["id"] for item in get(path, "203.0.113.5").json["items"]] == ["p1/00001"]


def _mark(session: Any) -> None:
    """Mark the platform's search index for a rebuild, as an import does."""
    number = change_log.append(("mission:p1/00001",), START, session)
    rebuild_queue.mark(("updates:p1",), number, session)
