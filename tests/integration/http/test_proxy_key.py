"""Requests whose parts are equal when joined without separators never share a cached response of the proxy."""

from http.client import HTTPConnection

import pytest

from app.localdev.ports import free_port
from bench import nginx

from .conftest import TIMEOUT_S, until

# An upstream whose response names the parts of the request, and may be cached.
UPSTREAM = """server {{
        listen 127.0.0.1:{port};
        default_type text/plain;
        add_header Cache-Control s-maxage=60;
        location / {{ return 200 "$http_host $request_uri $http_accept_encoding"; }}
    }}"""


def pair(number):
    """Two requests as (host, path, Accept-Encoding): the first one's encoding is the end of the other one's path."""
    encoding, host = ("br", "gzip")[number % 2], f"host{number % 3}.example"
    path = (f"/missions?project=x{number}&platform=", f"/missions/x{number}/")[number % 5 > 2]
    return (host, path, encoding), (host, path + encoding, "")


@pytest.fixture
def page(start, nginx_folder):
    """A function that sends a request; it returns the parts that the upstream received, and the cache's outcome."""
    port, upstream = free_port(), free_port()
    proxy = start(nginx.command(nginx_folder, port, upstream, UPSTREAM.format(port=upstream)), port)
    until(lambda: proxy.get("/").status == 200)
    link = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def page(host, path, accept_encoding):
        link.request("GET", path, headers={"Host": host, "Accept-Encoding": accept_encoding})
        answer = link.getresponse()
        return answer.read().decode(), answer.headers["X-Cache-Status"]

    yield page
    link.close()


def outcomes(page, count):
    """What the requests of all pairs get, sent twice, as (was it the page of the request, outcome of the cache)."""
    requests = [request for number in range(count) for request in pair(number)]
    answers = [(request, page(*request)) for request in [*requests, *reversed(requests)]]
    return [(body == " ".join(request), hit) for request, (body, hit) in answers]


def test_requests_with_equal_joined_parts_get_their_own_pages(page):
    assert outcomes(page, 1_000) == [(True, "MISS")] * 2_000 + [(True, "HIT")] * 2_000


@pytest.mark.slow
def test_10_000_pairs_of_requests_with_equal_joined_parts_get_their_own_pages(page):
    assert outcomes(page, 10_000) == [(True, "MISS")] * 20_000 + [(True, "HIT")] * 20_000
