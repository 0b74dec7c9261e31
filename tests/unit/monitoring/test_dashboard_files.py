"""ConfigMaps of the dashboards: what the sidecar of Grafana reads."""

import json
import os
from pathlib import Path

import pytest
import yaml

from monitoring.dashboards import BOARDS
from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import Document, Manifests
from tests.unit.monitoring.sources import MONITORING

OUT = MONITORING / "dashboards/out"


def rendered(component: Path, folder: Path) -> Manifests:
    """The objects of a component alone, in a namespace."""
    content = {"namespace": "ocean", "components": [os.path.relpath(component, folder)]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return manifests.of(folder)


@pytest.fixture
def config_maps(tmp_path: Path) -> dict[str, Document]:
    """The ConfigMaps of the dashboards, by name."""
    return {one["metadata"]["name"]: one for one in rendered(OUT, tmp_path).objects}


def test_each_dashboard_has_a_config_map_with_a_stable_name_and_a_key_of_its_own(
    config_maps: dict[str, Document],
) -> None:
    keys = {name: list(one["data"]) for name, one in config_maps.items()}

    assert keys == {f"halocline-dashboard-{name}": [f"halocline-{name}.json"] for name in BOARDS}


def test_a_config_map_has_the_label_and_the_folder_that_the_sidecar_reads(config_maps: dict[str, Document]) -> None:
    labels = [one["metadata"]["labels"]["grafana_dashboard"] for one in config_maps.values()]
    folders = [one["metadata"]["annotations"]["grafana_folder"] for one in config_maps.values()]

    assert set(labels) == {"1"}
    assert set(folders) == {"Halocline"}


def test_a_config_map_fits_the_annotation_of_kubectl_apply(config_maps: dict[str, Document]) -> None:
    # `kubectl apply` stores a copy of each object in an annotation of at most 256 KiB.
    assert max(len(json.dumps(one)) for one in config_maps.values()) < 256 * 1024
