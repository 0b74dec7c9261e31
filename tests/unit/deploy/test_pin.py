"""`make pin` adds the digests of third-party images, with a program in the place of docker."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.deploy.manifests import ROOT, parsed, render

ENGINE = """#!/bin/sh
case $1 in
  pull) [ "$3" != "${REFUSED:-}" ] || exit 1 ;;
  image) printf '%s\\n' "example/$4@sha256:$(printf '%s' "$4" | sha256sum | cut -c1-64)" ;;
esac
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the manifests with the script."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    shutil.copytree(ROOT / "monitoring", tmp_path / "monitoring")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/pin", tmp_path / "scripts/pin")
    (tmp_path / "docker").write_text(ENGINE)
    (tmp_path / "docker").chmod(0o755)
    return tmp_path


def _pin(copy: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "ENGINE": str(copy / "docker"), **environment}
    return subprocess.run([copy / "scripts/pin"], env=env, capture_output=True, text=True, check=False)


def test_every_third_party_image_gets_a_digest_and_keeps_its_version(copy: Path) -> None:
    first, second = _pin(copy), _pin(copy)

    assert (first.returncode, first.stderr) == (0, "")
    assert second.stdout == first.stdout
    production = parsed(render(copy / "deploy/k8s/overlays/production"))
    images = {box["image"] for workload in production.workloads for box in workload.containers}
    assert {image for image in images if "@" not in image} == {"halocline:0.1.0", "halocline-ingest:0.1.0"}
    assert all(image in first.stdout for image in images if "@" in image)
    assert any(image.startswith("mongo:8.0.") for image in images)


def test_an_unreachable_registry_changes_nothing(copy: Path) -> None:
    before = {path: path.read_text() for path in (copy / "deploy").rglob("*.yaml")}
    first = yaml.safe_load((copy / "deploy/k8s/components/mongodb/statefulset.yaml").read_text())
    refused = first["spec"]["template"]["spec"]["containers"][0]["image"]

    assert _pin(copy, REFUSED=refused).returncode != 0
    assert {path: path.read_text() for path in (copy / "deploy").rglob("*.yaml")} == before
