"""Drills of the load test inside the cluster. They need a third image, NAME-loadtest:TAG: `make image LOADTEST=1`."""

import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster.cluster import NAMESPACE, Lab, get, kubectl, until

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

Figures = dict[str, Any]
COMPONENT = Path(__file__).parents[3] / "deploy/k8s/components/loadtest"
WORKERS = 2
# Each of the three processes reads the totals and the missions of its target before it begins; /livez is not counted.
CHECKS = 2 * (WORKERS + 1)
# Workers report to their master at this interval.
REPORT_S = 3
# The requests that a pod has counted.
COUNTED = """
import re, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:9100/metrics").read().decode()
print(sum(float(n) for n in re.findall(r"^http_server_request_duration_seconds_count{.*} (.+)$", text, re.M)))
"""
REACH = """
import socket, sys
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
        print("reached")
    except OSError:
        print("denied")
"""


@pytest.fixture
def quiet(lab: Lab) -> Iterator[Lab]:
    """The lab without the requests of the probe, with web pods that stay: the counts of a deleted pod are lost."""
    lab.replaced()
    kubectl("scale", "deployment/probe", "--replicas=0")
    until("the end of the probe", lambda: not lab.pods("probe"), 60)
    yield lab
    kubectl("scale", "deployment/probe", "--replicas=1")


@contextlib.contextmanager
def _running(lab: Lab, run_time_s: int) -> Iterator[None]:
    """The master and its workers, as the component deploys them, with requests that one node can hold."""
    small = [{"op": "replace", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": "50m"}]
    settings = {
        "SHAPE": "smoke",
        "LOCUST_USERS": "4",
        "LOCUST_RUN_TIME": f"{run_time_s}s",
        "THINK": "0.2",
        "MAX_P95_MS": "10000",
    }
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "loadtest"}, "data": settings}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        content = {
            "namespace": NAMESPACE,
            "components": [os.path.relpath(COMPONENT, folder)],
            "images": [{"name": "halocline-loadtest", "newName": f"{lab.name}-loadtest", "newTag": lab.tag}],
            "patches": [{"target": {"kind": "Job"}, "patch": json.dumps(small)}, {"patch": json.dumps(config)}],
        }
        (folder / "kustomization.yaml").write_text(json.dumps(content))
        kubectl("apply", "--kustomize", str(folder))
        try:
            yield
        finally:
            kubectl("delete", "--kustomize", str(folder), "--ignore-not-found", timeout_s=180)


def test_the_counts_of_a_run_are_those_of_the_server(quiet: Lab, figures: Figures) -> None:
    before = _counted(quiet)
    with _running(quiet, run_time_s=30):
        until("two workers", lambda: len(_workers("Running")) == WORKERS, 120)
        reached = _reach(quiet, _workers("Running")[0])
        log = _log_at_the_end("SuccessCriteriaMet")
        until("the end of the workers", lambda: len(_workers("Succeeded")) == WORKERS, 60)
    counted = _counted(quiet) - before

    verdict = re.search(r"^smoke passed: (\d+) requests, 0 failed, .*$", log, re.MULTILINE)
    assert verdict is not None, log
    figures["load test in the cluster"] = {"requests": int(verdict[1]), "counted by the pods": counted - CHECKS}
    assert int(verdict[1]) == counted - CHECKS
    # The ingress controller; then the portal itself, its database and the API server.
    assert reached == ["reached", "denied", "denied", "denied"]


def test_a_killed_worker_fails_the_run(quiet: Lab, figures: Figures) -> None:
    with _running(quiet, run_time_s=120):
        until("all users", lambda: "(4 total users)" in _log(), 120)
        # A worker that has not reported yet is unknown to the master.
        time.sleep(2 * REPORT_S)
        kubectl("delete", "pod", _workers("Running")[0], "--grace-period=0", "--force", timeout_s=60)
        log = _log_at_the_end("Failed")

    lost = re.findall(r"missed: (the worker \S+ was lost during the run)", log)
    figures["load test without a worker"] = {"verdict": "; ".join(lost)}
    assert lost, log


def _log() -> str:
    return kubectl("logs", "job/loadtest", "--tail=-1", check=False)


def _log_at_the_end(condition: str) -> str:
    """The log of the master when its Job has ended; with another end than `condition`, the test fails with the log."""

    def ended() -> set[str]:
        conditions = get("job/loadtest")["status"].get("conditions", [])
        return {each["type"] for each in conditions if each["status"] == "True"} & {"SuccessCriteriaMet", "Failed"}

    until("the end of the load test", ended, 210)
    log = _log()
    assert condition in ended(), log
    return log


def _workers(phase: str) -> list[str]:
    pods = get("pods", "--selector=app.kubernetes.io/component=loadtest-worker")["items"]
    return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == phase]


def _counted(lab: Lab) -> int:
    """The requests that all web pods have counted."""
    return sum(int(float(lab.python(pod["metadata"]["name"], COUNTED))) for pod in lab.pods("web"))


def _reach(lab: Lab, worker: str) -> list[str]:
    addresses = ["traefik.traefik.svc:80", "web:80", "mongodb:27017", "kubernetes.default.svc:443"]
    return lab.python(worker, REACH, *addresses).split()
