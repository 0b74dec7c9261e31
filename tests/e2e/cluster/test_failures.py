"""Drills of web pods: killed workers and pods, a broken release, an image change and its rollback, a spike."""

import contextlib
import os
import time
from typing import Any

import pytest

from tests.e2e.cluster.cluster import Document, Lab, kubectl, read, until, web_patch
from tests.e2e.cluster.load import PAGES, Driver, Visitors

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]
BROKEN = {"WEB_CONCURRENCY_LIMIT": "99"}
# SIGKILL to one worker of gunicorn: a process of Python that is not process 1.
KILL_WORKER = """
import os, signal
workers = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
named = [pid for pid in workers if b"gunicorn" in open(f"/proc/{pid}/cmdline", "rb").read()]
os.kill(named[0], signal.SIGKILL)
print(named[0])
"""


@pytest.fixture
def requests(full: bool) -> int:
    """Requests during each drill, at least."""
    return 20_000 if full else 2000


@pytest.fixture
def two_pods(lab: Lab) -> Lab:
    """The lab with the manifests as they are, and two web pods or more."""
    lab.apply()
    lab.replaced()
    until("two web pods", lambda: lab.ready() >= 2, 120)
    return lab


def test_a_release_with_a_broken_setting_replaces_no_pod(two_pods: Lab, figures: Figures, requests: int) -> None:
    before = {pod["metadata"]["name"] for pod in two_pods.pods("web")}
    with Visitors(two_pods.url) as visitors:
        two_pods.apply(web_patch(BROKEN))
        message = until("the message of a broken pod", lambda: _message(two_pods, before), 90)
        visitors.wait(requests)
        is_kept = before <= {pod["metadata"]["name"] for pod in two_pods.pods("web")}
        kubectl("rollout", "undo", "deployment/web")
        two_pods.replaced()

    figures["broken release and rollback"] = visitors.figures | {"message": message}
    assert is_kept
    assert message == "WEB_CONCURRENCY_LIMIT: must be below WEB_THREADS, so that a thread is left for downloads"
    assert visitors.failed == {}


def test_an_upgrade_and_its_rollback_lose_no_request(two_pods: Lab, figures: Figures, requests: int) -> None:
    # That of an earlier release, under another name, because the lab renames `halocline`; else that of the importer,
    # which contains everything that the web pods run.
    other = os.environ.get("OTHER_IMAGE") or f"{two_pods.name}-ingest:{two_pods.tag}"
    spec = {"initContainers": [{"name": "metrics", "image": other}], "containers": [{"name": "app", "image": other}]}
    upgrade: list[Document] = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {"template": {"spec": spec}},
        }
        # All Deployments that the rollback undoes must have been changed.
        for name in ("web", "live")
    ]
    with Visitors(two_pods.url) as visitors:
        two_pods.run("Upgrade", *upgrade)
        two_pods.replaced()
        changed = {box["image"] for pod in two_pods.pods("web") for box in pod["spec"]["containers"]}
        assert changed == {other}
        two_pods.run("Roll back")
        two_pods.replaced()
        visitors.wait(requests)

    figures["upgrade and rollback"] = visitors.figures | {"image": other.rpartition("/")[2]}
    assert visitors.failed == {}


def test_a_deleted_pod_loses_no_request(two_pods: Lab, figures: Figures, requests: int) -> None:
    with Visitors(two_pods.url) as visitors:
        kubectl("delete", "pod", two_pods.pods("web")[0]["metadata"]["name"], "--wait=true", timeout_s=90)
        two_pods.rolled_out()
        visitors.wait(requests)

    figures["web pod deleted"] = visitors.figures
    assert visitors.failed == {}


def test_killed_workers_and_pods_lose_only_what_was_in_flight(two_pods: Lab, figures: Figures, requests: int) -> None:
    with Visitors(two_pods.url) as visitors:
        worker = two_pods.python("deployment/web", KILL_WORKER).strip()
        time.sleep(3)
        after_worker = sum(visitors.failed.values())
        name = two_pods.pods("web")[0]["metadata"]["name"]
        kubectl("delete", "pod", name, "--grace-period=0", "--force", timeout_s=60)
        two_pods.rolled_out()
        visitors.wait(requests)

    figures["worker and pod killed"] = visitors.figures | {"worker": worker, "failed of the worker": after_worker}
    clients = 2 * len(PAGES)
    # Each client has one request in flight, and another one may go to the killed pod before the proxies know.
    assert after_worker <= clients
    assert sum(visitors.failed.values()) <= 3 * clients
    # Nothing fails long after the kill.
    assert visitors.failed.keys() <= {"502", "503", "RemoteDisconnected", "ConnectionResetError", "BadStatusLine"}


def test_the_command_to_scale_adds_replicas(two_pods: Lab, figures: Figures) -> None:
    until("only two web pods", lambda: two_pods.ready() == 2, 180)
    began = time.monotonic()
    two_pods.run("Scale")
    until("three web pods", lambda: two_pods.ready() >= 3, 120)

    figures["scale"] = {"s": round(time.monotonic() - began, 1), "ready": two_pods.ready()}


def test_a_spike_of_uncached_requests_sheds_no_cached_page(
    two_pods: Lab, figures: Figures, requests: int, full: bool
) -> None:
    restarts = _restarts(two_pods)
    with Visitors(two_pods.url) as visitors:
        visitors.wait(requests // 4)
        # Ten times the clients of the pages, without a pause.
        with Driver(f"{two_pods.url}/search", clients=160, unique=True) as flood:
            livez = []
            for _ in range(20):
                time.sleep(3 if full else 1)
                livez.append(read(f"{two_pods.url}/livez")[0])
        ended = time.monotonic()
        recovered_s = _recovered(two_pods, ended)
        visitors.wait(requests)

    figures["spike"] = visitors.figures | {
        "flood": dict(flood.outcomes),
        "livez": f"{livez.count(200)} of {len(livez)}",
        "recovered, s": round(recovered_s, 1),
    }
    assert visitors.failed == {}
    assert flood.outcomes.keys() <= {"200", "503"}
    assert flood.outcomes["503"] > 0, "the flood did not exceed what the pods can do"
    assert livez.count(200) == len(livez)
    assert recovered_s < 60
    assert _restarts(two_pods) == restarts


def _recovered(lab: Lab, began: float) -> float:
    """Seconds until ten uncached requests in a row succeed."""
    until("uncached responses", lambda: all(read(f"{lab.url}/search?q=after{n}")[0] == 200 for n in range(10)), 60)
    return time.monotonic() - began


def _message(lab: Lab, before: set[str]) -> str:
    """The log of a new web pod whose container has ended; empty without one."""
    for pod in lab.pods("web"):
        name = pod["metadata"]["name"]
        if name not in before and _has_ended(pod):
            with contextlib.suppress(AssertionError):
                return kubectl("logs", name, "--container=app").strip()
    return ""


def _has_ended(pod: Document) -> bool:
    states = [status for status in pod["status"].get("containerStatuses", []) if status["name"] == "app"]
    return any("terminated" in {**status["state"], **status["lastState"]} for status in states)


def _restarts(lab: Lab) -> int:
    statuses = [status for pod in lab.pods("web") for status in pod["status"].get("containerStatuses", [])]
    return sum(status["restartCount"] for status in statuses)
