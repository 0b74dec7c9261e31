"""Over random sequences of reads, writes, clock steps, restarts and outages, cached responses equal uncached ones."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.cache.world import AGES_S, DAY_S, URLS, World

# Headers of a client that must not affect the page of other clients.
HEADERS: list[dict[str, str]] = [
    {},
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"},
    {"Accept": "application/json", "Accept-Language": "sv"},
    {"Range": "bytes=0-10"},
]

_WORKER = st.integers(0, 1)
_READ = st.tuples(st.just("read"), _WORKER, st.sampled_from(URLS), st.sampled_from(HEADERS))
_STEP = st.one_of(
    _READ,
    _READ,
    _READ,
    st.tuples(st.just("write"), st.sampled_from([1, 2, 3, 7]), st.sampled_from(AGES_S)),
    st.tuples(st.just("poll"), _WORKER),
    st.tuples(st.just("restart"), _WORKER),
    st.tuples(st.just("redis"), st.booleans()),
    st.tuples(st.just("clock"), st.sampled_from([0.5, 3.0, 40.0, 60.0, 4_000.0, 14 * DAY_S])),
)


# Few URLs, so that a page that was read before a change is read again after it.
_READ_AGAIN: st.SearchStrategy[Any] = st.tuples(
    st.just("read"), _WORKER, st.sampled_from(["/", "/fleet", "/missions"]), st.just({})
)
_SOON = st.one_of(_STEP, *[_READ_AGAIN] * 6, st.tuples(st.just("refresh"), _WORKER))


def _read(world: World, number: int, url: str, headers: dict[str, str]) -> bool:
    """True if the worker's response is the one of Flask now, or the one at the worker's last poll."""
    answer = world.workers[number].client.get(url, headers=headers, buffered=True)
    body = answer.data
    if "Host" in headers:
        # A page with absolute URLs contains the host of the request, and is served for that host alone.
        body = body.replace(f"//{headers['Host']}".encode(), b"//localhost")
    response = answer.status_code, body
    if world.has_refresh and response in world.stale(number, url):
        return True
    return response in (world.uncached(url), world.at_last_poll[number].get(url))


def _step(world: World, step: tuple[Any, ...]) -> bool:
    match step:
        case ("read", number, url, headers):
            return _read(world, number, url, headers)
        case ("write", which, age_s):
            world.write(which, age_s)
        case ("poll", number):
            world.poll(number)
        case ("restart", number):
            world.restart(number)
        case ("redis", is_unreachable):
            world.redis.is_unreachable = is_unreachable
        case ("clock", seconds):
            world.step(seconds)
        case ("refresh", number):
            while world.workers[number].refreshes:
                world.workers[number].refreshes.pop()()
    return True


def _histories(count: int) -> settings:
    """The settings of a test with `count` random histories, the same in every run."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@_histories(5)
@given(steps=st.lists(_STEP, min_size=5, max_size=20))
def test_cached_responses_equal_uncached_ones(make_world: Callable[[], World], steps: list[tuple[Any, ...]]) -> None:
    _run(make_world(), steps)


@pytest.mark.slow
@_histories(40)
@given(steps=st.lists(_STEP, min_size=5, max_size=20))
def test_cached_responses_equal_uncached_ones_in_many_histories(
    make_world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    _run(make_world(), steps)


@_histories(5)
@given(steps=st.lists(_SOON, min_size=10, max_size=30))
def test_with_the_background_refresh_a_change_shows_half_a_second_after_it_was_read(
    make_world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    _run(make_world(), steps, has_refresh=True)


@pytest.mark.slow
@_histories(40)
@given(steps=st.lists(_SOON, min_size=10, max_size=30))
def test_with_the_background_refresh_a_change_shows_in_time_in_many_histories(
    make_world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    _run(make_world(), steps, has_refresh=True)


def _run(world: World, steps: list[tuple[Any, ...]], has_refresh: bool = False) -> None:
    world.has_refresh = has_refresh
    assert [step for step in steps if not _step(world, step)] == []
    if world.has_refresh:
        world.step(0.0)
        world.step(0.6)
    # After a last poll both workers are up to date.
    world.poll(0)
    world.poll(1)
    reads = [(number, url) for number in (0, 1) for url in URLS]
    assert [(number, url) for number, url in reads if world.workers[number].get(url) != world.uncached(url)] == []
