"""Counts of metrics during a test, and WSGI calls without a server."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from werkzeug.test import create_environ, run_wsgi_app

from app import create_app, extensions
from app.config import load
from app.telemetry import logs, metrics, request_series


@pytest.fixture
def call() -> Callable[..., tuple[str, dict[str, str], bytes]]:
    """Send one request to a WSGI application; returns status, headers and body."""

    def call(wsgi: Any, path: str = "/", **environ: Any) -> tuple[str, dict[str, str], bytes]:
        body, status, headers = run_wsgi_app(wsgi, {**create_environ(path), **environ}, buffered=True)
        return status, dict(headers), b"".join(body)

    return call


@pytest.fixture
def counted() -> Callable[..., float]:
    """The number of requests with these labels that were counted during the test."""
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
        key = request_series.labels_of(method, route, str(status))
        return samples().get(key, 0) - before.get(key, 0)

    return counted


@pytest.fixture
def logged(capfdbinary):
    """The log lines of the test as objects."""
    root = logging.root.handlers[:], logging.root.level
    logs.configure("INFO")
    yield lambda: [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = root


@pytest.fixture
def portal():
    """The complete application with all layers; MongoDB and Redis are unreachable."""
    settings = load(
        HALOCLINE_ENVIRONMENT="test",
        mongodb_uri="mongodb://127.0.0.1:9",
        mongodb_timeout_ms=50,
        redis_url="redis://127.0.0.1:9/0",
    )
    yield create_app(settings)
    extensions.mongo.close()
    extensions.redis.close()
