"""The example of a caching proxy, run by a real nginx in front of a real portal."""

import gzip
import json
import os
import re
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest

from app.cache.policy import RULES
from app.localdev.ports import free_port
from bench import nginx

from .conftest import PATIENCE_S, Answer, until


class Proxy:
    """nginx with the example in front of the portal at a port."""

    def __init__(self, start, folder, portal_port):
        self.port = free_port()
        start(nginx.command(folder, self.port, portal_port), self.port)
        until(lambda: self.get("/livez"))

    def get(self, path, method="GET", **headers):
        """The answer; `accept_encoding="br"` sends `Accept-Encoding: br`."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        link.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = link.getresponse()
        found = Answer(answer.status, dict(answer.getheaders()), answer.read())
        link.close()
        return found

    def outcome(self, path, **headers):
        return self.get(path, **headers).headers["X-Cache"]


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that it was asked with."""

    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_about):
        pass


@pytest.fixture
def front(start, tmp_path):
    """Puts the proxy in front of the portal at a port."""
    if nginx.program() is None:
        reason = "there is no nginx here (apt-get install nginx-light): the example of a proxy was not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path / "nginx"
    folder.mkdir()
    return lambda portal_port: Proxy(start, folder, portal_port)


@pytest.fixture(scope="module")
def portal(lasting_gunicorn):
    """A portal that no test stops."""
    return lasting_gunicorn(HALOCLINE_ENVIRONMENT="production")


@pytest.fixture
def proxy(front, portal, db):
    """A proxy with an empty cache in front of the portal."""
    return front(portal.port)


@pytest.fixture
def heard(front):
    """What the portal hears when the proxy is asked with these headers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        proxy = front(server.server_port)
        yield lambda **headers: proxy.get("/", **headers).json
        server.shutdown()
        thread.join()


def test_a_page_that_was_asked_for_is_answered_by_the_proxy(proxy):
    first = proxy.get("/")

    assert (first.status, first.headers["X-Cache"]) == (200, "MISS")
    until(lambda: proxy.outcome("/") == "HIT")
    assert proxy.get("/").body == first.body


def test_a_page_is_asked_for_anew_by_its_etag(proxy):
    first = proxy.get("/")

    until(lambda: proxy.outcome("/") == "REVALIDATED")
    assert proxy.get("/").headers["ETag"] == first.headers["ETag"]


def test_whoever_has_the_page_gets_304(proxy):
    etag = proxy.get("/").headers["ETag"]

    assert proxy.get("/", if_none_match=etag).status == 304


@pytest.mark.parametrize(
    ("accepted", "encoding", "decoded"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("br;q=0.5", "br", brotli.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
        ("gzip;q=1.0, identity; q=0.5", "gzip", gzip.decompress),
        ("gzip;q=0.000", None, bytes),
        ("brazil, gzipped", None, bytes),
        ("", None, bytes),
    ],
)
def test_each_reader_gets_the_page_as_it_can_be_read(accepted, encoding, decoded, proxy):
    answer = proxy.get("/", accept_encoding=accepted)

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert decoded(answer.body) == proxy.get("/", accept_encoding="identity").body


def test_readers_who_take_the_same_share_one_copy(proxy):
    until(
        lambda: (
            proxy.get("/", accept_encoding="gzip, deflate, br") and proxy.outcome("/", accept_encoding="br") == "HIT"
        )
    )

    assert proxy.get("/", accept_encoding="br;q=0.9,gzip").headers["Content-Encoding"] == "br"


def test_what_a_client_says_of_itself_does_not_reach_the_portal(heard):
    said = heard(
        x_forwarded_for="203.0.113.9",
        x_forwarded_proto="https",
        x_forwarded_host="evil.example",
        x_forwarded_port="1",
        x_forwarded_prefix="/evil",
        x_real_ip="203.0.113.9",
        forwarded="for=203.0.113.9",
        cookie="session=1",
    )

    assert (said.pop("x-forwarded-for"), said.pop("x-forwarded-proto")) == ("127.0.0.1", "http")
    assert said.keys() == {"host"}


def test_an_error_is_kept_by_nobody(front, gunicorn, db):
    proxy = front(gunicorn(HALOCLINE_FAULT_ERROR_RATIO="1").port)

    answers = [proxy.get("/"), proxy.get("/"), proxy.get("/missions/none/none"), proxy.get("/missions/none/none")]

    assert [answer.status for answer in answers] == [500] * 4
    assert {answer.headers["X-Cache"] for answer in answers} == {"MISS"}


def test_what_does_not_exist_is_asked_for_each_time(proxy):
    assert [proxy.outcome("/nothing"), proxy.outcome("/nothing")] == ["MISS", "MISS"]


def test_the_last_page_is_shown_while_the_portal_is_down(front, gunicorn, db):
    portal = gunicorn(HALOCLINE_ENVIRONMENT="production")
    proxy = front(portal.port)
    first = proxy.get("/")
    portal.stop()

    until(lambda: proxy.outcome("/") == "STALE")
    answer = proxy.get("/")
    assert (answer.status, answer.body) == (200, first.body)
    assert proxy.get("/fleet").status == 502


@pytest.mark.parametrize("query", ["utm_source=news", "kind=glider&x=1", "Kind=glider", "kind", "kind=glider&&x"])
def test_a_query_that_the_portal_does_not_know_is_not_kept(query, proxy):
    assert proxy.outcome(f"/missions?{query}") == "BYPASS"


def test_a_query_that_it_knows_is_kept(proxy):
    assert proxy.outcome("/missions?kind=glider&sort=newest") == "MISS"


def test_the_proxy_knows_the_arguments_that_make_a_difference():
    told = re.search(r"\^\(\(([a-z_|]+)\)=", nginx.EXAMPLE.read_text(encoding="utf-8"))

    assert set(told[1].split("|")) == {name for rule in RULES.values() for name in rule.arguments}


def test_whoever_says_who_they_are_gets_an_answer_of_their_own(proxy):
    assert proxy.outcome("/", authorization="Bearer key") == "BYPASS"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/v1/export"])
def test_the_answer_of_this_moment_is_kept_nowhere(path, proxy):
    assert "X-Cache" not in proxy.get(path).headers


def test_what_is_too_large_is_turned_away(proxy):
    assert proxy.get("/", method="POST", content_length="20000").status == 413
    assert proxy.get("/", x_much="a" * 9000).status == 400
