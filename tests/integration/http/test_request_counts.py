"""Each request is counted once, whichever layer answers it; no request creates series or exceeds their number."""

import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, product

import pytest

from app.views import assets

from . import raw_requests
from .conftest import until
from .raw_requests import head

SERIES_A_POD = 3000
# The most series that the metrics process adds: ages of 200 platforms and of 6 documents, and single ones.
SERIES_OF_THE_STORE = 220
OTHER_METHODS = ("HEAD", "OPTIONS", "POST", "BREW")
# One of each kind: from Flask, from the cache, static, a 304, without a route, invalid, a search, with another
# method, a download, malformed.
MIXED = (
    head("GET", "/"),
    head("GET", "/"),
    head("GET", "/stats"),
    head("GET", sorted(assets.paths())[0]),
    head("GET", "/stats", "If-None-Match: *"),
    head("GET", "/nothing"),
    head("GET", "/missions/sea077/17"),
    head("GET", "/api/v1/missions?limit=x"),
    head("GET", "/search?q=sea"),
    head("HEAD", "/"),
    head("OPTIONS", "/stats"),
    head("POST", "/stats"),
    head("BREW", "/stats"),
    head("GET", "/api/v1/export?format=csv"),
    b"GET / HTTP/9.9\r\n\r\n",
    head("GET", "/" + "x" * 5000),
    head("GET", "/", *(f"X-{n}: 1" for n in range(100))),
)


def classes(statuses):
    """The number of responses by class of status."""
    return Counter(f"{str(status)[0]}xx" for status in statuses)


def counted(portal):
    """The number of counted requests by class of status."""
    return Counter(
        chain.from_iterable([f"{status[0]}xx"] * count for status, count in portal.requests_by_status().items())
    )


def send(portal, requests, threads=4):
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda request: raw_requests.status_of(portal.port, request), requests))


def labels_of(portal):
    return {key for key in portal.metric_values() if key[0].startswith("http_server_request_duration_seconds")}


@pytest.mark.parametrize("number", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_each_request_is_counted_once(number, gunicorn):
    portal = gunicorn(WEB_WORKERS="2", HALOCLINE_API_PER_MIN="5")
    mixed = random.Random(number).choices(MIXED, k=number)
    statuses = send(portal, mixed)

    assert {200, 304, 400, 404, 405, 414, 429, 431} <= set(statuses)
    assert 0 not in statuses
    assert until(lambda: counted(portal) == classes(statuses))
    values = portal.metric_values()
    denied = sum(n for key, n in values.items() if key[:2] == ("halocline_rate_limit_decisions_total", "deny"))
    assert denied + values["halocline_downloads_refused_total", "client"] == statuses.count(429)


def test_a_request_whose_client_disconnects_is_counted_at_most_once(gunicorn):
    portal = gunicorn()
    aborted = random.Random(1).choices(MIXED, k=100)
    _ = [raw_requests.abort(portal.port, request) for request in aborted]
    # Sent on later connections, so all the others have been read or discarded when these are counted.
    statuses = send(portal, [head("GET", "/nothing")] * 100)

    assert until(lambda: counted(portal)["4xx"] >= 100)
    assert statuses == [404] * 100
    assert 100 <= counted(portal).total() <= 200


def test_refused_requests_are_counted(gunicorn):
    portal = gunicorn(HALOCLINE_FAULT_DELAY_S="0.4", WEB_THREADS="2", WEB_CONCURRENCY_LIMIT="1")
    statuses = send(portal, [head("GET", "/nothing")] * 12, threads=12)

    assert set(statuses) == {404, 503}
    assert until(lambda: counted(portal) == classes(statuses))
    assert portal.metric_values()["halocline_requests_shed_total", "concurrency"] == statuses.count(503)


@pytest.mark.parametrize("number", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_scanners_create_no_series_and_no_error(number, gunicorn):
    portal = gunicorn()
    source = random.Random(number)
    # Every kind of label that a scanner can cause: each method with a page, a redirect, no page, and a static file.
    methods, paths = ("GET", "HEAD", "POST", "OPTIONS", "BREW"), ("/stats", "//stats", "/x", "/static/x", "/search?q=x")
    _ = send(portal, [head(method, path) for method, path in product(methods, paths)])
    _ = send(portal, [raw_requests.scan(source) for _ in range(number)])
    before = labels_of(portal)
    statuses = send(portal, [raw_requests.scan(source) for _ in range(number)])

    assert 500 not in statuses
    assert labels_of(portal) - before == set()
    assert [line for line in portal.lines() if line["level"] in ("error", "critical")] == []


@pytest.mark.parametrize("mongodb", ["reachable", "unreachable"])
def test_a_sweep_of_all_routes_creates_few_series(mongodb, gunicorn, app):
    environ = {} if mongodb == "reachable" else {"MONGODB_URI": "mongodb://127.0.0.1:9", "MONGODB_TIMEOUT_MS": "50"}
    portal = gunicorn(HALOCLINE_API_PER_MIN="100", **environ)
    paths = sorted({re.sub(r"<[^>]+>", "1", rule.rule) for rule in app.url_map.iter_rules()})
    # Pages, then 304, other methods, invalid queries, and 429 at the end.
    lines = ("Accept: */*", "If-None-Match: *")
    variants = [("GET", "", line) for line in lines] + [(method, "", lines[0]) for method in OTHER_METHODS]
    sweep = [*variants, *(("GET", f"?nonsense={n}", lines[0]) for n in range(3))]
    requests = [head(method, path + query, line) for method, query, line in sweep for path in paths]
    statuses = send(portal, requests)

    assert {"reachable": {200, 304, 400, 404, 405, 429}, "unreachable": {200, 304, 405, 429, 503}}[mongodb] <= set(
        statuses
    )
    assert 500 not in statuses
    assert len(portal.metric_values()) + SERIES_OF_THE_STORE <= SERIES_A_POD
