"""Counting what was counted, and WSGI without a server."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from werkzeug.test import create_environ, run_wsgi_app

from app import create_app, extensions, logs, metrics
from app.config import load


@pytest.fixture
def call() -> Callable[..., tuple[str, dict[str, str], bytes]]:
    """Sends one request to a WSGI application; gives status, headers and body, with the body closed."""

    def call(wsgi: Any, path: str = "/", **environ: Any) -> tuple[str, dict[str, str], bytes]:
        body, status, headers = run_wsgi_app(wsgi, {**create_environ(path), **environ}, buffered=True)
        return status, dict(headers), b"".join(body)

    return call


@pytest.fixture
def counted() -> Callable[..., float]:
    """How many requests with these labels were counted since the test began."""
    name = "http_server_request_duration_seconds_count"
    label = "http_response_status_code"

    def samples() -> dict[tuple[str, ...], float]:
        return {
            (s.labels["http_request_method"], s.labels["http_route"], s.labels[label]): s.value
            for family in metrics.registry.collect()
            for s in family.samples
            if s.name == name
        }

    before = samples()

    def counted(method: str, route: str, status: int) -> float:
        key = (method, route, str(status))
        return samples().get(key, 0) - before.get(key, 0)

    return counted


@pytest.fixture
def logged(capfdbinary):
    """Everything logged during the test, one object a line."""
    root = logging.root.handlers[:], logging.root.level
    logs.configure("INFO")
    yield lambda: [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = root


NOWHERE = load(
    HALOCLINE_ENVIRONMENT="test",
    mongodb_uri="mongodb://127.0.0.1:9",
    mongodb_timeout_ms=50,
    redis_url="redis://127.0.0.1:9/0",
)


@pytest.fixture(scope="session")
def portal_without_servers():
    return create_app(NOWHERE)


@pytest.fixture
def portal(portal_without_servers):
    """The whole application with all its layers and with no server behind it."""
    extensions.mongo.bind(NOWHERE)
    extensions.redis.bind(NOWHERE)
    yield portal_without_servers
    extensions.mongo.close()
    extensions.redis.close()
