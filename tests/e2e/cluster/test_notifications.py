"""Drills of faults that reach the receivers of notifications. The loss of all web pods is one of the edge cache.

They run before those that produce errors: an alert that fires already is not notified again.
"""

import json
import time
from typing import Any

import pytest

from tests.e2e.cluster import notifications
from tests.e2e.cluster.cluster import Lab, kubectl, until, web_patch
from tests.e2e.cluster.load import Driver

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]
SHARE = 0.5
FAILING = {"HALOCLINE_FAULT_ERROR_RATIO": str(SHARE)}
JOB = "backup-of-wrong-usage"


def test_errors_and_a_failed_job_reach_their_receivers(lab: Lab, figures: Figures) -> None:
    lab.apply(web_patch(FAILING))
    lab.rolled_out()
    expected = {
        "errors": notifications.expected_page_s("availability", SHARE),
        "failed Job": notifications.expected_s("JobFailed"),
    }
    try:
        with Driver(f"{lab.url}/api/v1/totals", clients=8, pause_s=0.2) as driver:
            until("the first error", lambda: driver.first_at_s.get("500"), 60)
            began = {"errors": driver.first_at_s["500"], "failed Job": _failed_job()}
            page = notifications.first("AppErrorBudgetBurn", began["errors"])
            ticket = notifications.first("JobFailed", began["failed Job"])
    finally:
        kubectl("delete", "job", JOB, "--ignore-not-found")
        lab.apply()

    took = {"errors": page["at_s"] - began["errors"], "failed Job": ticket["at_s"] - began["failed Job"]}
    figures["notifications"] = {
        f"{name}, s (expected)": f"{took[name]:.0f} ({expected[name]:.0f})" for name in took
    } | {"requests": driver.sent, "errors": driver.outcomes["500"]}
    assert (page["receiver"], page["severity"], page["long"]) == ("pager", "critical", "1h")
    assert (ticket["receiver"], ticket["job_name"]) == ("tickets", JOB)
    assert all(0 < took[name] < expected[name] + notifications.TOLERANCE_S for name in took), (took, expected)


@pytest.mark.full
def test_a_lost_dependency_reaches_the_tickets(lab: Lab, figures: Figures) -> None:
    kubectl("scale", "deployment/redis", "--replicas=0")
    lost_s = time.time()
    try:
        ticket = notifications.first("DependencyDown", lost_s)
    finally:
        kubectl("scale", "deployment/redis", "--replicas=1")
        kubectl("rollout", "status", "deployment/redis", "--timeout=60s")

    took_s, expected_s = ticket["at_s"] - lost_s, notifications.expected_s("DependencyDown")
    figures["notification of a lost Redis"] = {"s": round(took_s), "expected": round(expected_s)}
    assert (ticket["receiver"], ticket["dependency"]) == ("tickets", "redis")
    assert 0 < took_s < expected_s + notifications.TOLERANCE_S


def _failed_job() -> float:
    """Start a backup with a wrong argument, which is not tried again; returns the time of its failure, s since 1970."""
    job = json.loads(kubectl("create", "job", JOB, "--from=cronjob/backup", "--dry-run=client", "--output=json"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["args"] = ["halocline", "backup", "/backups", "--keep-days", "many"]
    kubectl("apply", "--filename", "-", stdin=json.dumps(job).encode())
    kubectl("wait", "--for=condition=failed", f"job/{JOB}", "--timeout=110s")
    return time.time()
