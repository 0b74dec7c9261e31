"""The drill of the autoscaler: more replicas under load."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster.cluster import Document, Lab, get, until
from tests.e2e.cluster.load import locust

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]


def test_replicas_follow_the_load(lab: Lab, figures: Figures, tmp_path: Path) -> None:
    lab.apply()
    lab.rolled_out()
    until("two replicas", lambda: _scaler()["currentReplicas"] == _scaler()["desiredReplicas"] == 2, 300, every_s=2)
    before = _rescales()
    stairs = ["--shape", "stairs", "--steps", "4", "--step-s", "22", "--step-users", "25", "--think", "0.2"]

    with locust(lab.url, tmp_path, *stairs, "--max-p95-ms", "20000") as run:
        began = time.monotonic()
        rescaled = until("the autoscaler's event", lambda: _rescales() - before, 110)
        decided_s = time.monotonic() - began
        until("new replicas Ready", lambda: lab.ready() >= 3, 110)
        ready_s = time.monotonic() - began
        until("all of them Ready", lambda: lab.ready() >= _scaler()["desiredReplicas"], 110)
        all_ready_s = time.monotonic() - began
        replicas = lab.ready()
        is_load_running = run.is_running()
        run.stop()
        summary = run.result(timeout_s=60)

    figures["autoscaling"] = {
        "load to decision, s": round(decided_s, 1),
        "load to first new replica Ready, s": round(ready_s, 1),
        "load to all Ready, s": round(all_ready_s, 1),
        "replicas": replicas,
        "requests": summary["requests"],
        "failed": summary["failed"],
        "event": next(iter(rescaled)),
    }
    assert is_load_running, "the load ended before the new replicas were Ready"
    assert replicas >= 3
    # Some requests may be shed until the new replicas are ready. The bound is needed since failing pods scale, too.
    assert summary["failed"] / summary["requests"] < 0.05, summary["reasons"]


def _scaler() -> Document:
    status: Document = get("hpa", "web")["status"]
    return {"currentReplicas": 0, "desiredReplicas": 0} | status


def _rescales() -> Counter[str]:
    """The autoscaler's messages about scaling up, and how often it has sent each."""
    events = get("events", "--field-selector=involvedObject.kind=HorizontalPodAutoscaler,reason=SuccessfulRescale")
    return Counter(
        {event["message"]: event.get("count") or 1 for event in events["items"] if "above target" in event["message"]}
    )
