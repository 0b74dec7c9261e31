"""Drills of Halocline on a real Kubernetes. They run in this order; each starts with the cluster of the one before."""

import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import importing, prometheus
from tests.e2e.cluster.cluster import Document, Lab, get, kubectl, read, until, web_patch
from tests.e2e.cluster.load import Driver, locust
from tests.e2e.cluster.visitors import connect_to_redis, statuses

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[3]
DEMO = sorted((ROOT / "demo").glob("*.nc"))
Figures = dict[str, Any]

# A network policy drops packets or refuses them; both mean no connection.
REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("reached")
except OSError:
    print("denied")
"""

BUDGET = 5
LIMITED = {"HALOCLINE_API_PER_MIN": str(BUDGET)}

# Settings of the injected faults.
DELAY_S = 6
# The delay takes a thread for seconds, but no CPU time.
SLOW = {"HALOCLINE_FAULT_DELAY_S": str(DELAY_S), "WEB_CONCURRENCY_LIMIT": "24", "WEB_THREADS": "32"}


def test_the_lab_starts_with_its_secrets_and_one_apply(lab: Lab, figures: Figures) -> None:
    began = time.monotonic()

    lab.start()
    ready_s = time.monotonic() - began
    until("two web pods", lambda: lab.ready() >= 2, 60)
    until("a response through the ingress", lambda: read(f"{lab.url}/api/v1/totals")[0] == 200, 30)

    figures["start"] = {"apply to everything Ready, s": round(ready_s, 1)}
    images = {box["image"] for pod in lab.pods("web") for box in pod["spec"]["containers"]}
    assert images == {lab.image}


def test_a_second_apply_changes_nothing_and_the_job_can_run_again(lab: Lab) -> None:
    before = _specifications()
    lab.apply()
    after = _specifications()
    kubectl("delete", "job", "indexes")
    lab.apply()
    kubectl("wait", "--for=condition=complete", "job/indexes", "--timeout=60s")

    # kubectl reports a StatefulSet with volumes as "configured" each time, so the specifications are compared.
    assert after == before


def test_real_files_are_imported_in_the_cluster(lab: Lab, figures: Figures) -> None:
    folder = f"{importing.FOLDER}/demo"
    importing.copy(DEMO, folder)

    began = time.monotonic()
    first = importing.run(folder)
    took_s = time.monotonic() - began
    again = importing.run(folder)

    figures["ingest"] = {"files": len(first), "s": round(took_s, 1)}
    assert [report["outcome"] for report in first] == ["stored"] * len(DEMO)
    assert [report["outcome"] for report in again] == ["unchanged"] * len(DEMO)
    missions = {mission["mission"]: mission for mission in lab.json("/api/v1/missions")["items"]}
    smilla, eva = missions["20221208T1145"], missions["20190721T2325"]
    assert smilla["profiles"] == 143
    assert smilla["distance_m"] == pytest.approx(189_188, rel=1e-3)
    assert smilla["basins"][0]["name"] == "Bornholm Basin"
    assert eva["profiles"] == 22
    assert eva["distance_m"] == pytest.approx(30_993, rel=1e-3)
    assert lab.json("/api/v1/totals")["fleet"]["profiles"] == 165
    status, page = read(f"{lab.url}/")
    assert status == 200
    assert re.search(rb'data-total="profiles"[^>]*>\s*165\s*<', page)


@pytest.mark.parametrize("environment", ["production", "development"])
def test_faults_are_refused_outside_the_lab(lab: Lab, environment: str) -> None:
    wrong = f"HALOCLINE_ENVIRONMENT={environment} HALOCLINE_FAULT_ERROR_RATIO=0.5"
    script = f"{wrong} gunicorn app.wsgi:application 2>&1; echo status=$?"

    output = kubectl("exec", "deployment/ingest", "--", "sh", "-c", f"cd /srv/halocline && {script}").splitlines()

    assert output[-1] == "status=2"
    assert len(output) == 2
    assert "HALOCLINE_FAULT_ERROR_RATIO" in output[0]


def test_the_network_denies_connections_without_a_policy(lab: Lab) -> None:
    allowed = [("deployment/ingest", "mongodb", 27017), ("deployment/ingest", "redis", 6379)]
    denied = [
        *(("alert-receiver", *port) for port in [("mongodb", 27017), ("redis", 6379), ("web", 8000), ("web", 9100)]),
        ("deployment/ingest", "web", 8000),
    ]

    # First, the probe detects allowed connections. The pod of Prometheus has no Python: `up` proves its access.
    assert [_reach(lab, *edge) for edge in allowed] == ["reached", "reached"]
    with prometheus.opened() as server:
        until("a scrape", lambda: prometheus.result(server, 'up{job="halocline-web"} == 1'), 60, every_s=2)
    assert [_reach(lab, *edge) for edge in denied] == ["denied"] * len(denied)
    assert read(f"{lab.url}/metrics")[0] == 404


@pytest.mark.full
def test_a_rollout_under_load_loses_no_request(lab: Lab, figures: Figures, tmp_path: Path) -> None:
    options = ["--shape", "rollout", "--users", "30", "--think", "0.3", "--run-time", "240s", "--max-p95-ms", "10000"]

    with locust(lab.url, tmp_path, *options) as run:
        time.sleep(10)
        began = time.monotonic()
        lab.restart()
        took_s = time.monotonic() - began
        is_load_running = run.is_running()
        summary = run.result(timeout_s=340)

    figures["rollout"] = {
        "requests": summary["requests"],
        "failed": summary["failed"],
        "unanswered": summary["unanswered"],
        "requests per s": summary["requests_per_s"],
        "p95, ms": summary["p95_ms"],
        "rollout, s": round(took_s, 1),
        "pod created to Ready, s": max(_seconds_to_ready(pod) for pod in lab.pods("web")),
    }
    assert is_load_running, "the load ended before the rollout"
    assert summary["requests"] >= 20_000
    assert (summary["failed"], summary["limited"], summary["unanswered"]) == (0, 0, 0), summary["reasons"]


@pytest.mark.full
def test_slow_requests_survive_a_rollout_too(lab: Lab, figures: Figures) -> None:
    lab.apply(web_patch(SLOW))
    lab.rolled_out()

    with _slow_requests(lab) as driver:
        time.sleep(DELAY_S)
        lab.restart()

    figures["rollout with slow requests"] = {"requests": driver.sent, "failed": sum(driver.failed.values())}
    assert driver.sent > 50
    assert driver.failed == {}


@pytest.mark.full
def test_the_same_rollout_without_a_drain_fails_in_five_of_five_tries(lab: Lab, figures: Figures) -> None:
    lab.apply(web_patch(SLOW, drain=False))
    lab.rolled_out()

    lost = []
    with _slow_requests(lab) as driver:
        for _ in range(5):
            time.sleep(DELAY_S)
            before = sum(driver.failed.values())
            lab.restart()
            lost.append(sum(driver.failed.values()) - before)

    figures["rollout without drain"] = {"requests": driver.sent, "failed of each try": lost, "as": driver.failed}
    assert all(lost), lost
    # 503 would be load shedding by the portal, and prove nothing about the drain.
    assert "503" not in driver.failed


def test_pages_are_served_without_redis(lab: Lab, figures: Figures) -> None:
    kubectl("scale", "deployment/redis", "--replicas=0")
    until("the end of redis", lambda: not lab.pods("redis"), 60)

    began = time.monotonic()
    statuses = [read(lab.url + path)[0] for path in ["/", "/missions", "/api/v1/missions", "/api/v1/totals"] * 5]
    took_s = time.monotonic() - began
    kubectl("scale", "deployment/redis", "--replicas=1")
    kubectl("rollout", "status", "deployment/redis", "--timeout=60s")

    figures["without redis"] = {"requests": len(statuses), "mean, ms": round(took_s / len(statuses) * 1000)}
    assert statuses == [200] * 20
    assert took_s < 20


@pytest.mark.full
def test_each_client_has_its_own_rate_limit_with_any_header(lab: Lab, figures: Figures) -> None:
    lab.apply(web_patch(LIMITED))
    # A pod that drains still responds, without limits.
    lab.replaced()
    connect_to_redis(lab)

    first = statuses("visitor-one", BUDGET + 1)
    forged = [*statuses("visitor-one", 2, "X-Forwarded-For"), *statuses("visitor-one", 2, "X-Real-Ip")]
    second = statuses("visitor-two", BUDGET + 1)
    lab.apply()
    lab.rolled_out()

    figures["rate limits"] = {"one client": first, "with forged headers": forged, "another client": second}
    assert first == second == [200] * BUDGET + [429]
    assert forged == [429] * 4


def _slow_requests(lab: Lab) -> Driver:
    """As many clients as the pods serve without load shedding, evenly spread over the delay."""
    return Driver(f"{lab.url}/api/v1/totals", clients=16, spread_s=DELAY_S)


def _specifications() -> dict[str, Document]:
    """The specification of each object without the number of replicas, which the autoscaler sets."""
    items = get("deployments,statefulsets,jobs,hpa,networkpolicies,poddisruptionbudgets,ingresses,services")["items"]
    return {f"{item['kind']} {item['metadata']['name']}": item["spec"] | {"replicas": None} for item in items}


def _reach(lab: Lab, pod: str, component: str, port: int) -> str:
    """`reached` if a pod can open a connection to a component, else `denied`."""
    address = lab.pods(component)[0]["status"]["podIP"]
    return kubectl("exec", pod, "--", "python", "-c", REACH, address, str(port)).strip()


def _seconds_to_ready(pod: Document) -> float:
    """Time from the pod's creation to its readiness, s."""
    (ready,) = [condition for condition in pod["status"]["conditions"] if condition["type"] == "Ready"]
    began, ended = (
        datetime.fromisoformat(at) for at in (pod["metadata"]["creationTimestamp"], ready["lastTransitionTime"])
    )
    return (ended - began).total_seconds()
