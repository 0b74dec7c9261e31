"""Drills of the edge cache, after those without it: the lab with the component edge-cache."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e.cluster.cluster import EDGE, Lab, kubectl, read, response, until, web_patch
from tests.e2e.cluster.load import Driver
from tests.e2e.cluster.visitors import statuses

Figures = dict[str, Any]
PAGES = ["/", "/missions", "/map", "/fleet", "/stats", "/updates", "/api/v1/missions", "/api/v1/totals"]
BUDGET = 5
LIMITED = {"HALOCLINE_API_PER_MIN": str(BUDGET)}
# Short in each run of CI; the slow drill lasts as long as the aim says.
OUTAGE_S, LONG_OUTAGE_S = 30, 600


@pytest.fixture(scope="module")
def edge(lab: Lab) -> Iterator[Lab]:
    """The lab with the edge cache, with limits; the drills before it need not have run."""
    lab.apply(web_patch(LIMITED), manifests=EDGE)
    kubectl("wait", "--for=condition=complete", "job/indexes", "--timeout=300s", timeout_s=310)
    kubectl("rollout", "status", "deployment/edge", "--timeout=120s", timeout_s=130)
    lab.rolled_out()
    until("a response of the edge cache", lambda: _outcome(lab, "/"), 60)
    yield lab
    lab.apply()
    kubectl("delete", "deployment,service,networkpolicy,poddisruptionbudget", "edge", "--wait=false")


@pytest.mark.timeout(300)
def test_limits_count_clients_through_both_proxies(edge: Lab, figures: Figures) -> None:
    # Requests with credentials bypass the edge cache: each of them reaches a web pod, and is counted.
    first = statuses("visitor-one", BUDGET + 1, "Authorization")
    forged = [*statuses("visitor-one", 2, "X-Forwarded-For"), *statuses("visitor-one", 2, "X-Real-Ip")]
    second = statuses("visitor-two", BUDGET + 1, "Authorization")

    figures["rate limits at the edge"] = {"one client": first, "with forged headers": forged, "another client": second}
    assert first == second == [200] * BUDGET + [429]
    assert forged == [429] * 4


@pytest.mark.timeout(300)
def test_stored_pages_survive_the_loss_of_all_web_pods(edge: Lab, figures: Figures) -> None:
    figures["all web pods lost"] = _outage(edge, OUTAGE_S)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_stored_pages_survive_ten_minutes_without_web_pods(edge: Lab, figures: Figures) -> None:
    figures["all web pods lost for ten minutes"] = _outage(edge, LONG_OUTAGE_S)


def _outage(lab: Lab, seconds: float) -> Figures:
    """The figures of an outage of all web pods, through which visitors request stored pages; none may fail."""
    until("every page stored in both edge pods", lambda: _is_stored(lab), 60)
    with ExitStack() as stack:
        drivers = [stack.enter_context(Driver(lab.url + page, clients=1, pause_s=0.1)) for page in PAGES]
        try:
            kubectl("scale", "deployment/web", "--replicas=0")
            until("the end of the web pods", lambda: not lab.pods("web"), 90)
            time.sleep(seconds)
            unknown, _ = read(f"{lab.url}/basins/not-stored")
            stale = {_outcome(lab, page) for page in PAGES}
        finally:
            kubectl("scale", "deployment/web", "--replicas=2")
        lab.rolled_out()
        began = time.monotonic()
        until("fresh pages", lambda: all(_outcome(lab, page) in {"HIT", "REVALIDATED"} for page in PAGES), 30)
    failed = [driver.failed for driver in drivers if driver.failed]
    assert failed == []
    # The outage was one: without a web pod, a page that is not stored cannot be served.
    assert unknown == 503
    assert stale <= {"STALE", "UPDATING"}
    return {
        "seconds": seconds,
        "requests": sum(driver.sent for driver in drivers),
        "failed": 0,
        "web pods ready to fresh pages, s": round(time.monotonic() - began, 1),
    }


def _outcome(lab: Lab, path: str) -> str:
    """What the edge cache reports about its response; empty without it."""
    _, _, headers = response(lab.url + path)
    return headers.get("X-Cache-Status", "")


def _is_stored(lab: Lab) -> bool:
    """True if ten responses of each page, from both pods, came from the cache."""
    return all(_outcome(lab, page) not in {"", "MISS", "EXPIRED"} for page in PAGES for _ in range(10))
