"""The component of load tests, in a namespace of its own as its documentation shows it."""

import os
import re
from pathlib import Path

import pytest
import yaml

from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import K8S, ROOT, Manifests


@pytest.fixture
def documented(tmp_path: Path) -> Manifests:
    """The overlay of docs/load-tests.md."""
    text = (ROOT / "docs/load-tests.md").read_text("utf-8")
    (block,) = re.findall(r"^```yaml\n# loadtest/kustomization.yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    overlay = yaml.safe_load(block)
    overlay["components"] = [os.path.relpath(K8S / "components/loadtest", tmp_path)]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    (tmp_path / "namespace.yaml").write_text(
        yaml.safe_dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": overlay["namespace"]}})
    )
    return manifests.of(tmp_path)


def test_the_documented_overlay_sets_the_target_of_master_and_workers(documented: Manifests) -> None:
    (config,) = documented.of("ConfigMap")
    names = {one["envFrom"][0]["configMapRef"]["name"] for each in documented.workloads for one in each.containers}

    assert config["data"]["LOCUST_HOST"] == "http://ocean.example.org"
    assert (config["data"]["SHAPE"], config["data"]["LOCUST_EXPECT_WORKERS"]) == ("stairs", "2")
    assert names == {config["metadata"]["name"]}


def test_in_a_namespace_of_its_own_the_pods_reach_dns(documented: Manifests) -> None:
    (policy,) = documented.of("NetworkPolicy")
    dns = yaml.safe_load((K8S / "base/network/allow-dns.yaml").read_text("utf-8"))["spec"]["egress"][0]

    assert dns in policy["spec"]["egress"]
    assert len(documented.selected(policy["spec"]["podSelector"])) == 2


def test_the_workers_are_those_that_the_master_expects(documented: Manifests) -> None:
    spec = documented.one("Job", "loadtest-workers")["spec"]
    (config,) = documented.of("ConfigMap")

    assert str(spec["parallelism"]) == str(spec["completions"]) == config["data"]["LOCUST_EXPECT_WORKERS"]
