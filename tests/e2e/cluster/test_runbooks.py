"""Drills of the runbooks: each command that only reads runs as it is written, and Prometheus accepts each query."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cluster import prometheus
from tests.e2e.cluster.cluster import NAMESPACE, Lab, kubectl
from tests.unit.monitoring.runbook_pages import parametrised

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

Figures = dict[str, Any]
# Commands that change something, run until they are ended, or need what the cluster does not have: cert-manager, a host
# name, a container that has ended, or a Secret under the name that an operator chooses.
_CHANGES = re.compile(
    r"kubectl (-n NAMESPACE )?(scale|delete|patch|create|cordon|wait|port-forward|rollout (undo|restart|resume))"
    r"|amtool alert add|--repair|killOp|replSetResizeOplog"
)
_ABSENT = re.compile(
    r"cert-manager|certificate|challenges|--previous|HOST|URL\b|\bJOB\b|restore-test-now|backup-now|verify-now"
    r"|secret alertmanager-receivers"
)
_PLACEHOLDER_QUERY = re.compile(r"\b(METRIC|LABEL)\b")


@pytest.fixture(scope="module")
def names(lab: Lab) -> Iterator[dict[str, str]]:
    """What the words in capitals stand for."""
    kubectl("create", "job", "runbooks", "--from=cronjob/verify")
    kubectl("wait", "--for=condition=complete", "job/runbooks", "--timeout=300s", timeout_s=310)
    pod = lab.pods("web")[0]
    mission = lab.json("/api/v1/missions?limit=1")["items"][0]
    (file,) = kubectl("exec", "deployment/ingest", "--", "sh", "-c", "find /data -name '*.nc' | head -1").split()
    yield {
        "NAMESPACE": NAMESPACE,
        "POD": pod["metadata"]["name"],
        "NODE": pod["spec"]["nodeName"],
        "CONTAINER": "app",
        "mongodb-N": "mongodb-1",
        "PLATFORM/MISSION": f"{mission['platform']}/{mission['mission']}",
        "--platform PLATFORM --mission MISSION --mode D FILE": f"--dry-run {file}",
        "FILE": file,
    }
    kubectl("delete", "job", "runbooks")


def test_each_command_that_reads_runs_as_it_is_written(lab: Lab, names: dict[str, str], figures: Figures) -> None:
    commands = sorted({command for _, command in parametrised("commands") if command.startswith("kubectl ")})
    reading = [one for one in commands if not _CHANGES.search(one) and not _ABSENT.search(one)]
    failed = {command: output for command in reading if (output := _failure(command, names))}

    figures["runbooks"] = {"commands": len(commands), "run": len(reading), "failed": len(failed)}
    assert failed == {}
    assert len(reading) > 50


def test_prometheus_accepts_each_query(lab: Lab, figures: Figures) -> None:
    queries = sorted({query for _, query in parametrised("queries") if not _PLACEHOLDER_QUERY.search(query)})
    with prometheus.opened() as server:
        empty = prometheus.without_data(server, queries)

    figures["queries of runbooks"] = {"accepted": len(queries), "without data now": len(empty)}


def _failure(command: str, names: dict[str, str]) -> str:
    """The output of a command that fails; empty if it succeeds."""
    for word, value in names.items():
        command = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", value, command)
    # The status of kubectl: grep ends with 1 if there is nothing to report.
    bash = ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(bash, capture_output=True, text=True, timeout=120, check=False)
    output = done.stdout + done.stderr
    # A login that fails is no failure of the shell of MongoDB.
    is_refused = re.search(r"requires authentication|Authentication failed|NOAUTH|MongoServerError|Traceback", output)
    return output[-2000:] or "no output" if done.returncode or is_refused else ""
