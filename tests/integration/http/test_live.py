"""GET /live/events of a running portal: events of changes, resumption without a gap, limits, the end of streams."""

import json
import re
import signal
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from app import events
from app.localdev.ports import free_port
from app.store import change_log, transactions
from bench import nginx

from .conftest import until


class Stream:
    """An open stream, read event by event."""

    def __init__(self, portal, query, **headers):
        self.connection = portal.connection()
        self.connection.request("GET", f"/live/events?{query}", headers={"Accept": "text/event-stream", **headers})
        self.answer = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.answer.close()

    def block(self):
        """The fields of the next block of lines."""
        lines = []
        while (line := self.answer.readline().decode()) not in ("\n", ""):
            lines.append(line.rstrip("\n"))
        return dict(line.split(": ", 1) for line in lines if not line.startswith(":"))

    def event(self):
        """The name, number and tags of the next event."""
        while "event" not in (block := self.block()):
            assert block, "the stream has ended"
        self.id = block["id"]
        return block["event"], int(block["id"].partition(".")[0]), json.loads(block["data"]).get("tags")


def change(*tags):
    """Append to the change log as an import does; the number of the change."""
    number = transactions.run(lambda session: change_log.append(tags, datetime.now(UTC), session))
    events.announce(number)
    return number


@pytest.fixture
def portal(gunicorn, db):
    """A portal that serves live events."""
    change("basins")
    portal = gunicorn(HALOCLINE_LIVE_CLIENTS="20")
    until(lambda: opens(portal))
    return portal


@pytest.fixture(scope="module")
def quiet(shared_gunicorn):
    """A portal that serves live events, for tests that change nothing."""
    portal = shared_gunicorn(HALOCLINE_LIVE_CLIENTS="20")
    until(lambda: opens(portal))
    return portal


def opens(portal):
    with Stream(portal, "tags=totals") as stream:
        return stream.answer.status == 200


@pytest.fixture
def opened():
    """A function that opens a stream of a portal; it is closed after the test."""
    with ExitStack() as stack:
        yield lambda of, query, **headers: stack.enter_context(Stream(of, query, **headers))


@pytest.fixture
def stream(portal, opened):
    """A function that opens a stream of the portal."""
    return partial(opened, portal)


def test_a_stream_has_the_headers_that_keep_proxies_and_other_sites_away(quiet, opened):
    answer = opened(quiet, "tags=totals").answer

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Content-Security-Policy" in answer.headers


def test_a_client_gets_each_change_of_its_tags(stream):
    waits, other = stream("tags=mission,totals"), stream("tags=mission:p/other,search")
    begin = waits.event()
    first = change("mission:p/m", "platform:p", "totals")
    received = waits.event()
    second = change("search")

    assert begin[0] == "ready"
    assert received == ("change", first, ["mission:p/m", "platform:p", "totals"])
    assert [other.event(), other.event()][1] == ("change", second, ["search"])


def test_a_client_that_reconnects_gets_what_it_missed_in_one_event(stream):
    meanwhile = stream("tags=basins")
    meanwhile.event()
    position = meanwhile.id
    _ = [change("totals"), change("mission:p/m")]
    last = change("basins")
    until(lambda: meanwhile.event()[1] == last)

    by_header = stream("tags=mission,totals", **{"Last-Event-ID": position})
    by_address = stream(f"tags=mission,totals&after={position}")
    names = {"basins", "mission:p/m", "totals"}

    assert [(name, number, set(tags)) for name, number, tags in [by_header.event(), by_address.event()]] == [
        ("change", last, names)
    ] * 2


def test_another_process_resumes_where_the_first_one_ended(gunicorn, portal, opened):
    before = opened(portal, "tags=totals")
    before.event()
    missed = change("totals")
    portal.stop()
    other = gunicorn(HALOCLINE_LIVE_CLIENTS="20")
    until(lambda: opens(other))

    assert opened(other, f"tags=totals&after={before.id}").event() == ("change", missed, ["totals"])


@pytest.mark.parametrize("position", ["7.0123456789abcdef", "garbage", "-1.", "9" * 200, "\xff"])
def test_a_client_with_an_unknown_position_starts_again(quiet, opened, position):
    name, _, tags = opened(quiet, "tags=totals", **{"Last-Event-ID": position}).event()

    assert (name, tags) == ("resync", None)


def test_the_state_of_a_page_is_a_position_of_the_stream(portal, stream):
    until(lambda: "Server-Timing" in portal.get("/fleet").headers)
    state = re.fullmatch(r'change;desc="([0-9]+\.[0-9a-f]+)"', portal.get("/fleet").headers["Server-Timing"])
    following = stream(f"tags=totals&after={state[1]}")
    number = change("totals")

    assert following.event() == ("change", number, ["totals"])


@pytest.mark.parametrize(
    "query",
    [
        "", "tags=", "tags=unknown", "tags=mission:", "tags=mission:p", "tags=mission:p/m/x", "tags=totals,,",
        "tags=%00",
        "tags=totals&tags=basins", "tags=totals&other=1", "tags=totals&after=1.a&after=2.b", "tags=%ff",
        "tags=" + ",".join(f"platform:p{n}" for n in range(17)), "tags=platform:" + "x" * 81, "tags=" + "x" * 2500,
    ],
)  # fmt: skip
def test_invalid_tags_are_refused_with_the_reason(quiet, query):
    answer = quiet.get(f"/live/events?{query}")

    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json["detail"].startswith("tags: ")


def test_beyond_the_limit_of_a_worker_streams_are_refused_for_a_while(gunicorn, db, opened):
    portal = gunicorn(HALOCLINE_LIVE_CLIENTS="3", HALOCLINE_LIVE_CLIENTS_PER_ADDRESS="0")
    until(lambda: opens(portal))
    until(lambda: portal.metric_values()["halocline_live_clients",] == 0)
    _ = [opened(portal, "tags=totals").event() for _ in range(3)]
    refused = portal.get("/live/events?tags=totals")

    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    assert portal.get("/livez").status == 200
    assert portal.metric_values()["halocline_live_refused_total", "worker"] == 1


def test_one_address_cannot_take_all_streams(gunicorn, db, opened):
    portal = gunicorn(HALOCLINE_LIVE_CLIENTS="9", HALOCLINE_LIVE_CLIENTS_PER_ADDRESS="2")
    until(lambda: opens(portal))
    until(lambda: portal.metric_values()["halocline_live_clients",] == 0)
    _ = [opened(portal, "tags=totals", **{"X-Forwarded-For": "192.0.2.1"}).event() for _ in range(2)]
    same, other = (opened(portal, "tags=totals", **{"X-Forwarded-For": f"192.0.2.{n}"}).answer for n in (1, 2))

    assert (same.status, same.headers["Retry-After"], other.status) == (429, "60", 200)


def test_pages_of_other_sites_cannot_open_a_stream(stream):
    answers = [
        stream("tags=totals", **{"Sec-Fetch-Site": site}).answer.status for site in ("cross-site", "same-origin")
    ]

    assert answers == [403, 200]


def test_only_get_opens_a_stream(quiet):
    connection = quiet.connection()
    connection.request("POST", "/live/events?tags=totals", headers={"Connection": "close"})
    post = connection.getresponse()
    connection.close()
    connection = quiet.connection()
    connection.request("HEAD", "/live/events?tags=totals", headers={"Connection": "close"})
    head = connection.getresponse()
    connection.close()

    assert (post.status, post.headers["Allow"]) == (405, "GET, HEAD")
    assert (head.status, head.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")


def test_by_default_a_process_serves_no_streams(gunicorn, db):
    answer = gunicorn().get("/live/events?tags=totals")

    assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")


def test_a_stream_has_a_line_when_it_opens_and_one_when_it_ends(portal):
    with Stream(portal, "tags=totals", **{"X-Request-ID": "stream-of-the-test"}) as open_stream:
        open_stream.event()
    ended = until(lambda: [line for line in portal.lines() if line["event"] == "stream_ended"
                           and line["request_id"] == "stream-of-the-test"])  # fmt: skip
    begun = [line for line in portal.lines() if line["event"] == "request" and line["route"] == "/live/events"]

    assert [(line["reason"], line["events"]) for line in ended] == [("client", 0)]
    assert [line["status"] for line in begun if line["request_id"] == "stream-of-the-test"] == [200]


def test_sigterm_ends_streams_so_that_clients_move_without_loss(portal, stream):
    streams = [stream("tags=totals") for _ in range(10)]
    _ = [each.event() for each in streams]
    portal.child.send_signal(signal.SIGTERM)
    farewells = [each.block() for each in streams]
    ends = [each.answer.read() for each in streams]

    assert len({farewell["retry"] for farewell in farewells}) > 5
    assert ends == [b""] * 10
    assert portal.child.wait(60) == 0


def test_the_example_proxy_passes_each_event_on_at_once_and_stores_none(portal, start, nginx_folder, opened):
    port = free_port()
    start(nginx.command(nginx_folder, port, portal.port), port)
    proxy = replace(portal, port=port)
    until(lambda: opens(proxy))
    streams = [opened(proxy, "tags=totals") for _ in range(2)]
    _ = [each.event() for each in streams]
    number = change("totals")

    assert [each.event() for each in streams] == [("change", number, ["totals"])] * 2
    assert [each.answer.headers.get("X-Cache-Status") for each in streams] == [None] * 2
