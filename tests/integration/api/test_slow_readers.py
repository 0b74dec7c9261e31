"""Limits of downloads: their duration, their number, and a timeout for clients that stop reading."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from app import config, create_app
from app.api.v1 import downloads
from app.errors import Conflict
from app.telemetry import metrics
from tests.closing_client import ClosingClient
from tests.integration.api.paths import DATA

Get = Callable[..., Any]


def refused_by(limit: str) -> float:
    return metrics.downloads_refused.labels(limit)._value.get()


def test_an_export_beyond_its_time_limit_is_aborted(get: Get, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(range(0, 10**6, 3600))
    monkeypatch.setattr(downloads, "monotonic", lambda: next(hours))
    with pytest.raises(Conflict, match="exceeded its time limit"):
        get("/export")


def test_a_worker_sends_at_most_four_downloads_at_once(get: Get, app: Flask) -> None:
    visitor = app.test_client()
    sending = [visitor.get(f"/api/v1{DATA}") for _ in range(4)]
    refused_before = refused_by("worker")
    with capture_logs() as lines:
        refused = get(DATA)
    assert [line["event"] for line in lines] == ["download_refused"]
    assert refused_by("worker") == refused_before + 1
    assert (refused.status_code, refused.json["detail"]) == (
        503,
        "Too many downloads are running; try again later.",
    )
    assert refused.headers["Retry-After"]
    assert [answer.close() for answer in sending] == [None] * 4
    assert get(DATA).status_code == 200


@pytest.fixture
def client_at(get: Get, settings: config.Settings) -> Iterator[Callable[[str], Get]]:
    """A function that returns a function: it sends requests to one portal with limits from this address."""
    portal = create_app(settings.model_copy(update={"exports_per_min": 1000}))
    portal.test_client_class = ClosingClient

    def client_at(peer: str) -> Get:
        return lambda path: portal.test_client().get(f"/api/v1{path}", environ_overrides={"REMOTE_ADDR": peer})

    yield client_at
    ClosingClient.close_all()


def test_slow_readers_of_one_client_leave_downloads_for_others(client_at: Callable[[str], Get]) -> None:
    slow, other = client_at("2001:db8:0:1::1"), client_at("2001:db8:0:2::1")
    neighbour = client_at("2001:db8:0:1:ffff::2")
    refused_before = refused_by("client")

    reading = [slow(DATA) for _ in range(8)]
    of_other, of_neighbour = other(DATA), neighbour(DATA)

    assert [answer.status_code for answer in reading] == [200] + [429] * 7
    assert reading[1].headers["Retry-After"] == "10"
    assert reading[1].json["detail"] == "Another download of this client is running; try again when it has ended."
    assert (of_other.status_code, of_neighbour.status_code) == (200, 429)
    assert refused_by("client") - refused_before == 8
    assert [answer.close() for answer in reading] == [None] * 8
    assert slow(DATA).status_code == 200


def test_head_and_304_do_not_count_as_downloads(get: Get, app: Flask) -> None:
    etag = get(DATA).headers["ETag"]
    visitor = app.test_client()
    sending = [visitor.get(f"/api/v1{DATA}") for _ in range(4)]
    assert get(DATA, method="HEAD").status_code == 200
    assert get(DATA, headers={"If-None-Match": etag}).status_code == 304
    assert [answer.close() for answer in sending] == [None] * 4
