"""The objects of every overlay are valid in every supported version of the Kubernetes API."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.deploy.manifests import K8S, OVERLAYS, render

VERSIONS = ["1.34.0", "1.35.0", "1.36.0", "1.37.0"]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_has_only_fields_of_this_version(overlay: str, version: str, tmp_path: Path) -> None:
    rendered = tmp_path / f"{overlay}.yaml"
    rendered.write_text(render(K8S / "overlays" / overlay))

    command = [sys.executable, "-m", "kubernetes_validate.__main__", "--strict", "-k", version, str(rendered)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
