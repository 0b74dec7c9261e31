"""Rate limits: costly requests of one client, counted in Redis, or in the process while Redis is away."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from pymongo.database import Database
from werkzeug.test import Client, TestResponse

from app import config, create_app, extensions, logs, metrics
from app.http import rate_limits

Ask = Callable[..., TestResponse]
LIMITS = {"api_per_min": 3, "searches_per_min": 2, "exports_per_min": 1}


@pytest.fixture
def limited(settings: config.Settings, db: Database[dict[str, Any]]) -> Iterator[Callable[..., Flask]]:
    """A portal with small limits and these settings."""

    def limited(**changes: Any) -> Flask:
        return create_app(settings.model_copy(update=LIMITS | changes))

    yield limited
    extensions.redis.close()


def asking(app: Flask, peer: str = "203.0.113.9") -> Ask:
    """Asks as this client, through all layers."""
    visitor = Client(app.wsgi_app, use_cookies=False)

    def ask(path: str, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return visitor.get(path, environ_overrides={"REMOTE_ADDR": peer}, headers=named)

    return ask


def statuses(ask: Ask, *paths: str) -> list[int]:
    return [ask(path).status_code for path in paths]


def decided(policy: str, decision: str, storage: str) -> float:
    return metrics.rate_limit_decisions.labels(policy, decision, storage)._value.get()


def test_what_exceeds_the_limit_is_a_problem_that_says_when_to_go_on(limited: Callable[..., Flask]) -> None:
    ask = asking(limited())
    denied = decided("api", "deny", "redis")

    assert statuses(ask, *["/api/v1/totals"] * 3) == [200] * 3
    answer = ask("/api/v1/totals")

    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit-Policy"] == '"api";q=3;w=60'
    assert answer.headers["RateLimit"] == f'"api";r=0;t={answer.headers["Retry-After"]}'
    assert json.loads(answer.data)["status"] == 429
    assert decided("api", "deny", "redis") - denied == 1


def test_doors_have_budgets_of_their_own(limited: Callable[..., Flask]) -> None:
    ask = asking(limited())

    assert statuses(ask, *["/api/v1/observations?days=1"] * 2) == [200, 429]
    assert statuses(ask, "/api/v1/search?q=a", "/search?q=a", "/search?q=b") == [200, 200, 429]
    assert statuses(ask, *["/api/v1/totals", "/api/v1/missions", "/api/v1/stats", "/api/v1/platforms"]) == [200] * 3 + [
        429
    ]


def test_a_page_that_is_refused_is_a_page(limited: Callable[..., Flask]) -> None:
    ask = asking(limited(searches_per_min=1))
    ask("/search?q=a")

    answer = ask("/search?q=a")

    assert answer.status_code == 429
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Retry-After" in answer.headers


def test_clients_have_budgets_of_their_own_and_workers_share_them(limited: Callable[..., Flask]) -> None:
    one, same = asking(limited(api_per_min=1)), asking(limited(api_per_min=1))
    other = asking(limited(api_per_min=1), "203.0.113.10")

    assert [statuses(ask, "/api/v1/totals") for ask in (one, same, other)] == [[200], [429], [200]]


@pytest.mark.parametrize(
    ("allowed", "told", "expected"),
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
    allowed: str, told: list[str], expected: list[int], limited: Callable[..., Flask]
) -> None:
    ask = asking(limited(api_per_min=1, forwarded_allow_ips=allowed))

    assert [ask("/api/v1/totals", X_Forwarded_For=chain).status_code for chain in told] == expected


def test_pages_files_and_probes_are_not_limited(limited: Callable[..., Flask]) -> None:
    ask = asking(limited(api_per_min=1))
    statuses(ask, "/api/v1/totals")

    assert statuses(ask, "/api/v1/totals", "/", "/missions", "/livez", "/api/v1/nothing") == [429, 200, 200, 200, 404]
    assert rate_limits.policy_of("/static/<path:filename>") is None


def test_what_the_page_cache_answers_costs_nothing(limited: Callable[..., Flask]) -> None:
    app = limited(api_per_min=1)
    ask, other = asking(app), asking(app, "203.0.113.10")
    # What a worker does when it starts, and again and again: before, nothing is kept.
    app.extensions["freshness"]._watcher.look()

    kept = statuses(ask, *["/api/v1/totals"] * 5)
    refused = ask("/api/v1/stats")
    made_for_another = other("/api/v1/stats")
    kept_now = ask("/api/v1/stats")

    assert kept == [200] * 5
    assert (refused.status_code, made_for_another.status_code, kept_now.status_code) == (429, 200, 200)
    assert "RateLimit" not in kept_now.headers


def test_zero_is_no_limit(limited: Callable[..., Flask]) -> None:
    ask = asking(limited(api_per_min=0, exports_per_min=0))

    assert statuses(ask, *["/api/v1/totals"] * 5, *["/api/v1/observations?days=1"] * 3) == [200] * 8


@pytest.fixture
def frozen() -> Iterator[socket.socket]:
    """Takes connections like a Redis that was stopped, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.setblocking(False)
        yield server


def connections(server: socket.socket) -> int:
    """How often somebody connected."""
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return 0
    return 1 + connections(server)


@pytest.fixture
def logged(capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Callable[[], list[str]]]:
    """The names of the events logged during the test."""
    root = logging.root.handlers[:], logging.root.level
    logs.configure("INFO")
    yield lambda: [json.loads(line)["event"] for line in capfdbinary.readouterr().out.splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = root


def test_without_redis_each_worker_counts_for_itself(
    limited: Callable[..., Flask], frozen: socket.socket, logged: Callable[[], list[str]]
) -> None:
    address = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
    ask = asking(limited(redis_url=address, redis_timeout_s=0.1, page_cache_bytes=0))
    before = decided("api", "allow", "memory"), decided("api", "deny", "memory")

    assert statuses(ask, *["/api/v1/totals"] * 8) == [200] * 3 + [429] * 5

    assert (decided("api", "allow", "memory") - before[0], decided("api", "deny", "memory") - before[1]) == (3, 5)
    # One that was asked and did not answer, and at most one question later whether it is back.
    assert connections(frozen) <= 2
    assert logged().count("rate_limits_in_memory") == 1
