"""The example overlay of docs/kubernetes.md builds, with the files that the text says to copy."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.unit.deploy.manifests import K8S, ROOT, of


def test_the_example_overlay_of_the_docs_builds(tmp_path: Path) -> None:
    text = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(# deploy/k8s/overlays/ocean/kustomization.yaml\n.*?)```", text, flags=re.DOTALL)
    if example is None:
        pytest.fail("docs/kubernetes.md shows no overlay")
    base = os.path.relpath(K8S, tmp_path)
    (tmp_path / "kustomization.yaml").write_text(example[1].replace("../../", f"{base}/"), encoding="utf-8")
    for name in ("namespace.yaml", "ingress.yaml"):
        shutil.copy(K8S / "overlays/dev" / name, tmp_path / name)

    manifests = of(tmp_path)

    assert manifests.one("Deployment", "web")["metadata"]["namespace"] == "halocline"
    assert {container["image"] for container in manifests.workload("web").containers} == {
        "registry.example.org/ocean/halocline:0.1.0"
    }
