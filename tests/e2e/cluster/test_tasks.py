"""Drills of the queue: workers are killed and scaled, the broker is killed, three beats run.

Nothing is lost, nothing happens twice.
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import importing
from tests.e2e.cluster.cluster import Document, Lab, get, is_ready, kubectl, until

pytestmark = pytest.mark.timeout(3000)

Figures = dict[str, Any]
# Each look starts Python in a pod, which takes a second of one of the two cores: seldom, or the imports wait for it.
LOOK_EVERY_S = 5
# Files in the queue when the broker is killed.
KEPT = 20
# They last longer than the autoscaler needs to see the load.
SCALED = 200
# `enqueue.LOST_AFTER`, with a reserve.
RECOVERED_AFTER_S = 310
# Reads the store in the pod of the importer: the import log and the runs of the schedule are not in the API.
READ = """
import json, sys
from app import config, extensions
extensions.mongo.bind(config.load())
print(json.dumps(list(extensions.mongo.db[sys.argv[1]].aggregate(json.loads(sys.argv[2]))), default=str))
"""


def test_killed_workers_lose_no_queued_file_and_store_none_twice(
    lab: Lab, queue: None, figures: Figures, full: bool, tmp_path: Path
) -> None:
    count = 1000 if full else 30
    folder = importing.make(tmp_path, "queued", count)
    began = time.monotonic()
    _enqueue(folder)
    queued_s = time.monotonic() - began
    until("the first files", lambda: len(_stored("queued")) >= 5, 300)

    kubectl("delete", "pod", "--selector=app.kubernetes.io/component=worker", "--grace-period=0", "--force")
    left = count - len(_stored("queued"))
    until("an empty queue", lambda: _waiting() == 0, 2400 if full else 600, 3 * LOOK_EVERY_S if full else LOOK_EVERY_S)
    lost = count - len(_stored("queued"))
    if lost:
        # A message that a worker takes in the moment of its death is lost, and its file is queued again.
        time.sleep(RECOVERED_AFTER_S)
        kubectl("exec", "deployment/ingest", "--", "halocline", "beat", "--now", "recover", timeout_s=60)
        until("every file", lambda: len(_stored("queued")) == count, 120, LOOK_EVERY_S)
    # Derived documents follow a second after the last file.
    until("no rebuild", lambda: not _read("derived_pending", [{"$limit": 1}]), 60, LOOK_EVERY_S)

    figures["worker killed"] = {
        "files": count,
        "queued after, s": round(queued_s, 1),
        "left when killed": left,
        "lost messages": lost,
        "stored after, s": round(time.monotonic() - began, 1),
    }
    assert left > 0
    assert _stored("queued") == dict.fromkeys((f"queued{number:02}" for number in range(count)), 1)
    assert len(importing.missions(lab, "queued")) == count
    assert "no differences" in importing.verify()


@pytest.mark.full
def test_the_autoscaler_adds_a_worker_while_files_wait_and_removes_it_without_losing_one(
    lab: Lab, queue: None, figures: Figures, tmp_path: Path
) -> None:
    # The drill before may have left a second one; its removal needs the stabilization window.
    until("one worker", lambda: len(lab.pods("worker")) == 1, 300, LOOK_EVERY_S)
    added, removed = _rescales("above target"), _rescales("below target")
    _enqueue(importing.make(tmp_path, "scaled", SCALED))
    began = time.monotonic()

    until("the autoscaler's event", lambda: _rescales("above target") > added, 300, 2)
    decided_s = time.monotonic() - began
    until("a second worker", lambda: sum(is_ready(pod) for pod in lab.pods("worker")) >= 2, 180, 2)
    ready_s = time.monotonic() - began
    until("an empty queue", lambda: _waiting() == 0, 1200, LOOK_EVERY_S)
    workers = [pod["metadata"]["name"] for pod in lab.pods("worker")]
    until("the autoscaler removes one", lambda: _rescales("below target") > removed, 300, 2)
    until("one worker", lambda: len(lab.pods("worker")) == 1, 120, 2)

    figures["workers scaled"] = {
        "files": SCALED,
        "files to decision, s": round(decided_s, 1),
        "files to second worker Ready, s": round(ready_s, 1),
        "workers": len(workers),
    }
    assert _stored("scaled") == dict.fromkeys((f"scaled{number:02}" for number in range(SCALED)), 1)


def test_a_killed_broker_loses_no_queued_file(lab: Lab, queue: None, figures: Figures, tmp_path: Path) -> None:
    kubectl("scale", "deployment/worker", "--replicas=0")
    _enqueue(importing.make(tmp_path, "kept", KEPT))
    # It writes its file each second.
    time.sleep(2)

    kubectl("delete", "pod", "--selector=app.kubernetes.io/component=redis-broker", "--grace-period=0", "--force")
    kubectl("rollout", "status", "deployment/redis-broker", "--timeout=120s", timeout_s=130)
    kubectl("scale", "deployment/worker", "--replicas=1")
    until("an empty queue", lambda: _waiting() == 0, 300, LOOK_EVERY_S)

    figures["broker killed"] = {"files": KEPT, "stored": len(_stored("kept"))}
    assert _stored("kept") == dict.fromkeys((f"kept{number:02}" for number in range(KEPT)), 1)


def test_three_beats_run_each_slot_once(lab: Lab, queue: None, figures: Figures) -> None:
    kubectl("scale", "deployment/beat", "--replicas=3")
    kubectl("rollout", "status", "deployment/beat", "--timeout=120s", timeout_s=130)
    before = len(_runs())
    until("two slots", lambda: len(_runs()) >= before + 2, 120)

    # Two of three: at least one standby is lost, and perhaps the active one.
    for pod in lab.pods("beat")[:2]:
        kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")
    after = len(_runs())
    until("two more slots", lambda: len(_runs()) >= after + 2, 180)
    kubectl("scale", "deployment/beat", "--replicas=1")

    runs = _runs()
    figures["three beats"] = {"slots": len(runs), "runs": sum(run["runs"] for run in runs)}
    assert {run["runs"] for run in runs} == {1}
    assert len({run["slot_at"] for run in runs}) == len(runs)


def _rescales(reason: str) -> int:
    """How often the autoscaler of the workers has changed their number for this reason."""
    ours = "involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name=worker,reason=SuccessfulRescale"
    events = get("events", f"--field-selector={ours}")["items"]
    return sum(event.get("count") or 1 for event in events if reason in event["message"])


def _enqueue(folder: str) -> None:
    kubectl("exec", "deployment/ingest", "--", "halocline", "ingest", "--enqueue", "--json", folder, timeout_s=900)


def _waiting() -> int:
    """The number of tasks that wait or run."""
    lines = kubectl("exec", "deployment/ingest", "--", "halocline", "tasks", "state", "--json").splitlines()
    states = [json.loads(line) for line in lines]
    return sum(state["depth"] for state in states if state["queue"] != "maintenance") + states[0]["running"]


def _read(collection: str, pipeline: list[Document]) -> list[Document]:
    arguments = ("python", "-c", READ, collection, json.dumps(pipeline))
    found: list[Document] = json.loads(kubectl("exec", "deployment/ingest", "--", *arguments))
    return found


def _stored(name: str) -> dict[str, int]:
    """How often each mission of `importing.make` was stored."""
    match = {"platform": {"$regex": f"^{name}"}, "outcome": {"$in": ["stored", "replaced"]}}
    found = _read("imports", [{"$match": match}, {"$group": {"_id": "$platform", "count": {"$sum": 1}}}])
    return {doc["_id"]: doc["count"] for doc in sorted(found, key=lambda doc: str(doc["_id"]))}


def _runs() -> list[Document]:
    match = {"entry": "watch-drill", "ended_at": {"$exists": True}}
    return _read("schedule_runs", [{"$match": match}, {"$project": {"slot_at": 1, "runs": 1}}])
