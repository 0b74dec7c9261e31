"""Pages that the page cache holds change at the moment that their views name, and not before."""

from collections.abc import Callable

import pytest

from app import extensions
from app.views import landing
from tests.integration.cache.world import ADDRESSES, DAY_S, World, answer_of

ENDS = [
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


@pytest.mark.parametrize(("address", "which", "age_s"), ENDS)
def test_a_page_changes_by_itself_at_the_moment_that_its_view_names(
    world: Callable[[], World], address: str, which: int, age_s: float
) -> None:
    made = world()
    made.write(which, age_s)
    made.look(0)
    before = answer_of(made, 0, address)
    made.step(29.0)
    assert answer_of(made, 0, address) == before == made.plain(address)
    made.step(32.0)
    assert answer_of(made, 0, address) == made.plain(address) != before


@pytest.mark.parametrize("address", ["/status", "/api/v1/status"])
def test_what_no_change_tells_of_shows_after_a_second(world: Callable[[], World], address: str) -> None:
    made = world()
    made.look(0)
    before = answer_of(made, 0, address)
    extensions.mongo.db.derived_pending.insert_one({"_id": "updates:p1", "number": 1, "at": made.now()})
    made.step(0.9)
    assert answer_of(made, 0, address) == before
    made.step(0.2)
    assert answer_of(made, 0, address) == made.plain(address) != before


def test_a_mission_ceases_to_be_active_though_its_platform_goes_on(world: Callable[[], World]) -> None:
    made = world()
    made.write(1, DAY_S - 30.0)
    # The same platform's next mission.
    made.write(9)
    _changes_by_itself(made)


def test_a_platform_falls_silent_whose_mission_is_not_among_the_listed_ones(
    world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_LISTED", 1)
    made = world()
    made.write(1, DAY_S - 30.0)
    made.write(2)
    _changes_by_itself(made)


def _changes_by_itself(made: World) -> None:
    made.look(0)
    before = answer_of(made, 0, "/")
    made.step(29.0)
    assert answer_of(made, 0, "/") == before
    made.step(2.0)
    assert answer_of(made, 0, "/") == made.plain("/") != before


def test_a_page_is_kept_until_then(world: Callable[[], World]) -> None:
    made = world()
    made.write(1, DAY_S - 1_830.0)
    made.look(0)
    before = {address: answer_of(made, 0, address) for address in ("/", "/fleet", "/updates")}
    made.app.wsgi_app, kept = None, made.app.wsgi_app  # type: ignore[assignment, method-assign]
    made.app.view_functions, views = {}, made.app.view_functions
    made.step(1_829.0)
    try:
        assert {address: answer_of(made, 0, address) for address in before} == before
    finally:
        made.app.wsgi_app, made.app.view_functions = kept, views  # type: ignore[method-assign]


def test_what_is_simulated_outdates_nothing_real(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.look(0)
    before = {address: answer_of(made, 0, address) for address in ADDRESSES}
    made.write(7)
    changed = {address for address in ADDRESSES if made.plain(address) != before[address]}
    real = [address for address in ADDRESSES if address not in changed and "p7" not in address]
    assert {"/", "/missions?simulated=include", "/missions/p7/00007"} <= changed
    made.look(0)
    fresh = {address for address in real if made.workers[0].is_fresh(address)}
    assert fresh >= {"/missions", "/map", "/fleet", "/stats", "/updates", "/api/v1/missions"}
