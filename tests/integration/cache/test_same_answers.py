"""With the page cache in front, everyone gets what Flask itself would answer: whatever is read, written or broken."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.cache.world import ADDRESSES, AGES_S, DAY_S, HEADERS, World, answer_of

_WORKER = st.integers(0, 1)
_READ = st.tuples(st.just("read"), _WORKER, st.sampled_from(ADDRESSES), st.sampled_from(HEADERS))
_STEP = st.one_of(
    _READ,
    _READ,
    _READ,
    st.tuples(st.just("write"), st.sampled_from([1, 2, 3, 7]), st.sampled_from(AGES_S)),
    st.tuples(st.just("look"), _WORKER),
    st.tuples(st.just("restart"), _WORKER),
    st.tuples(st.just("redis"), st.booleans()),
    st.tuples(st.just("clock"), st.sampled_from([0.5, 3.0, 40.0, 60.0, 4_000.0, 14 * DAY_S])),
)


# Few addresses, so that what was read before a change is read again after it.
_READ_AGAIN = st.tuples(st.just("read"), _WORKER, st.sampled_from(["/", "/fleet", "/missions"]), st.just({}))
_SOON = st.one_of(_STEP, *[_READ_AGAIN] * 6, st.tuples(st.just("behind"), _WORKER))


_STEPS = st.lists(_STEP, min_size=5, max_size=20)
_STEPS_WITH_RENDERING_BEHIND = st.lists(_SOON, min_size=10, max_size=30)
_BUDGET = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_LONG_BUDGET = settings(_BUDGET, max_examples=40)


def _read(world: World, number: int, address: str, headers: dict[str, str]) -> bool:
    """Whether the worker answers what Flask answers now, or answered when the worker last looked."""
    answer = world.workers[number].client.get(address, headers=headers, buffered=True)
    data = answer.data
    if "Host" in headers:
        # A page that names its own address names the one that it was asked at; and no other visitor gets that page.
        data = data.replace(f"//{headers['Host']}".encode(), b"//localhost")
    told = answer.status_code, data
    if world.behind and told in world.was(number, address):
        return True
    return told in (world.plain(address), world.seen[number].get(address))


def _step(world: World, step: tuple[Any, ...]) -> bool:
    match step:
        case ("read", number, address, headers):
            return _read(world, number, address, headers)
        case ("write", which, age_s):
            world.write(which, age_s)
        case ("look", number):
            world.look(number)
        case ("restart", number):
            world.restart(number)
        case ("redis", away):
            world.redis.away = away
        case ("clock", seconds):
            world.step(seconds)
        case ("behind", number):
            while world.workers[number].later:
                world.workers[number].later.pop()()
    return True


@_BUDGET
@given(steps=_STEPS)
def test_nobody_ever_gets_another_page_than_flask_gives(
    world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    _nobody_is_misled(world(), steps)


@pytest.mark.slow
@_LONG_BUDGET
@given(steps=_STEPS)
def test_in_many_more_histories_nobody_ever_gets_another_page_than_flask_gives(
    world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    _nobody_is_misled(world(), steps)


@_BUDGET
@given(steps=_STEPS_WITH_RENDERING_BEHIND)
def test_what_is_rendered_behind_shows_half_a_second_after_it_was_noticed(
    world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    made = world()
    made.behind = True
    _nobody_is_misled(made, steps)


@pytest.mark.slow
@_LONG_BUDGET
@given(steps=_STEPS_WITH_RENDERING_BEHIND)
def test_in_many_more_histories_what_is_rendered_behind_shows_half_a_second_after_it_was_noticed(
    world: Callable[[], World], steps: list[tuple[Any, ...]]
) -> None:
    made = world()
    made.behind = True
    _nobody_is_misled(made, steps)


def _nobody_is_misled(made: World, steps: list[tuple[Any, ...]]) -> None:
    assert [step for step in steps if not _step(made, step)] == []
    if made.behind:
        made.step(0.0)
        made.step(0.6)
    # And after a last look everyone is up to date.
    made.look(0)
    made.look(1)
    read = [(n, address) for n in (0, 1) for address in ADDRESSES]
    told = [(n, a) for n, a in read if answer_of(made, n, a) != made.plain(a)]
    assert told == []
