"""Rate limits: costly requests of one client, counted in Redis, or in the process without Redis."""

import json
import logging
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from pymongo.database import Database
from werkzeug.test import Client, TestResponse

from app import config, create_app, extensions, portal
from app.http import rate_counters, rate_limits
from app.localdev import pidfiles, valkey
from app.telemetry import logs, metrics
from tests.integration.http.conftest import until

Get = Callable[..., TestResponse]
LIMITS = {"api_per_min": 3, "searches_per_min": 2, "exports_per_min": 1}


@pytest.fixture
def limited(settings: config.Settings, db: Database[dict[str, Any]]) -> Iterator[Callable[..., Flask]]:
    """A portal with small limits and these settings."""

    def limited(**changes: Any) -> Flask:
        return create_app(settings.model_copy(update=LIMITS | changes))

    yield limited
    extensions.redis.close()


def client_at(app: Flask, peer: str = "203.0.113.9") -> Get:
    """A function that sends requests of this client through all layers."""
    client = Client(app.wsgi_app, use_cookies=False)

    def get(path: str, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(path, environ_overrides={"REMOTE_ADDR": peer}, headers=named, buffered=True)

    return get


def statuses(get: Get, *paths: str) -> list[int]:
    return [get(path).status_code for path in paths]


def decisions(policy: str, decision: str, storage: str) -> float:
    return metrics.rate_limit_decisions.labels(policy, decision, storage)._value.get()


def test_a_request_beyond_the_limit_gets_a_problem_with_retry_after(limited: Callable[..., Flask]) -> None:
    get = client_at(limited())
    denied = decisions("api", "deny", "redis")

    assert statuses(get, *["/api/v1/totals"] * 3) == [200] * 3
    answer = get("/api/v1/totals")

    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit-Policy"] == '"api";q=3;w=60'
    assert answer.headers["RateLimit"] == f'"api";r=0;t={answer.headers["Retry-After"]}'
    assert json.loads(answer.data)["status"] == 429
    assert decisions("api", "deny", "redis") - denied == 1


def test_each_policy_has_its_own_budget(limited: Callable[..., Flask]) -> None:
    get = client_at(limited())

    assert statuses(get, *["/api/v1/observations?days=1"] * 2) == [200, 429]
    assert statuses(get, "/api/v1/search?q=a", "/search?q=a", "/search?q=b") == [200, 200, 429]
    assert statuses(get, *["/api/v1/totals", "/api/v1/missions", "/api/v1/stats", "/api/v1/platforms"]) == [200] * 3 + [
        429
    ]


def test_a_refused_page_request_gets_a_page(limited: Callable[..., Flask]) -> None:
    get = client_at(limited(searches_per_min=1))
    get("/search?q=a")

    answer = get("/search?q=a")

    assert answer.status_code == 429
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Retry-After" in answer.headers


def test_each_client_has_its_own_budget_for_all_workers(limited: Callable[..., Flask]) -> None:
    one, same = client_at(limited(api_per_min=1)), client_at(limited(api_per_min=1))
    other = client_at(limited(api_per_min=1), "203.0.113.10")

    assert [statuses(get, "/api/v1/totals") for get in (one, same, other)] == [[200], [429], [200]]


@pytest.mark.parametrize(
    ("allowed", "chains", "expected"),
    [
        ("127.0.0.1", ["6.6.6.1", "6.6.6.2"], [200, 429]),
        ("203.0.113.9", ["6.6.6.1", "6.6.6.2"], [200, 200]),
        ("203.0.113.9", ["1.1.1.1, 6.6.6.1", "1.1.1.2, 6.6.6.1"], [200, 429]),
        ("*", ["1.1.1.1, 6.6.6.1", "1.1.1.2, 6.6.6.1"], [200, 429]),
        ("*", ["2001:db8:0:1::1", "2001:db8:0:1::2"], [200, 429]),
        ("*", ["2001:db8:0:1::1", "2001:db8:0:2::1"], [200, 200]),
    ],
)
def test_a_header_counts_only_behind_a_trusted_proxy(
    allowed: str, chains: list[str], expected: list[int], limited: Callable[..., Flask]
) -> None:
    get = client_at(limited(api_per_min=1, forwarded_allow_ips=allowed))

    assert [get("/api/v1/totals", X_Forwarded_For=chain).status_code for chain in chains] == expected


def test_pages_files_and_probes_are_not_limited(limited: Callable[..., Flask]) -> None:
    get = client_at(limited(api_per_min=1))
    statuses(get, "/api/v1/totals")

    assert statuses(get, "/api/v1/totals", "/", "/missions", "/livez", "/api/v1/nothing") == [429, 200, 200, 200, 404]
    assert rate_limits.policy_of("/static/<path:filename>") is None


def test_cache_hits_are_not_counted(limited: Callable[..., Flask]) -> None:
    app = limited(api_per_min=1)
    get, other = client_at(app), client_at(app, "203.0.113.10")
    # A worker does this at its start; nothing is cached before.
    portal.of(app).page_cache.poll_change_log()

    hits = statuses(get, *["/api/v1/totals"] * 5)
    refused = get("/api/v1/stats")
    filled_by_other = other("/api/v1/stats")
    hit_now = get("/api/v1/stats")

    assert hits == [200] * 5
    assert (refused.status_code, filled_by_other.status_code, hit_now.status_code) == (429, 200, 200)
    assert "RateLimit" not in hit_now.headers


def test_zero_is_no_limit(limited: Callable[..., Flask]) -> None:
    get = client_at(limited(api_per_min=0, exports_per_min=0))

    assert statuses(get, *["/api/v1/totals"] * 5, *["/api/v1/observations?days=1"] * 3) == [200] * 8


@pytest.fixture
def logged(capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Callable[[], list[str]]]:
    """The names of the events logged during the test."""
    root = logging.root.handlers[:], logging.root.level
    logs.configure("INFO")
    yield lambda: [json.loads(line)["event"] for line in capfdbinary.readouterr().out.splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = root


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The URL and the process id of a Redis that a test may stop with SIGSTOP."""
    url = valkey.start(tmp_path)
    pid = pidfiles.alive(tmp_path / "redis.pid")
    assert pid is not None
    yield url, pid
    os.kill(pid, signal.SIGCONT)
    pidfiles.stop(tmp_path / "redis.pid")


def failures() -> float:
    return metrics.rate_limit_redis_failures._value.get()


def test_a_redis_that_does_not_answer_causes_no_error_and_delays_only_requests_in_flight(
    limited: Callable[..., Flask], own_redis: tuple[str, int], logged: Callable[[], list[str]]
) -> None:
    url, pid = own_redis
    app = limited(
        redis_url=url,
        redis_timeout_s=0.25,
        page_cache_bytes=0,
        api_per_min=60,
        web_threads=40,
        web_concurrency_limit=30,
    )
    get = client_at(app)
    before_outage = statuses(get, "/api/v1/totals")
    failures_before = failures()

    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(24) as pool:
        in_flight = list(pool.map(lambda _: get("/api/v1/totals").status_code, range(24)))
    failures_in_flight = failures() - failures_before
    during_outage = statuses(get, *["/api/v1/totals"] * 40)
    os.kill(pid, signal.SIGCONT)

    assert before_outage == [200]
    assert in_flight == [200] * 24
    assert during_outage == [200] * 36 + [429] * 4
    assert 1 <= failures_in_flight <= 24
    assert failures() - failures_before == failures_in_flight
    assert logged().count("circuit_breaker_opened") == 1


def test_counting_returns_to_redis_when_it_answers_again(
    limited: Callable[..., Flask],
    own_redis: tuple[str, int],
    logged: Callable[[], list[str]],
) -> None:
    url, pid = own_redis
    get = client_at(limited(redis_url=url, redis_timeout_s=0.1, page_cache_bytes=0))

    os.kill(pid, signal.SIGSTOP)
    during_outage = statuses(get, *["/api/v1/totals"] * 4)
    os.kill(pid, signal.SIGCONT)
    until(lambda: not extensions.redis.breaker.is_open)
    afterwards = statuses(get, *["/api/v1/totals"] * 4)

    assert during_outage == [200, 200, 200, 429]
    assert afterwards == [200, 200, 200, 429]
    assert [event for event in logged() if event.startswith("circuit_breaker")] == [
        "circuit_breaker_opened",
        "circuit_breaker_closed",
    ]


def test_many_clients_without_redis_take_a_bounded_number_of_counters(
    limited: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = rate_counters.MemoryCounters(max_counters=20)
    monkeypatch.setattr(rate_limits, "MemoryCounters", lambda: counters)
    app = limited(redis_url="redis://127.0.0.1:9/0", api_per_min=1, page_cache_bytes=0)

    answers = [statuses(client_at(app, f"198.51.{number}.7"), "/api/v1/totals") for number in range(60)]

    assert answers == [[200]] * 60
    assert len(counters) == 20
