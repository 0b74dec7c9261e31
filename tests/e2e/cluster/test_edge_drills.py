"""Drills of the edge cache, after those without it: the lab with the component edge-cache."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.e2e.cluster import notifications, outage
from tests.e2e.cluster.cluster import DRILL, EDGE, Document, Lab, kubectl, until, web_patch
from tests.e2e.cluster.visitors import connect_to_redis, statuses

Figures = dict[str, Any]
BUDGET = 5
LIMITED = {"HALOCLINE_API_PER_MIN": str(BUDGET)}
# A stored page is stale after a second.
OUTAGE_S, LONG_OUTAGE_S = 10, 600


@pytest.fixture(scope="module")
def edge(lab: Lab) -> Iterator[Lab]:
    """The lab with the edge cache; the drills before it need not have run."""
    lab.change_to(EDGE)
    kubectl("wait", "--for=condition=complete", "job/indexes", "--timeout=300s", timeout_s=310)
    kubectl("rollout", "status", "deployment/edge", "--timeout=120s", timeout_s=130)
    lab.replaced()
    until("a response of the edge cache", lambda: outage.outcome(lab, "/"), 60)
    yield lab
    lab.change_to(DRILL)
    kubectl("delete", "deployment,service,networkpolicy,poddisruptionbudget", "edge", "--wait=false")


@pytest.mark.timeout(300)
def test_stored_pages_survive_the_loss_of_all_web_pods(edge: Lab, figures: Figures) -> None:
    _survives(outage.of_web_pods(edge, partial(time.sleep, OUTAGE_S)), figures, "all web pods lost")


@pytest.mark.full
@pytest.mark.timeout(600)
def test_stored_pages_survive_the_loss_of_all_web_pods_of_which_the_pager_is_notified(
    edge: Lab, figures: Figures
) -> None:
    pages: list[Document] = []

    def notified() -> None:
        lost_s = time.time()
        pages.append(notifications.first("AppDown", lost_s) | {"after_s": time.time() - lost_s})

    _survives(outage.of_web_pods(edge, notified), figures, "all web pods lost until the pager is notified")

    (page,), expected_s = pages, notifications.expected_s("AppDown", "pager")
    figures["notification without any pod"] = {"s": round(page["after_s"]), "expected": round(expected_s)}
    assert page["receiver"] == "pager"
    assert page["after_s"] < expected_s + notifications.TOLERANCE_S


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_stored_pages_survive_ten_minutes_without_web_pods(edge: Lab, figures: Figures) -> None:
    _survives(
        outage.of_web_pods(edge, partial(time.sleep, LONG_OUTAGE_S)), figures, "all web pods lost for ten minutes"
    )


@pytest.mark.full
@pytest.mark.timeout(300)
def test_limits_count_clients_through_both_proxies(edge: Lab, figures: Figures) -> None:
    # After the outages: every page that the edge cache requests counts against the limit, too.
    edge.apply(web_patch(LIMITED), manifests=EDGE)
    edge.replaced()
    connect_to_redis(edge)
    # Requests with credentials bypass the edge cache: each of them reaches a web pod, and is counted.
    first = statuses("visitor-one", BUDGET + 1, "Authorization")
    forged = [*statuses("visitor-one", 2, "X-Forwarded-For"), *statuses("visitor-one", 2, "X-Real-Ip")]
    second = statuses("visitor-two", BUDGET + 1, "Authorization")

    figures["rate limits at the edge"] = {"one client": first, "with forged headers": forged, "another client": second}
    assert first == second == [200] * BUDGET + [429]
    assert forged == [429] * 4


def _survives(lost: outage.Outage, figures: Figures, name: str) -> None:
    figures[name] = {
        "s": lost.seconds,
        "requests": lost.requests,
        "failed": sum(lost.failed.values()),
        "web pods ready to fresh pages, s": round(lost.recovered_s, 1),
    }
    assert lost.failed == {}
    # The outage was one: without a web pod, a page that is not stored cannot be served.
    assert lost.not_stored == 503
    assert lost.outcomes <= {"STALE", "UPDATING"}
