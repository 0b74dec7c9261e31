"""The component edge-cache: rules of every pod, its place between ingress and web pods, and one configuration."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.deploy import test_objects, test_pods
from tests.unit.deploy.manifests import ROOT, Document, Manifests, of, quantity, render

EDGE = ROOT / "tests/e2e/cluster/edge"
DRILL = ROOT / "tests/e2e/cluster/drill"


@pytest.fixture
def edge() -> Manifests:
    """The lab with the edge cache."""
    return of(EDGE)


@pytest.mark.parametrize(
    "rule",
    [
        test_pods.test_pods_run_as_a_numbered_user_with_the_default_seccomp_profile,
        test_pods.test_containers_cannot_gain_privileges_and_write_only_to_volumes,
        test_pods.test_pods_share_nothing_with_their_node,
        test_pods.test_a_service_account_token_is_mounted_only_where_the_api_is_read,
        test_pods.test_pods_get_no_variables_from_the_names_of_services,
        test_pods.test_every_memory_volume_and_scratch_folder_has_a_limit,
        test_pods.test_containers_request_cpu_without_a_limit_and_exactly_the_memory_they_may_use,
        test_pods.test_images_have_a_tag_that_is_not_latest_and_are_not_pulled_again,
        test_pods.test_ports_have_names_and_probes_use_them,
        test_objects.test_every_service_targets_a_named_port_of_its_pods,
        test_objects.test_the_manifests_contain_no_custom_resource_and_no_secret,
    ],
    ids=lambda rule: rule.__name__,
)
def test_the_rules_for_all_pods_and_objects_hold(rule, edge: Manifests) -> None:
    created = [one for one in edge.objects if one["metadata"]["name"] in {"edge", "web"}]

    rule(Manifests([one for one in created if one["kind"] not in {"Pod", "Namespace"}]))


@pytest.mark.parametrize("version", ["1.34.0", "1.37.0"])
def test_the_objects_have_only_fields_of_this_version(version: str, tmp_path: Path) -> None:
    rendered = tmp_path / "edge.yaml"
    rendered.write_text(render(EDGE))

    command = [sys.executable, "-m", "kubernetes_validate.__main__", "--strict", "-k", version, str(rendered)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_ingress_reaches_the_edge_cache_which_alone_reaches_the_web_pods(edge: Manifests) -> None:
    (rule,) = edge.one("Ingress", "web")["spec"]["rules"]
    web, policy = (edge.one("NetworkPolicy", name)["spec"] for name in ("web", "edge"))
    before_web, before_edge = (rules["ingress"][0]["from"] for rules in (web, policy))

    assert [path["backend"]["service"]["name"] for path in rule["http"]["paths"]] == ["edge"]
    assert _components(before_web) == ["edge"]
    assert before_edge == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}}]
    assert _components(policy["egress"][0]["to"]) == ["web"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    assert (len(policy["ingress"]), len(policy["egress"])) == (1, 1)


def test_the_component_changes_no_other_object(edge: Manifests) -> None:
    without = {(one["kind"], one["metadata"]["name"]): one for one in of(DRILL).objects}
    changed = {name for name, one in without.items() if one not in edge.objects}

    assert changed == {("Ingress", "web"), ("NetworkPolicy", "web")}


def test_the_pods_are_ready_without_the_web_pods(edge: Manifests) -> None:
    (nginx,) = edge.workload("edge").containers
    ports = {port["name"]: port["containerPort"] for port in nginx["ports"]}

    assert {nginx[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "status"
    }
    assert [f"listen {port};" in _files(edge)["nginx.conf"] for port in ports.values()] == [True, True]


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


def _components(peers: list[Document]) -> list[str]:
    return [peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in peers]


def _mounted(edge: Manifests) -> list[str]:
    """The names of the ConfigMaps in the folder of nginx.conf."""
    (volume,) = [volume for volume in edge.workload("edge").pod["volumes"] if volume["name"] == "config"]
    return [source["configMap"]["name"] for source in volume["projected"]["sources"]]


def _files(edge: Manifests) -> dict[str, str]:
    """The files in the folder of nginx.conf."""
    return {name: text for each in _mounted(edge) for name, text in edge.one("ConfigMap", each)["data"].items()}
