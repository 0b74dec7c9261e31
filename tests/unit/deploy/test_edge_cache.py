"""The component edge-cache: its place between ingress and web pods, and one configuration."""

import re

import pytest

from tests.unit.deploy.manifests import ROOT, Manifests, of, quantity

EDGE = ROOT / "tests/e2e/cluster/edge"
DRILL = ROOT / "tests/e2e/cluster/drill"


@pytest.fixture
def edge() -> Manifests:
    """The lab with the edge cache."""
    return of(EDGE)


def test_the_component_moves_the_entry_and_changes_no_other_object(edge: Manifests) -> None:
    without = {(one["kind"], one["metadata"]["name"]): one for one in of(DRILL).objects}
    changed = {name for name, one in without.items() if one not in edge.objects}
    (before, after) = (
        one.one("Deployment", "web")["spec"]["template"]["metadata"]["labels"] for one in (of(DRILL), edge)
    )

    assert changed == {("Deployment", "web")}
    assert before == {**after, "public": "true"}
    assert edge.workload("edge").labels["public"] == "true"


def test_the_pods_are_ready_without_the_web_pods(edge: Manifests) -> None:
    (nginx,) = edge.workload("edge").containers
    ports = {port["name"]: port["containerPort"] for port in nginx["ports"]}

    assert {nginx[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "status"
    }
    assert [f"listen {port}" in _files(edge)["nginx.conf"] for port in ports.values()] == [True, True]


def test_the_grace_period_covers_the_sleep_the_drain_and_five_seconds_more(edge: Manifests) -> None:
    pod = edge.workload("edge").pod
    sleep_s = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain_s = int(re.findall(r"worker_shutdown_timeout (\d+)s;", _files(edge)["nginx.conf"])[0])

    assert sleep_s == 10
    assert pod["terminationGracePeriodSeconds"] >= sleep_s + drain_s + 5


def test_the_files_beside_nginx_conf_are_those_of_the_example_proxy(edge: Manifests) -> None:
    files = _files(edge)

    assert sorted(files) == ["cache.conf", "nginx.conf", "server.conf"]
    assert all(files[name] == (ROOT / "deploy/proxy" / name).read_text() for name in ("cache.conf", "server.conf"))
    # A changed file changes the name of its ConfigMap, and so restarts the pods.
    assert all(re.fullmatch(r"(edge|proxy)-[a-z0-9]{10}", name) for name in _mounted(edge))


def test_the_volume_is_larger_than_the_cache(edge: Manifests) -> None:
    (size_mb,) = re.findall(r"max_size=(\d+)m", _files(edge)["cache.conf"])
    (volume,) = [volume for volume in edge.workload("edge").pod["volumes"] if volume["name"] == "cache"]

    assert quantity(volume["emptyDir"]["sizeLimit"]) >= int(size_mb) * 2**20 * 1.25


def test_a_disruption_budget_and_two_replicas_survive_the_drain_of_a_node(edge: Manifests) -> None:
    budget = edge.one("PodDisruptionBudget", "edge")["spec"]
    deployment = edge.one("Deployment", "edge")["spec"]

    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def _mounted(edge: Manifests) -> list[str]:
    """The names of the ConfigMaps in the folder of nginx.conf."""
    (volume,) = [volume for volume in edge.workload("edge").pod["volumes"] if volume["name"] == "config"]
    return [source["configMap"]["name"] for source in volume["projected"]["sources"]]


def _files(edge: Manifests) -> dict[str, str]:
    """The files in the folder of nginx.conf."""
    return {name: text for each in _mounted(edge) for name, text in edge.one("ConfigMap", each)["data"].items()}
