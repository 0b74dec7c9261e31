"""Drills of MongoDB, Redis and the importer: failovers, a wiped member, a black hole, killed imports, passwords."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import cluster, importing
from tests.e2e.cluster.cluster import Document, Failed, Lab, get, kubectl, until
from tests.e2e.cluster.load import Driver, Visitors

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]
# Imports that last longer than an election.
IMPORTS = 12
# Files of the import that is killed after its first mission.
KILLED_OF = 24
EVICTION = "/api/v1/namespaces/{namespace}/pods/{name}/eviction"

# SIGKILL to the running `halocline ingest` of the pod; prints how many processes there were.
KILL_INGEST = """
import os, signal
pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
found = [pid for pid in pids if b"halocline\\0ingest" in open(f"/proc/{pid}/cmdline", "rb").read()]
for pid in found:
    os.kill(pid, signal.SIGKILL)
print(len(found))
"""


@pytest.mark.parametrize("how", ["deleted", pytest.param("killed", marks=pytest.mark.full)])
def test_a_lost_primary_costs_no_cached_page_and_no_acknowledged_import(
    lab: Lab, figures: Figures, full: bool, tmp_path: Path, how: str
) -> None:
    lab.apply()
    lab.replaced()
    _members_ready()
    folder = importing.make(tmp_path, f"lost{how}", IMPORTS * (4 if full else 1))
    primary = _primary(lab)
    options = ["--grace-period=0", "--force"] if how == "killed" else ["--wait=false"]

    with Visitors(lab.url) as visitors, Driver(f"{lab.url}/search", clients=4, pause_s=0.2, unique=True) as uncached:
        visitors.wait(200)
        run = importing.start(folder)
        time.sleep(4)
        kubectl("delete", "pod", primary, *options, timeout_s=90)
        reports = importing.ended(run, 300)
        _members_ready()
        visitors.wait(20_000 if full else 2000)
    acknowledged = {Path(report["path"]).stem for report in reports if report["outcome"] == "stored"}
    lost = sorted(acknowledged - importing.missions(lab, f"lost{how}").keys())
    until("the imports that failed", lambda: _is_complete(folder), 120)
    failed_s = max(uncached.failed_at_s) - min(uncached.failed_at_s) if uncached.failed_at_s else 0.0

    figures[f"primary {how}"] = visitors.figures | {
        "uncached": dict(uncached.outcomes),
        "first to last failure of uncached, s": round(failed_s, 1),
        "acknowledged imports": f"{len(acknowledged)} of {len(reports)}",
        "lost": lost,
    }
    assert visitors.failed == {}
    assert set(uncached.failed) <= {"503"}
    # An election takes about ten seconds after the loss of a primary that could not step down.
    assert failed_s < 30
    assert acknowledged
    assert lost == []


def test_a_wiped_member_is_not_ready_until_it_has_copied_everything(lab: Lab, figures: Figures) -> None:
    _members_ready()
    primary = _primary(lab)
    wiped, other = [name for name in ("mongodb-0", "mongodb-1", "mongodb-2") if name != primary]
    kubectl("exec", wiped, "--", "bash", "-c", "rm -rf /data/db/*", check=False)
    kubectl("delete", "pod", wiped, "--grace-period=0", "--force", timeout_s=60)

    began = time.monotonic()
    until("an unready member", lambda: not _is_ready(wiped), 60, every_s=0.1)
    refused = []
    while not _is_ready(wiped):
        refused.append(_eviction(other))
        if time.monotonic() - began > 180:
            raise Failed(f"{wiped} is not Ready after 180 s")
        time.sleep(0.3)

    figures["wiped member"] = {
        "to Ready again, s": round(time.monotonic() - began, 1),
        "evictions of another member refused": f"{refused.count('refused')} of {len(refused)}",
    }
    # The last answer may belong to the moment after the member became ready.
    assert set(refused[:-1]) == {"refused"}
    assert _eviction(other) == "admitted"


def test_redis_behind_a_black_hole_costs_no_error(lab: Lab, figures: Figures, full: bool) -> None:
    with Visitors(lab.url) as visitors, Driver(f"{lab.url}/search", clients=4, pause_s=0.1, unique=True) as uncached:
        until("a first second of requests", lambda: uncached.sent >= (500 if full else 150), 120)
        idle_s, counted = uncached.p99_s(), uncached.sent
        try:
            # Without the policy, the packets to the new pod are dropped; the old connections end with the old pod.
            kubectl("delete", "networkpolicy", "redis-clients")
            kubectl("delete", "pod", "--selector=app.kubernetes.io/component=redis", "--wait=false")
            # Meanwhile each worker meets the timeout once, with the requests that are in flight at that moment.
            visitors.wait(visitors.sent + (20_000 if full else 2000))
            begun_s, noticed = uncached.p99_s(counted), uncached.sent
            until("requests without Redis", lambda: uncached.sent >= noticed + counted, 240)
            without_s = uncached.p99_s(noticed)
        finally:
            lab.apply()
    kubectl("rollout", "status", "deployment/redis", "--timeout=60s")

    figures["redis black-holed"] = visitors.figures | {
        "uncached": dict(uncached.outcomes),
        "p99 of uncached before, at the begin and later without Redis, ms": [
            round(seconds * 1000) for seconds in (idle_s, begun_s, without_s)
        ],
    }
    assert visitors.failed == {}
    assert uncached.failed == {}


def test_a_killed_import_that_runs_again_leaves_what_one_clean_run_leaves(
    lab: Lab, figures: Figures, tmp_path: Path
) -> None:
    (tmp_path / "clean").mkdir()
    (tmp_path / "killed").mkdir()
    clean, killed = (importing.make(tmp_path / name, name, KILLED_OF) for name in ("clean", "killed"))
    importing.run(clean)
    run = importing.start(killed)
    until("the first mission", lambda: importing.missions(lab, "killed"), 60, every_s=0.2)
    processes = int(lab.python("deployment/ingest", KILL_INGEST))
    before = importing.ended(run, 60)
    again = importing.run(killed)

    output = importing.verify()
    expected, found = (importing.missions(lab, name) for name in ("clean", "killed"))
    figures["importer killed"] = {
        "processes killed": processes,
        "files reported before": len(before),
        "stored again": sum(report["outcome"] == "stored" for report in again),
        "verify": output.strip().splitlines()[-1],
    }
    assert processes
    assert len(before) < KILLED_OF
    assert len(again) == KILLED_OF
    assert "no differences" in output
    assert [_figures(each) for each in expected.values()] == [_figures(each) for each in found.values()]


def test_a_rotation_of_all_passwords_loses_no_request(lab: Lab, figures: Figures, full: bool) -> None:
    used = _used_passwords()
    with Visitors(lab.url) as visitors, Driver(f"{lab.url}/search", clients=2, pause_s=0.2, unique=True) as uncached:
        began = time.monotonic()
        lab.run("Rotate the passwords")
        lab.replaced()
        kubectl("rollout", "status", "deployment/ingest", "--timeout=60s")
        took_s = time.monotonic() - began
        visitors.wait(20_000 if full else 2000)

    figures["password rotation"] = visitors.figures | {"uncached": dict(uncached.outcomes), "s": round(took_s, 1)}
    assert _used_passwords().isdisjoint(used)
    assert visitors.failed == {}
    assert uncached.failed == {}
    # The new passwords work: an import writes with that of the importer.
    assert {report["outcome"] for report in importing.run(f"{importing.FOLDER}/clean")} <= {"unchanged", "stored"}


def _is_complete(folder: str) -> bool:
    """Run the import again, as an operator would; True if the store has all files of the folder."""
    return all(report["outcome"] in {"stored", "unchanged"} for report in importing.run(folder))


def _members_ready() -> None:
    kubectl("rollout", "status", "statefulset/mongodb", "--timeout=180s", timeout_s=190)


def _primary(lab: Lab) -> str:
    """The pod of the primary, as a member reports it."""
    code = (
        "import pymongo; from app import config; c = pymongo.MongoClient(config.load().mongodb_uri); "
        "c.admin.command('ping'); print(c.primary[0])"
    )
    return lab.python("deployment/ingest", code).strip().partition(".")[0]


def _is_ready(name: str) -> bool:
    """True if the pod of that name exists and is Ready."""
    try:
        return cluster.is_ready(get("pod", name))
    except Failed:
        return False


def _eviction(name: str) -> str:
    """Whether an eviction of this pod would be admitted; it is not carried out."""
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name},
        "deleteOptions": {"dryRun": ["All"]},
    }
    path = EVICTION.format(namespace=cluster.NAMESPACE, name=name)
    try:
        kubectl("create", "--raw", path, "--filename", "-", stdin=json.dumps(body).encode())
    except Failed as failed:
        if "disruption budget" not in str(failed):
            raise
        return "refused"
    return "admitted"


def _used_passwords() -> set[str]:
    secrets = get("secrets", "--selector=app.kubernetes.io/part-of=halocline")["items"]
    return {secret["data"][key] for secret in secrets for key in ("uri", "url") if key in secret["data"]}


def _figures(mission: Document) -> Document:
    """A mission without what names it, and without times of the import."""
    return {key: mission[key] for key in ("profiles", "distance_m", "start_at", "end_at") if key in mission}
