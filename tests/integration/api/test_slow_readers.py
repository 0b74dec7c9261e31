"""Downloads end: they have a time, a number, and a reader who stands still does not hold them."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.api.v1 import downloads
from app.errors import Conflict
from app.telemetry import metrics
from tests.integration.api.addresses import DATA

Get = Callable[..., Any]


def test_an_export_that_takes_too_long_breaks_off(get: Get, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(range(0, 10**6, 3600))
    monkeypatch.setattr(downloads, "monotonic", lambda: next(hours))
    with pytest.raises(Conflict, match="exceeded its time limit"):
        get("/export")


def test_a_worker_sends_four_downloads_at_once(get: Get, app: Flask) -> None:
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


def test_headers_and_what_has_not_changed_need_no_place(get: Get, app: Flask) -> None:
    tag = get(DATA).headers["ETag"]
    visitor = app.test_client()
    sending = [visitor.get(f"/api/v1{DATA}") for _ in range(4)]
    assert get(DATA, method="HEAD").status_code == 200
    assert get(DATA, headers={"If-None-Match": tag}).status_code == 304
    assert [answer.close() for answer in sending] == [None] * 4


def test_a_reader_who_stands_still_is_cut_off_at_the_socket(get: Get) -> None:
    ours, theirs = socket.socketpair()
    get(DATA, environ_overrides={"gunicorn.socket": ours})
    timeout_s = ours.gettimeout()
    ours.close()
    theirs.close()
    assert timeout_s == 60
