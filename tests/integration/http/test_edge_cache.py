"""The edge cache of Kubernetes, as nginx on this machine: the right page for every request, also without the portal."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.audit import Actor
from app.domain.basins import BasinMap
from app.ingest.corrections import withdrawal
from tests.integration.cache.world import made_mission, store_change

from .conftest import until
from .echo import echo
from .edge import ENCODINGS, HOST, HOSTS, MORE, ODD_PAGES, PAGES, VALIDATORS, Comparison, Edge

REQUESTS = st.tuples(
    st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    st.one_of(st.sampled_from(PAGES), st.sampled_from(PAGES + ODD_PAGES)),
    st.sampled_from([HOST, HOST, *HOSTS]),
    st.sampled_from(["http", "https", ""]),
    st.sampled_from([*ENCODINGS]),
    st.sampled_from([{}, *MORE]),
    st.sampled_from(VALIDATORS),
)


# All requests come from one address.
UNLIMITED = {"HALOCLINE_SEARCHES_PER_MIN": "0", "HALOCLINE_API_PER_MIN": "0"}


@pytest.fixture(scope="module")
def portal(shared_gunicorn):
    """The portal behind the edge cache, with the page cache of its workers."""
    return shared_gunicorn(**UNLIMITED)


@pytest.fixture(scope="module")
def reference(shared_gunicorn):
    """A portal that renders each page for each request."""
    return shared_gunicorn(HALOCLINE_PAGE_CACHE_BYTES="0", **UNLIMITED)


@pytest.fixture
def first_content():
    """Six missions that ended long ago: their pages do not change by themselves."""

    def store(_db):
        for number in range(1, 7):
            store_change(made_mission(number, number, datetime(2020, number, 1, tzinfo=UTC)), number, datetime.now(UTC))

    return "edge cache", store


@pytest.fixture
def edge(start, nginx_folder, portal, db):
    """The edge cache, empty, in front of the portal with six missions."""
    return Edge(start, nginx_folder, portal.port)


def _faults(comparison, count):
    faults: list[object] = []

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(requests=st.lists(REQUESTS, min_size=8, max_size=8))
    def run(requests):
        faults.extend((request, fault) for request in requests if (fault := comparison.fault(*request)))

    run()
    return faults


def test_every_request_gets_the_page_of_a_portal_without_caches(edge, portal, reference):
    assert _faults(Comparison(edge, reference), 60) == []


@pytest.mark.slow
def test_each_of_20_000_requests_gets_the_page_of_a_portal_without_caches(edge, portal, reference):
    assert _faults(Comparison(edge, reference), 2_500) == []


def test_a_change_is_visible_within_seconds(edge):
    before = edge.get("/fleet").body
    until(lambda: edge.get("/fleet").headers["X-Cache-Status"] == "HIT")
    store_change(made_mission(1, 99, datetime(2020, 1, 1, tzinfo=UTC)), 99, datetime.now(UTC))
    began = time.monotonic()

    until(lambda: edge.get("/fleet").body != before)

    # Up to two seconds at the edge, and one for the worker; a busy machine may add to it.
    assert time.monotonic() - began < 4


def test_the_portal_gets_one_request_a_second_for_a_page(edge, portal):
    edge.get("/stats")
    count = portal.request_count()
    began = time.monotonic()

    answers = [edge.get("/stats") for _ in range(1_000)]

    assert {answer.status for answer in answers} == {200}
    assert portal.request_count() - count <= time.monotonic() - began + 1


def test_visitors_who_wait_for_a_missing_page_cost_the_portal_one_request(edge, portal):
    count = portal.request_count()
    began = time.monotonic()

    with ThreadPoolExecutor(16) as visitors:
        answers = list(visitors.map(edge.get, ["/map"] * 16))

    assert {answer.status for answer in answers} == {200}
    # On a busy machine, the page expires while others wait; it is then revalidated once.
    assert portal.request_count() - count <= 1 + (time.monotonic() - began)


def test_address_and_scheme_reach_the_portal_as_the_ingress_controller_reports_them(start, nginx_folder):
    with echo() as port:
        edge = Edge(start, nginx_folder, port)
        reported = {"X_Forwarded_For": "203.0.113.9, 198.51.100.7", "X_Forwarded_Proto": "https"}
        both = edge.get("/a", **reported, X_Real_Ip="1", X_Forwarded_Host="evil", Cookie="a=b").json
        neither = edge.get("/b").json

    assert all(len(headers.pop("x-request-id")) == 32 for headers in (both, neither))
    assert both == {"host": HOST, "x-forwarded-for": "203.0.113.9, 198.51.100.7", "x-forwarded-proto": "https"}
    assert neither == {"host": HOST, "x-forwarded-proto": "http"}


def test_stored_pages_are_served_without_the_portal_and_fresh_ones_a_second_after_its_return(
    start, nginx_folder, gunicorn, db
):
    portal = gunicorn()
    edge = Edge(start, nginx_folder, portal.port)
    paths = ["/", "/missions", "/api/v1/totals"]
    before = [edge.get(path).body for path in paths]
    portal.stop()
    until(lambda: edge.outcome("/") == "STALE")

    answers = [edge.get(path) for path in paths * 100]

    assert [(answer.status, answer.body) for answer in answers] == [(200, body) for body in before] * 100
    assert (edge.get("/fleet").status, edge.get("/livez").status) == (503, 503)
    bound = {"WEB_BIND": f"127.0.0.1:{portal.port}", "WEB_WORKERS": "1"}
    again = start(portal.child.args, portal.port, **bound)
    until(lambda: again.get("/livez").status == 200)
    began = time.monotonic()
    until(lambda: edge.outcome("/") in {"HIT", "REVALIDATED"})
    assert time.monotonic() - began < 3


def test_a_portal_that_hangs_delays_one_visitor_of_a_page(start, nginx_folder, gunicorn, db):
    portal = gunicorn()
    edge = Edge(start, nginx_folder, portal.port)
    page = edge.get("/").body
    processes = [psutil.Process(portal.child.pid), *portal.workers()]
    _ = [process.suspend() for process in processes]
    try:
        # The first visitor after the page has expired gives up here.
        until(lambda: edge.outcome("/", timeout_s=0.5) == "UPDATING")

        answers = [edge.get("/", timeout_s=0.5) for _ in range(50)]
    finally:
        _ = [process.resume() for process in processes]

    assert {(answer.status, answer.body, answer.headers["X-Cache-Status"]) for answer in answers} == {
        (200, page, "UPDATING")
    }


def test_a_withdrawn_mission_is_gone_for_all_who_ask_at_once_and_during_an_outage(start, nginx_folder, gunicorn, db):
    portal = gunicorn(**UNLIMITED)
    edge = Edge(start, nginx_folder, portal.port)
    doc = db.missions.find_one()
    path = f"/missions/{doc['platform']}/{doc['mission']}"
    assert edge.get(path).status == 200
    actor = Actor("user", "operator")
    assert withdrawal.withdraw(f"{doc['platform']}/{doc['mission']}", "wrong data", actor, {}, BasinMap(())) == "done"
    until(lambda: edge.get(path).status == 410)
    time.sleep(1.1)

    with ThreadPoolExecutor(10) as visitors:
        at_once = list(visitors.map(edge.get, [path] * 200))
    portal.stop()
    time.sleep(1.1)
    in_outage = [edge.get(path).status for _ in range(10)]

    assert {answer.status for answer in at_once} == {410}
    assert set(in_outage) == {410}
