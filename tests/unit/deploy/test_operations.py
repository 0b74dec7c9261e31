"""The commands of docs/operations.md name each Deployment that they concern."""

import re

import pytest

from tests.unit.deploy.manifests import ROOT, Workload, of

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
# With the queue and with uploads.
DEPLOYMENTS = [one for one in of(ROOT / "tests/e2e/cluster/queue").workloads if one.kind == "Deployment"]


def _section(title: str) -> str:
    return TEXT.partition(f"\n### {title}\n")[2].partition("\n##")[0]


def _secrets(workload: Workload) -> set[str]:
    """The Secrets that a pod mounts, projected or not."""
    volumes = workload.pod.get("volumes", [])
    projected = [source["secret"]["name"] for one in volumes for source in one.get("projected", {}).get("sources", [])]
    return {*projected, *(one["secret"]["secretName"] for one in volumes if "secret" in one)}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one.name)
def test_a_rotation_restarts_each_deployment_with_passwords(deployment: Workload) -> None:
    passwords = {one for one in _secrets(deployment) if one.startswith(("mongodb-", "redis"))}
    restarted = re.findall(r"kubectl rollout restart ([^`\n]+)", _section("Rotate the passwords"))

    assert (f"deployment/{deployment.name}" in " ".join(restarted).split()) == bool(passwords)


@pytest.mark.parametrize("name", ["worker", "maintenance", "beat", "upload"])
def test_a_restore_stops_and_starts_each_deployment_that_writes(name: str) -> None:
    scaled = [words.split() for words in re.findall(r"kubectl\s+scale\s+([^`]+)`", _section("Restore"))]

    assert {words[-1] for words in scaled if f"deployment/{name}" in words} >= {"--replicas=0"}
    assert any(f"deployment/{name}" in words and words[-1] != "--replicas=0" for words in scaled)
