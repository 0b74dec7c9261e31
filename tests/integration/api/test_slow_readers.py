"""Limits of downloads: their duration, their number, and a timeout for clients that stop reading."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.api.v1 import downloads
from app.errors import Conflict
from app.telemetry import metrics
from tests.integration.api.paths import DATA

Get = Callable[..., Any]


def test_an_export_beyond_its_time_limit_is_aborted(get: Get, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(range(0, 10**6, 3600))
    monkeypatch.setattr(downloads, "monotonic", lambda: next(hours))
    with pytest.raises(Conflict, match="exceeded its time limit"):
        get("/export")


def test_a_worker_sends_at_most_four_downloads_at_once(get: Get, app: Flask) -> None:
    visitor = app.test_client()
    sending = [visitor.get(f"/api/v1{DATA}") for _ in range(4)]
    refused_before = metrics.registry.get_sample_value("halocline_downloads_refused_total")
    refused = get(DATA)
    assert metrics.registry.get_sample_value("halocline_downloads_refused_total") == refused_before + 1
    assert (refused.status_code, refused.json["detail"]) == (
        503,
        "Too many downloads are running; try again later.",
    )
    assert refused.headers["Retry-After"]
    assert [answer.close() for answer in sending] == [None] * 4
    assert get(DATA).status_code == 200


def test_head_and_304_do_not_count_as_downloads(get: Get, app: Flask) -> None:
    etag = get(DATA).headers["ETag"]
    visitor = app.test_client()
    sending = [visitor.get(f"/api/v1{DATA}") for _ in range(4)]
    assert get(DATA, method="HEAD").status_code == 200
    assert get(DATA, headers={"If-None-Match": etag}).status_code == 304
    assert [answer.close() for answer in sending] == [None] * 4


def test_a_client_that_stops_reading_is_disconnected_after_a_timeout(get: Get) -> None:
    server_socket, client_socket = socket.socketpair()
    get(DATA, environ_overrides={"gunicorn.socket": server_socket})
    timeout_s = server_socket.gettimeout()
    server_socket.close()
    client_socket.close()
    assert timeout_s == 60
