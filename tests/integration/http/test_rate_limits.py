"""Rate limits: costly requests of one client, counted in Redis, or in the process without Redis."""

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

from app import config, create_app, extensions, portal
from app.http import rate_limits
from app.telemetry import logs, metrics

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
        return client.get(path, environ_overrides={"REMOTE_ADDR": peer}, headers=named)

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
def frozen() -> Iterator[socket.socket]:
    """A server that accepts connections and never answers, like a stopped Redis."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.setblocking(False)
        yield server


def connections(server: socket.socket) -> int:
    """The number of connections since the last call."""
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
    get = client_at(limited(redis_url=address, redis_timeout_s=0.1, page_cache_bytes=0))
    before = decisions("api", "allow", "memory"), decisions("api", "deny", "memory")

    assert statuses(get, *["/api/v1/totals"] * 8) == [200] * 3 + [429] * 5

    assert (decisions("api", "allow", "memory") - before[0], decisions("api", "deny", "memory") - before[1]) == (3, 5)
    # The first command, which timed out, and at most one attempt to reconnect.
    assert connections(frozen) <= 2
    assert logged().count("rate_limits_in_memory") == 1
