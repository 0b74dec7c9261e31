"""Pages expire when the clock changes their content, and a change invalidates only the pages that show it."""

from collections.abc import Callable

import pytest

from app import extensions
from app.views import landing
from tests.integration.cache.world import DAY_S, URLS, World

REPORTING = ("/", "/fleet", "/fleet/p1", "/api/v1/platforms/p1", "/api/v1/platforms?reporting_state=late")
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
    # A platform without a learned interval of reports is late after 18 hours and silent after three days.
    *((url, 1, age_s) for url in REPORTING for age_s in (0.75 * DAY_S - 30.0, 3 * DAY_S - 30.0)),
    *((url, 1, 14 * DAY_S - 30.0) for url in REPORTING[1:4]),
    ("/missions/p1/00001", 1, DAY_S - 30.0),
    ("/missions/p1/00001", 1, 14 * DAY_S - 30.0),
    ("/updates", 1, 14 * DAY_S - 30.0),
    ("/updates.rss", 1, 14 * DAY_S - 30.0),
    ("/api/v1/updates", 1, 14 * DAY_S - 30.0),
]


@pytest.mark.parametrize(("url", "which", "age_s"), CLOCK_CHANGES)
def test_a_page_expires_at_the_moment_that_its_view_names(
    make_world: Callable[[], World], url: str, which: int, age_s: float
) -> None:
    world = make_world()
    world.write(which, age_s)
    world.poll(0)
    before = world.workers[0].get(url)
    world.step(29.0)
    assert world.workers[0].get(url) == before == world.uncached(url)
    world.step(32.0)
    assert world.workers[0].get(url) == world.uncached(url) != before


@pytest.mark.parametrize("url", ["/status", "/api/v1/status"])
def test_data_outside_the_change_log_shows_after_a_second(make_world: Callable[[], World], url: str) -> None:
    world = make_world()
    world.poll(0)
    before = world.workers[0].get(url)
    extensions.mongo.db.derived_pending.insert_one({"_id": "updates:p1", "number": 1, "at": world.now()})
    world.step(0.9)
    assert world.workers[0].get(url) == before
    world.step(0.2)
    assert world.workers[0].get(url) == world.uncached(url) != before


def test_a_mission_becomes_inactive_while_its_platform_stays_active(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.write(1, DAY_S - 30.0)
    # The next mission of the same platform.
    world.write(9)
    _assert_expires(world)


def test_a_platform_without_a_listed_mission_becomes_inactive(
    make_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_LISTED", 1)
    world = make_world()
    world.write(1, DAY_S - 30.0)
    world.write(2)
    _assert_expires(world)


def _assert_expires(world: World) -> None:
    world.poll(0)
    before = world.workers[0].get("/")
    world.step(29.0)
    assert world.workers[0].get("/") == before
    world.step(2.0)
    assert world.workers[0].get("/") == world.uncached("/") != before


def test_a_page_is_cached_until_it_expires(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.write(1, DAY_S - 1_830.0)
    world.poll(0)
    before = {url: world.workers[0].get(url) for url in ("/", "/fleet", "/updates")}
    world.app.wsgi_app, wsgi_app = None, world.app.wsgi_app  # type: ignore[assignment, method-assign]
    world.app.view_functions, views = {}, world.app.view_functions
    world.step(1_829.0)
    try:
        assert {url: world.workers[0].get(url) for url in before} == before
    finally:
        world.app.wsgi_app, world.app.view_functions = wsgi_app, views  # type: ignore[method-assign]


def test_a_simulated_change_invalidates_no_page_of_real_missions(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.write(1)
    world.poll(0)
    before = {url: world.workers[0].get(url) for url in URLS}
    world.write(7)
    changed = {url for url in URLS if world.uncached(url) != before[url]}
    real = [url for url in URLS if url not in changed and "p7" not in url]
    assert {"/", "/missions?simulated=include", "/missions/p7/00007"} <= changed
    world.poll(0)
    fresh = {url for url in real if world.workers[0].is_fresh(url)}
    assert fresh >= {"/missions", "/map", "/fleet", "/stats", "/updates", "/api/v1/missions"}
