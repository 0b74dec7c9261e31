"""The example overlays of docs/kubernetes.md build, and each choice takes at most ten lines."""

import os
import re
from pathlib import Path

import pytest

from tests.unit.deploy.manifests import K8S, ROOT, Manifests, of

TEXT = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
# An overlay that shows one choice: a file in YAML whose first line is its name.
EXAMPLES = dict(re.findall(r"```yaml\n# (\S+)/kustomization.yaml\n(.*?)```", TEXT, flags=re.DOTALL))


def _built(name: str, folder: Path) -> Manifests:
    """The objects of an example; the one that it is based on is beside it, as the text says."""
    for each in {name, *re.findall(r"resources: \[\.\./(\w+)\]", EXAMPLES[name])}:
        (folder / each).mkdir()
        text = EXAMPLES[each].replace("../halocline/deploy/k8s", os.path.relpath(K8S, folder / each))
        (folder / each / "kustomization.yaml").write_text(text, encoding="utf-8")
    return of(folder / name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_builds_and_is_short(name: str, tmp_path: Path) -> None:
    manifests = _built(name, tmp_path)

    without = [one for one in manifests.objects if "namespace" not in one["metadata"]]
    assert manifests.workload("web").containers
    assert {one["kind"] for one in without} <= {"Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"}
    # The first one is a whole overlay; its head counts for the others, too.
    assert len(EXAMPLES[name].splitlines()) <= (30 if name == "ocean" else 10)


def test_the_overlay_of_ones_own_sets_the_address_and_the_image(tmp_path: Path) -> None:
    manifests = _built("ocean", tmp_path)

    assert manifests.one("Deployment", "web")["metadata"]["namespace"] == "ocean"
    assert {container["image"] for container in manifests.workload("web").containers} == {
        "registry.example.org/ocean/halocline:0.1.0"
    }
    assert manifests.settings["HALOCLINE_PUBLIC_URL"] == "https://ocean.example.org/"
    assert manifests.one("Ingress", "public")["spec"]["rules"][0]["host"] == "ocean.example.org"


def test_every_component_and_overlay_is_in_the_table() -> None:
    named = set(re.findall(r"`((?:components|overlays)/[\w-]+)`", TEXT))
    folders = {f"{path.parent.name}/{path.name}" for path in K8S.glob("*/*") if path.parent.name != "base"}

    assert folders <= named
    assert named <= folders
