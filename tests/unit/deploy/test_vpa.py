"""The component `vpa` recommends requests for existing workloads and changes none of them."""

import os
from pathlib import Path

import pytest
import yaml

from tests.unit.deploy.manifests import K8S, Manifests, of


@pytest.fixture
def autoscalers(tmp_path: Path) -> Manifests:
    """The objects of the component alone, in a namespace."""
    component = os.path.relpath(K8S / "components/vpa", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(f"namespace: ocean\ncomponents: [{component}]\n")
    return of(tmp_path)


def test_each_autoscaler_only_recommends(autoscalers: Manifests) -> None:
    modes = {one["metadata"]["name"]: one["spec"]["updatePolicy"]["updateMode"] for one in autoscalers.objects}

    assert modes == dict.fromkeys(["web", "mongodb", "redis", "ingest"], "Off")
    assert {(one["apiVersion"], one["kind"]) for one in autoscalers.objects} == {
        ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler")
    }
    assert {one["metadata"]["namespace"] for one in autoscalers.objects} == {"ocean"}


def test_each_autoscaler_has_a_workload_of_the_manifests_as_its_target(autoscalers: Manifests) -> None:
    documents = [one for path in K8S.rglob("*.yaml") for one in yaml.safe_load_all(path.read_text()) if one]
    workloads = {
        (one["apiVersion"], one["kind"], one["metadata"]["name"])
        for one in documents
        if isinstance(one, dict) and one.get("kind") in {"Deployment", "StatefulSet"}
    }
    targets = [one["spec"]["targetRef"] for one in autoscalers.objects]

    assert {(one["apiVersion"], one["kind"], one["name"]) for one in targets} - workloads == set()
    assert [one["name"] for one in targets] == [one["metadata"]["name"] for one in autoscalers.objects]
