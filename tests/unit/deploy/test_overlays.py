"""What the overlays are: short, of the same parts, and a lab that is production in small."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.unit.deploy.manifests import INGRESSES, K8S, OVERLAYS, Document, Manifests, combined, of, quantity

# Where the lab may differ from production: images, sizes, replicas, times, the address, and the fault switch.
LAB = [
    r".*/image",
    r".*/resources/(requests|limits)/(cpu|memory)",
    r"StatefulSet/mongodb/spec/template/spec/containers/0/args/6",  # The size of the cache.
    r"StatefulSet/mongodb/spec/persistentVolumeClaimRetentionPolicy/.*",
    r".*/(minReadySeconds|terminationGracePeriodSeconds)",
    r"Deployment/web/spec/strategy/rollingUpdate/maxSurge",
    r"HorizontalPodAutoscaler/web/spec/(minReplicas|maxReplicas)",
    r"HorizontalPodAutoscaler/web/spec/behavior/scaleDown/.*",
    r"ConfigMap/halocline/data/HALOCLINE_(ENVIRONMENT|PUBLIC_URL|(API|SEARCHES|EXPORTS)_PER_MIN|LIVE_CLIENTS_PER_ADDRESS)",
    r"Ingress/public/spec/rules/0/host",
    r"Deployment/probe/spec/template/spec/containers/0/args/4",
]


def test_the_lab_is_production_in_other_sizes(production: Manifests, lab: Manifests) -> None:
    ours, theirs = _flat(lab), _flat(production)
    different = {path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)}

    assert different
    assert sorted(path for path in different if not any(re.fullmatch(allowed, path) for allowed in LAB)) == []


def _flat(manifests: Manifests) -> dict[str, Any]:
    """Each value of all objects by its path; without the namespace, and without the hashes of generated names."""
    return {
        f"{one['kind']}/{_plain(one['metadata']['name'])}/{path}": _plain(value)
        for one in manifests.objects
        for path, value in _values(one, "")
        if path not in {"metadata/namespace", "metadata/name"} and not re.fullmatch(r"subjects/\d+/namespace", path)
    }


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return re.sub(r"^(halocline)-lab$", r"\1", re.sub(r"-[a-z0-9]{10}$", "", value))


def _values(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    for key, each in items or ():
        yield from _values(each, f"{path}/{key}".removeprefix("/"))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_has_at_most_sixty_lines(overlay: str) -> None:
    lines = [line for path in (K8S / "overlays" / overlay).iterdir() for line in path.read_text().splitlines()]

    assert len([line for line in lines if line.strip() and not line.strip().startswith("#")]) <= 60


@pytest.mark.parametrize("name", sorted(path.name for path in (K8S / "components").iterdir()))
def test_a_component_begins_with_what_it_is_when_to_use_it_and_what_it_needs(name: str) -> None:
    path = K8S / "components" / name / "kustomization.yaml"
    comment = [line.removeprefix("# ") for line in path.read_text().splitlines() if line.startswith("# ")]
    words = [line.split()[0] for line in comment if line[:5] in {"What:", "When:", "Needs"}]

    assert words == ["What:", "When:", "Needs:"]
    assert yaml.safe_load(path.read_text())["kind"] == "Component"


def test_the_namespace_of_each_overlay_is_its_own(manifests: Manifests) -> None:
    namespaces = {one["metadata"]["namespace"] for one in manifests.objects if "namespace" in one["metadata"]}

    assert namespaces == {manifests.of("Namespace")[0]["metadata"]["name"]}


def test_two_overlays_share_no_object_without_a_namespace() -> None:
    names = [
        (one["kind"], one["metadata"]["name"])
        for overlay in ("production", "staging", "dev")
        for one in of(K8S / "overlays" / overlay).objects
        if "namespace" not in one["metadata"]
    ]

    assert len(names) == len(set(names))


def test_production_has_three_replicas_in_strict_settings_and_a_priority(production: Manifests) -> None:
    prioritized = {one.name for one in production.workloads if one.pod.get("priorityClassName") == "halocline"}

    assert production.one("HorizontalPodAutoscaler", "web")["spec"]["minReplicas"] >= 3
    assert production.settings["HALOCLINE_ENVIRONMENT"] == "production"
    assert prioritized == {"web", "live", "mongodb", "redis"}


def test_the_quota_lets_production_reach_its_largest_size(production: Manifests) -> None:
    quota = {name: quantity(value) for name, value in _quota().items()}
    surge = -(-production.pods(production.workload("web")) // 4)
    pods = {one.name: production.pods(one) + (surge if one.name == "web" else 0) for one in production.workloads}
    memory = {
        one.name: sum(quantity(each["resources"]["limits"]["memory"]) for each in one.containers)
        for one in production.workloads
    }
    claims = [
        (one["spec"]["replicas"], claim["spec"]["resources"]["requests"]["storage"])
        for one in production.of("StatefulSet")
        for claim in one["spec"]["volumeClaimTemplates"]
    ] + [(1, one["spec"]["resources"]["requests"]["storage"]) for one in production.of("PersistentVolumeClaim")]
    needed = {
        "requests.cpu": sum(one.cpu * pods[one.name] for one in production.workloads),
        "requests.memory": sum(memory[name] * number for name, number in pods.items()),
        "limits.memory": sum(memory[name] * number for name, number in pods.items()),
        "requests.storage": sum(number * quantity(size) for number, size in claims),
        "persistentvolumeclaims": sum(number for number, _ in claims),
        "pods": sum(pods.values()),
    }

    # Enough, and at most twice as much.
    assert {name: (float(needed[name]), float(quota[name])) for name in needed
            if not needed[name] <= quota[name] <= needed[name] * 2} == {}  # fmt: skip


def _quota() -> Document:
    return dict(combined("own", "ingress-traefik").one("ResourceQuota", "halocline")["spec"]["hard"])


@pytest.mark.parametrize("ingress", INGRESSES)
def test_a_load_balancer_in_front_of_the_pods_gets_time_to_forget_them(ingress: str) -> None:
    app = combined("own", ingress).workload("web").containers[-1]
    expected = {"ingress-alb": 45, "ingress-gce": 60}

    assert app["lifecycle"]["preStop"]["sleep"]["seconds"] == expected.get(ingress, 10)
