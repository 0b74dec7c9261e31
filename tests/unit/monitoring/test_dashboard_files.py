"""ConfigMaps of the dashboards: what the sidecar of Grafana reads, and the component with a Grafana of its own."""

import json
import os
from pathlib import Path

import pytest
import yaml

from monitoring import slo
from monitoring.dashboards import BOARDS
from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import K8S, Document, Manifests
from tests.unit.monitoring.sources import MONITORING

OUT = MONITORING / "dashboards/out"


LINKS = {"name": "monitoring-links", "literals": ["runbooks=https://wiki.ocean.example/runbooks"]}


def rendered(component: Path, folder: Path) -> Manifests:
    """The objects of a component in a namespace, with the addresses that the base has and an overlay sets."""
    content = {
        "namespace": "ocean",
        "components": [os.path.relpath(component, folder)],
        "configMapGenerator": [LINKS],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return manifests.of(folder)


@pytest.fixture
def config_maps(tmp_path: Path) -> dict[str, Document]:
    """The ConfigMaps of the dashboards, by name."""
    objects = {one["metadata"]["name"]: one for one in rendered(OUT, tmp_path).objects}
    return {name: one for name, one in objects.items() if "dashboard" in name}


def test_each_dashboard_has_a_config_map_with_a_stable_name_and_a_key_of_its_own(
    config_maps: dict[str, Document],
) -> None:
    keys = {name: list(one["data"]) for name, one in config_maps.items()}

    assert keys == {f"halocline-dashboard-{name}": [f"halocline-{name}.json"] for name in BOARDS}


def test_an_overlay_sets_the_address_of_the_runbooks_with_one_value(config_maps: dict[str, Document]) -> None:
    texts = [text for one in config_maps.values() for text in one["data"].values()]
    variables = [{one["name"]: one for one in json.loads(text)["templating"]["list"]} for text in texts]

    assert [one["runbooks"]["query"] for one in variables] == ["https://wiki.ocean.example/runbooks"] * 5
    assert not [text for text in texts if slo.load().runbooks in text]


def test_a_config_map_has_the_label_and_the_folder_that_the_sidecar_reads(config_maps: dict[str, Document]) -> None:
    labels = [one["metadata"]["labels"]["grafana_dashboard"] for one in config_maps.values()]
    folders = [one["metadata"]["annotations"]["grafana_folder"] for one in config_maps.values()]

    assert set(labels) == {"1"}
    assert set(folders) == {"Halocline"}


def test_a_config_map_fits_the_annotation_of_kubectl_apply(config_maps: dict[str, Document]) -> None:
    # `kubectl apply` stores a copy of each object in an annotation of at most 256 KiB.
    assert max(len(json.dumps(one)) for one in config_maps.values()) < 256 * 1024


@pytest.fixture
def grafana(tmp_path: Path) -> Manifests:
    """The component with Grafana, alone in a namespace."""
    return rendered(K8S / "components/monitoring-grafana", tmp_path)


def test_grafana_reads_every_dashboard_from_a_mounted_file(grafana: Manifests) -> None:
    (container,) = grafana.workload("grafana").containers
    volumes = {one["name"]: one for one in grafana.workload("grafana").pod["volumes"]}
    sources = [one["configMap"]["name"] for one in volumes["dashboards"]["projected"]["sources"]]
    (provider,) = _provisioning(grafana, "dashboards.yaml")["providers"]

    assert sources == [f"halocline-dashboard-{name}" for name in BOARDS]
    assert {"name": "dashboards", "mountPath": provider["options"]["path"], "readOnly": True} in container[
        "volumeMounts"
    ]
    assert provider["folder"] == "Halocline"


def test_the_data_source_is_the_prometheus_of_the_namespace(grafana: Manifests) -> None:
    (source,) = _provisioning(grafana, "datasources.yaml")["datasources"]
    interval = yaml.safe_load((K8S / "components/monitoring-standalone/prometheus.yml").read_text())["global"]

    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    # `$__rate_interval` is at least four of these.
    assert source["jsonData"]["timeInterval"] == interval["scrape_interval"]


def test_the_password_of_the_administrator_comes_from_a_secret(grafana: Manifests) -> None:
    (container,) = grafana.workload("grafana").containers
    variables = {one["name"]: one["value"] for one in container["env"]}
    (volume,) = [one for one in grafana.workload("grafana").pod["volumes"] if one["name"] == "password"]

    assert variables["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana/admin-password"
    assert volume["secret"] == {"secretName": "grafana", "items": [{"key": "admin-password", "path": "admin-password"}]}
    assert not [name for name in variables if name.endswith("PASSWORD")]


def test_grafana_may_reach_prometheus_only_and_prometheus_admits_it(grafana: Manifests) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in grafana.of("NetworkPolicy")}
    (egress,) = policies["grafana"]["egress"]

    assert egress["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "prometheus"
    assert policies["grafana-prometheus"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "prometheus"
    assert policies["grafana"]["ingress"] == []


def _provisioning(grafana: Manifests, key: str) -> Document:
    (one,) = [each for each in grafana.of("ConfigMap") if key in each["data"]]
    document: Document = yaml.safe_load(one["data"][key])
    return document
