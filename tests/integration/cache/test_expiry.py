"""Pages expire when the clock changes their content, and a change invalidates only the pages that show it."""

from collections.abc import Callable

import pytest

from app import extensions
from app.views import landing
from tests.integration.cache.world import DAY_S, URLS, World

CLOCK_CHANGES = [
    ("/", 1, DAY_S - 30.0),
    ("/", 7, DAY_S - 30.0),
    ("/", 1, 14 * DAY_S - 30.0),
    ("/?simulated=include", 7, DAY_S - 30.0),
    ("/fleet", 1, DAY_S - 30.0),
    ("/fleet", 1, 365 * DAY_S - 30.0),
    ("/fleet/p1", 1, DAY_S - 30.0),
    ("/fleet/p1", 1, 365 * DAY_S - 30.0),
    ("/api/v1/platforms", 1, DAY_S - 30.0),
    ("/api/v1/platforms/p1", 1, 365 * DAY_S - 30.0),
    ("/stats", 1, 0.0),
    ("/api/v1/stats", 1, 0.0),
    ("/updates", 1, 14 * DAY_S - 30.0),
    ("/updates.rss", 1, 14 * DAY_S - 30.0),
    ("/api/v1/updates", 1, 14 * DAY_S - 30.0),
]


@pytest.mark.parametrize(("url", "which", "age_s"), CLOCK_CHANGES)
def test_a_page_expires_at_the_moment_that_its_view_names(
    world: Callable[[], World], url: str, which: int, age_s: float
) -> None:
    made = world()
    made.write(which, age_s)
    made.poll(0)
    before = made.workers[0].get(url)
    made.step(29.0)
    assert made.workers[0].get(url) == before == made.uncached(url)
    made.step(32.0)
    assert made.workers[0].get(url) == made.uncached(url) != before


@pytest.mark.parametrize("url", ["/status", "/api/v1/status"])
def test_data_outside_the_change_log_shows_after_a_second(world: Callable[[], World], url: str) -> None:
    made = world()
    made.poll(0)
    before = made.workers[0].get(url)
    extensions.mongo.db.derived_pending.insert_one({"_id": "updates:p1", "number": 1, "at": made.now()})
    made.step(0.9)
    assert made.workers[0].get(url) == before
    made.step(0.2)
    assert made.workers[0].get(url) == made.uncached(url) != before


def test_a_mission_becomes_inactive_while_its_platform_stays_active(world: Callable[[], World]) -> None:
    made = world()
    made.write(1, DAY_S - 30.0)
    # The next mission of the same platform.
    made.write(9)
    _assert_expires(made)


def test_a_platform_becomes_silent_whose_mission_is_not_listed(
    world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_LISTED", 1)
    made = world()
    made.write(1, DAY_S - 30.0)
    made.write(2)
    _assert_expires(made)


def _assert_expires(made: World) -> None:
    made.poll(0)
    before = made.workers[0].get("/")
    made.step(29.0)
    assert made.workers[0].get("/") == before
    made.step(2.0)
    assert made.workers[0].get("/") == made.uncached("/") != before


def test_a_page_is_cached_until_it_expires(world: Callable[[], World]) -> None:
    made = world()
    made.write(1, DAY_S - 1_830.0)
    made.poll(0)
    before = {url: made.workers[0].get(url) for url in ("/", "/fleet", "/updates")}
    made.app.wsgi_app, wsgi_app = None, made.app.wsgi_app  # type: ignore[assignment, method-assign]
    made.app.view_functions, views = {}, made.app.view_functions
    made.step(1_829.0)
    try:
        assert {url: made.workers[0].get(url) for url in before} == before
    finally:
        made.app.wsgi_app, made.app.view_functions = wsgi_app, views  # type: ignore[method-assign]


def test_a_simulated_change_invalidates_no_page_of_real_missions(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.poll(0)
    before = {url: made.workers[0].get(url) for url in URLS}
    made.write(7)
    changed = {url for url in URLS if made.uncached(url) != before[url]}
    real = [url for url in URLS if url not in changed and "p7" not in url]
    assert {"/", "/missions?simulated=include", "/missions/p7/00007"} <= changed
    made.poll(0)
    fresh = {url for url in real if made.workers[0].is_fresh(url)}
    assert fresh >= {"/missions", "/map", "/fleet", "/stats", "/updates", "/api/v1/missions"}
