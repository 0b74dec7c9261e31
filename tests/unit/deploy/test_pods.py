"""Rules for every pod: the restricted Pod Security Standard, requests, probes and enough time to drain."""

import ast
import re
import tomllib
from pathlib import Path

from tests.unit.deploy.manifests import ROOT, Document, Manifests, Workload, quantity

VOLUMES = {"configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret"}


def test_pods_run_as_a_numbered_user_with_the_default_seccomp_profile(manifests: Manifests) -> None:
    contexts = [one.pod["securityContext"] for one in manifests.workloads]

    assert all(one["runAsNonRoot"] is True and one["runAsUser"] > 0 for one in contexts)
    assert {one["seccompProfile"]["type"] for one in contexts} == {"RuntimeDefault"}


def test_containers_cannot_gain_privileges_and_write_only_to_volumes(manifests: Manifests) -> None:
    contexts = [one["securityContext"] for workload in manifests.workloads for one in workload.containers]

    assert all(one["allowPrivilegeEscalation"] is False for one in contexts)
    assert all(one["capabilities"] == {"drop": ["ALL"]} for one in contexts)
    assert all(one["readOnlyRootFilesystem"] is True for one in contexts)


def test_pods_share_nothing_with_their_node(manifests: Manifests) -> None:
    pods = [one.pod for one in manifests.workloads]
    volumes = [volume for pod in pods for volume in pod.get("volumes", [])]
    ports = [port for workload in manifests.workloads for one in workload.containers for port in one.get("ports", [])]

    assert not [pod for pod in pods if {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()]
    assert all(set(volume) - {"name"} <= VOLUMES for volume in volumes)
    assert not [port for port in ports if "hostPort" in port]


def test_a_service_account_token_is_mounted_only_where_the_api_is_read(manifests: Manifests) -> None:
    mounted = {one.name for one in manifests.workloads if one.pod.get("automountServiceAccountToken") is not False}

    # Prometheus discovers its targets through the API; kube-state-metrics reports its objects.
    assert mounted <= {"prometheus", "kube-state-metrics"}


def test_pods_get_no_variables_from_the_names_of_services(manifests: Manifests) -> None:
    assert all(one.pod["enableServiceLinks"] is False for one in manifests.workloads)


def test_every_memory_volume_and_scratch_folder_has_a_limit(manifests: Manifests) -> None:
    volumes = [volume for one in manifests.workloads for volume in one.pod.get("volumes", []) if "emptyDir" in volume]

    assert volumes
    assert all("sizeLimit" in volume["emptyDir"] for volume in volumes)


def test_containers_request_cpu_without_a_limit_and_exactly_the_memory_they_may_use(manifests: Manifests) -> None:
    resources = [one["resources"] for workload in manifests.workloads for one in workload.containers]

    assert all(quantity(one["requests"]["cpu"]) > 0 for one in resources)
    assert all("cpu" not in one["limits"] for one in resources)
    assert all(one["requests"]["memory"] == one["limits"]["memory"] for one in resources)


def test_images_have_an_exact_version_and_are_not_pulled_again(manifests: Manifests) -> None:
    containers = [one for workload in manifests.workloads for one in workload.containers]
    lab = manifests.of("Namespace")[0]["metadata"]["name"] == "halocline-lab"
    # The lab builds its images; their tags are the major versions of the programs in them.
    version = r"[\w.-]+" if lab else r"v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?"

    images = {one["image"] for one in containers}
    assert [image for image in images if not re.fullmatch(rf"[\w./-]+:{version}", image)] == []
    assert not [image for image in images if image.endswith(":latest")]
    assert {one["imagePullPolicy"] for one in containers} == {"IfNotPresent"}


def test_every_role_runs_the_same_version_of_halocline(manifests: Manifests) -> None:
    images = {one["image"] for workload in manifests.workloads for one in workload.containers}
    tags = {image.rpartition(":")[2] for image in images if "halocline" in image.rpartition("/")[2]}

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert tags in ({project["version"]}, {"lab"})


def test_ports_have_names_and_probes_use_them(manifests: Manifests) -> None:
    containers = [one for workload in manifests.workloads for one in workload.containers]
    ports = [(one["name"], port) for one in containers for port in one.get("ports", [])]
    probed = [
        (one["name"], action[kind]["port"])
        for one in containers
        for action in [one[probe] for probe in ("startupProbe", "livenessProbe", "readinessProbe") if probe in one]
        for kind in ("httpGet", "tcpSocket")
        if kind in action
    ]

    assert probed
    assert all(port.get("name") for _, port in ports)
    assert set(probed) <= {(name, port["name"]) for name, port in ports}


def test_liveness_readiness_and_startup_probes_have_separate_paths(manifests: Manifests) -> None:
    app = _app(manifests.workload("web"))
    paths = [app[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe", "startupProbe")]

    assert paths == ["/livez", "/readyz", "/startupz"]
    assert not [probe for probe in ("livenessProbe", "readinessProbe") if "host" in app[probe]["httpGet"]]


def test_the_grace_period_covers_the_sleep_the_drain_and_five_seconds_more(manifests: Manifests) -> None:
    web = manifests.workload("web")
    sleep_s = _app(web)["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain_s = _setting(ROOT / "gunicorn.conf.py", "graceful_timeout")

    assert sleep_s >= 10
    assert web.pod["terminationGracePeriodSeconds"] >= sleep_s + drain_s + 5


def test_a_native_sidecar_serves_the_metrics_from_a_folder_shared_with_the_app(manifests: Manifests) -> None:
    web = manifests.workload("web")
    (sidecar,) = web.sidecars
    mounts = [
        {one["name"]: one["mountPath"] for one in container["volumeMounts"]} for container in (sidecar, _app(web))
    ]
    folders = [{one["name"]: one["value"] for one in container["env"]} for container in (sidecar, _app(web))]

    assert sidecar["args"] == ["halocline", "metrics"]
    assert mounts[0]["prometheus"] == mounts[1]["prometheus"] == folders[0]["PROMETHEUS_MULTIPROC_DIR"]
    assert folders[0] == folders[1]


def test_the_lab_requests_at_most_1_5_cores(lab: Manifests) -> None:
    # A restore is never due: an operator starts it.
    requested = {one.name: one.cpu * lab.pods(one) for one in lab.workloads if one.name != "restore"}
    surge = lab.workload("web").cpu

    assert {"web", "mongodb", "redis", "indexes", "ingest", "verify", "prometheus", "alertmanager"} <= requested.keys()
    assert sum(requested.values()) + surge <= 1.5, requested


def _app(web: Workload) -> Document:
    return next(one for one in web.pod["containers"] if one["name"] == "app")


def _setting(path: Path, name: str) -> int:
    """The number that a Python file assigns to a name."""
    tree = ast.parse(path.read_text())
    assigned = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    return int(ast.literal_eval(assigned[name]))


def test_no_manifest_is_a_bare_pod(manifests: Manifests) -> None:
    # The API refuses to change a pod: a changed setting, and with it a new ConfigMap, could not be applied.
    assert [one["metadata"]["name"] for one in manifests.of("Pod")] == []
