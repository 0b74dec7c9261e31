"""The example configuration of a caching proxy, in a real nginx in front of a real portal."""

import gzip
import hashlib
import json
import re
from datetime import timedelta
from http.client import HTTPConnection

import brotli
import pytest

from app.cache.policy import RULES
from app.domain.audit import Actor
from app.ingest.corrections import key_records
from app.localdev.ports import free_port
from bench import nginx

from .conftest import TIMEOUT_S, Answer, until
from .echo import echo

PRODUCTION = {"HALOCLINE_ENVIRONMENT": "production", "HALOCLINE_PUBLIC_URL": "http://127.0.0.1/"}


class Proxy:
    """nginx with the example in front of the portal at a port."""

    def __init__(self, start, folder, portal_port):
        self.port = free_port()
        start(nginx.command(folder, self.port, portal_port), self.port)
        until(lambda: self.get("/livez"))

    def get(self, path, method="GET", **headers):
        """The response; `accept_encoding="br"` sends `Accept-Encoding: br`."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        link.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = link.getresponse()
        response = Answer(answer.status, dict(answer.getheaders()), answer.read())
        link.close()
        return response

    def outcome(self, path, **headers):
        return self.get(path, **headers).headers["X-Cache-Status"]


@pytest.fixture
def front(start, nginx_folder):
    """A function that starts the proxy in front of the portal at a port."""
    return lambda portal_port: Proxy(start, nginx_folder, portal_port)


@pytest.fixture(scope="module")
def portal(shared_gunicorn):
    """A portal that no test stops."""
    return shared_gunicorn(**PRODUCTION)


@pytest.fixture
def proxy(front, portal, db):
    """A proxy with an empty cache in front of the portal."""
    return front(portal.port)


@pytest.fixture
def passed_on(front):
    """A function that returns the headers that the proxy passes on for a request with these headers."""
    with echo() as port:
        proxy = front(port)
        yield lambda **headers: proxy.get("/", **headers).json


def test_a_cached_page_is_served_by_the_proxy(proxy):
    first = proxy.get("/")

    assert (first.status, first.headers["X-Cache-Status"]) == (200, "MISS")
    until(lambda: proxy.outcome("/") == "HIT")
    assert proxy.get("/").body == first.body


def test_a_page_is_revalidated_by_its_etag(proxy):
    first = proxy.get("/")

    until(lambda: proxy.outcome("/") == "REVALIDATED")
    assert proxy.get("/").headers["ETag"] == first.headers["ETag"]


def test_a_matching_etag_gets_304(proxy):
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
def test_each_client_gets_an_encoding_that_it_accepts(accepted, encoding, decoded, proxy):
    answer = proxy.get("/", accept_encoding=accepted)

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert decoded(answer.body) == proxy.get("/", accept_encoding="identity").body


def test_clients_with_the_same_encoding_share_one_cached_page(proxy):
    until(
        lambda: (
            proxy.get("/", accept_encoding="gzip, deflate, br") and proxy.outcome("/", accept_encoding="br") == "HIT"
        )
    )

    assert proxy.get("/", accept_encoding="br;q=0.9,gzip").headers["Content-Encoding"] == "br"


def test_forwarding_headers_of_a_client_do_not_reach_the_portal(passed_on):
    headers = passed_on(
        x_forwarded_for="203.0.113.9",
        x_forwarded_proto="https",
        x_forwarded_host="evil.example",
        x_forwarded_port="1",
        x_forwarded_prefix="/evil",
        x_real_ip="203.0.113.9",
        forwarded="for=203.0.113.9",
        cookie="session=1",
    )

    assert (headers.pop("x-forwarded-for"), headers.pop("x-forwarded-proto")) == ("127.0.0.1", "http")
    assert headers.keys() == {"host", "x-request-id"}


def test_an_error_is_not_cached(front, gunicorn, db):
    proxy = front(gunicorn(HALOCLINE_FAULT_ERROR_RATIO="1").port)

    answers = [proxy.get("/"), proxy.get("/"), proxy.get("/missions/none/none"), proxy.get("/missions/none/none")]

    assert [answer.status for answer in answers] == [500] * 4
    assert {answer.headers["X-Cache-Status"] for answer in answers} == {"MISS"}


def test_a_404_is_not_cached(proxy):
    assert [proxy.outcome("/nothing"), proxy.outcome("/nothing")] == ["MISS", "MISS"]


def test_a_stale_page_is_served_while_the_portal_is_down(front, gunicorn, db):
    portal = gunicorn(**PRODUCTION)
    proxy = front(portal.port)
    first = proxy.get("/")
    portal.stop()

    until(lambda: proxy.outcome("/") == "STALE")
    answer = proxy.get("/")
    assert (answer.status, answer.body) == (200, first.body)
    missing = proxy.get("/fleet")
    assert (missing.status, missing.headers["Retry-After"], missing.headers["Cache-Control"]) == (503, "5", "no-store")


@pytest.mark.parametrize("query", ["utm_source=news", "kind=glider&x=1", "Kind=glider", "kind", "kind=glider&&x"])
def test_an_undeclared_query_is_not_cached(query, proxy):
    assert proxy.outcome(f"/missions?{query}") == "BYPASS"


def test_a_declared_query_is_cached(proxy):
    assert proxy.outcome("/missions?kind=glider&sort=newest") == "MISS"


def test_the_proxy_has_all_arguments_that_clients_cannot_invent():
    declared = re.search(r"\^\(\(([a-z_|]+)\)=", (nginx.PROXY / "cache.conf").read_text(encoding="utf-8"))

    assert set(declared[1].split("|")) == {
        name for rule in RULES.values() for name in rule.arguments if not rule.invented
    }


@pytest.mark.parametrize("credentials", ["Bearer key", "0"])
def test_an_authenticated_request_bypasses_the_cache(credentials, proxy):
    until(lambda: proxy.outcome("/") == "HIT")

    assert proxy.outcome("/", authorization=credentials) == "BYPASS"


def test_a_cookie_does_not_bypass_the_cache(proxy):
    until(lambda: proxy.outcome("/") == "HIT")

    assert proxy.outcome("/", cookie="session=1") in {"HIT", "REVALIDATED"}


@pytest.mark.parametrize("host", ["a b", "a?b", "<x>", "a=b", "a|b", "x:1:2", "x:port", "[::1", "ä.example"])
def test_a_host_that_is_no_name_is_refused(host, proxy):
    assert proxy.get("/", host=host.encode()).status == 400


def test_absolute_links_have_the_host_and_port_of_the_request(front, shared_gunicorn, db):
    proxy = front(shared_gunicorn().port)

    assert b"//portal.example:8080/" in proxy.get("/updates.rss", host="Portal.example:8080").body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/v1/export"])
def test_probes_and_exports_are_never_cached(path, proxy):
    assert "X-Cache-Status" not in proxy.get(path).headers


def test_requests_that_are_too_large_are_refused(proxy):
    assert proxy.get("/", method="POST", content_length="20000").status == 413
    assert proxy.get("/", x_much="a" * 9000).status == 400


def test_an_upload_passes_the_proxy_unbuffered_and_other_bodies_do_not(front, gunicorn, db):
    _, key = key_records.create("feed", ("importer",), None, timedelta(days=1), Actor("user", "ana@here"))
    portal = gunicorn(HALOCLINE_UPLOADS="1", REDIS_BROKER_URL="redis://127.0.0.1:1/0")
    proxy = front(portal.port)
    body = b"x" * 3_000_000

    def send(path, secret):
        link = HTTPConnection("127.0.0.1", proxy.port, timeout=TIMEOUT_S)
        link.request("POST", path, body, {"Authorization": f"Bearer {secret}"})
        answer = link.getresponse()
        result = answer.status, answer.read()
        link.close()
        return result

    status, text = send("/api/v1/imports?file_name=a.nc", key)

    assert (status, json.loads(text)["sha256"]) == (202, hashlib.sha256(body).hexdigest())
    assert send("/api/v1/imports?file_name=a.nc", "wrong")[0] == 401
    assert send("/", key)[0] == 413
    assert db["spool.files"].find_one()["length"] == len(body)
