"""POST /api/v1/positions of a running portal: bodies over a connection, and the event that an open page receives."""

import json
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from app.domain.records import Platform
from app.store import documents
from tests import signed_webhooks
from tests.integration.http.test_live import Stream, opens

from .conftest import until

WEBHOOKS = 3


@pytest.fixture
def portal(gunicorn, db, tmp_path):
    """A portal that accepts positions of the platform p1, and serves live updates."""
    platform = Platform(
        platform="p1",
        serial="P1",
        kind="glider",
        name=None,
        model=None,
        wmo_id=None,
        operator=None,
        last_seen_at=datetime.now(UTC) - timedelta(hours=3),
        last_mission="m",
        missions=1,
        profiles=1,
        samples=1,
        distance_m=1.0,
        vertical_m=1.0,
        time_at_sea_s=1.0,
    )
    db.platforms.insert_one(documents.platform_to_document(platform))
    senders = tmp_path / "senders.toml"
    senders.write_text(f'[tracker]\nsecrets = ["{signed_webhooks.secret()}"]\n', encoding="utf-8")
    portal = gunicorn(
        HALOCLINE_LIVE_CLIENTS="20",
        HALOCLINE_UPLOADS="1",
        HALOCLINE_POSITION_SECRETS_FILE=str(senders),
        HALOCLINE_API_PER_MIN="0",
    )
    until(lambda: opens(portal))
    return portal


def send(portal, content, body=None):
    """Send a webhook with this content, and another body if one is given; the status and the JSON of the response."""
    signed = json.dumps(content).encode()
    connection = portal.connection()
    headers = signed_webhooks.headers(signed, signed_webhooks.secret())
    connection.request("POST", signed_webhooks.PATH, signed if body is None else body, headers)
    answer = connection.getresponse()
    result = answer.status, json.loads(answer.read())
    connection.close()
    return result


def position(latitude):
    return {"platform": "p1", "time": datetime.now(UTC).isoformat(), "latitude": latitude, "longitude": 16.5}


def test_an_open_page_receives_each_position_and_finds_it(portal):
    after_s = []
    with Stream(portal, "tags=platform:p1") as stream:
        begin = stream.event()
        for number in range(WEBHOOKS):
            latitude = 50 + number / 100
            sent_s = time.monotonic()
            status, _ = send(portal, position(latitude))
            name, _, tags = stream.event()
            until(partial(is_shown, portal, latitude))
            after_s.append(time.monotonic() - sent_s)
            assert (status, name, tags) == (200, "change", ["platform:p1"])

    assert begin[0] == "ready"
    # Of the slowest one on a machine that runs other tests; a page takes 0.1 s on a quiet one.
    assert max(after_s) < 10


def is_shown(portal, latitude):
    return portal.get("/api/v1/platforms/p1").json["last_position"]["lat_deg"] == latitude


def test_bodies_are_read_whole_and_limited(portal):
    many = [position(50 + number / 1000) | {"time": time_before(number)} for number in range(100)]

    assert send(portal, many)[0] == 200
    assert send(portal, position(51), body=json.dumps(position(52)).encode())[0] == 401
    assert send(portal, position(51), body=b"x" * ((64 << 10) + 1))[0] == 413
    assert portal.get("/api/v1/platforms/p1/positions?limit=200").json["items"][0]["lat_deg"] == 50


def test_a_body_that_is_cut_off_stores_nothing_and_is_counted(portal):
    body = json.dumps(position(53)).encode()
    with socket.create_connection(("127.0.0.1", portal.port), timeout=10) as link:
        fields = signed_webhooks.headers(body, signed_webhooks.secret()) | {"Host": "localhost"}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        link.sendall(f"POST {signed_webhooks.PATH} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode())
        link.sendall(body[:-1])
        link.shutdown(socket.SHUT_WR)
        answer = link.recv(4096)

    assert b" 400 " in answer.splitlines()[0]
    until(lambda: portal.metric_values()["halocline_position_webhooks_refused_total", "malformed"] == 1)
    assert portal.get("/api/v1/platforms/p1/positions").json["items"] == []


def test_slow_senders_without_a_secret_delay_no_other(portal):
    head = f"POST {signed_webhooks.PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with ExitStack() as stack:
        for _ in range(40):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", portal.port), timeout=10))
            link.sendall(f"{head}Content-Length: 65536\r\n\r\n{{".encode())

        assert [send(portal, position(54 + number))[0] for number in range(3)] == [200] * 3


def time_before(minutes):
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
