"""The circuit breaker with a clock and a dependency under the control of the test."""

from threading import Event

import pytest

from app.circuit_breaker import NEEDED, OPTIONAL, CircuitBreaker

FAILURES_UNTIL_OPEN = NEEDED.failures_until_open
SILENT_S = NEEDED.silent_s


class Dependency:
    """Answers probes only after `recover`."""

    def __init__(self, policy=NEEDED):
        self.now_s = 100.0
        self.states = []
        self.closed = Event()
        self.recovered = Event()
        self.breaker = CircuitBreaker(self.probe, policy, lambda: self.now_s)
        self.breaker.on_change = self.changed

    def probe(self):
        self.recovered.wait(60)
        self.breaker.answered()

    def changed(self, is_open):
        self.states.append(is_open)
        if not is_open:
            self.closed.set()

    def fail(self, times):
        _ = [self.breaker.failed() for _ in range(times)]
        return self.breaker.is_open


@pytest.fixture
def dependency():
    dependency = Dependency()
    yield dependency
    dependency.recovered.set()


def test_it_opens_at_the_third_failure_and_reports_it_once(dependency):
    opened = [dependency.fail(FAILURES_UNTIL_OPEN - 1), dependency.fail(1), dependency.fail(5)]

    assert (opened, dependency.states) == ([False, True, True], [True])


def test_it_opens_before_the_first_answer_of_the_dependency(dependency):
    assert dependency.fail(FAILURES_UNTIL_OPEN)


def test_failures_soon_after_an_answer_do_not_open_it(dependency):
    dependency.breaker.answered()
    dependency.now_s += SILENT_S / 2

    assert not dependency.fail(100)


def test_failures_count_once_the_dependency_was_silent(dependency):
    dependency.breaker.answered()
    dependency.now_s += SILENT_S

    assert dependency.fail(FAILURES_UNTIL_OPEN)


def test_an_answer_between_failures_starts_the_count_again(dependency):
    dependency.fail(FAILURES_UNTIL_OPEN - 1)
    dependency.breaker.answered()
    dependency.now_s += SILENT_S

    assert not dependency.fail(FAILURES_UNTIL_OPEN - 1)


def test_a_probe_that_is_answered_closes_it(dependency):
    dependency.fail(FAILURES_UNTIL_OPEN)
    dependency.recovered.set()

    assert dependency.closed.wait(60)
    assert (dependency.breaker.is_open, dependency.states) == (False, [True, False])


def test_it_opens_again_in_the_next_outage(dependency):
    dependency.fail(FAILURES_UNTIL_OPEN)
    dependency.breaker.answered()
    dependency.now_s += SILENT_S

    assert dependency.fail(FAILURES_UNTIL_OPEN)
    assert dependency.states == [True, False, True]


def test_that_of_an_optional_dependency_opens_at_the_first_failure_also_soon_after_an_answer():
    redis = Dependency(OPTIONAL)
    redis.breaker.answered()

    assert redis.fail(1)
    redis.breaker.answered()
    assert (redis.breaker.is_open, redis.states) == (False, [True, False])
