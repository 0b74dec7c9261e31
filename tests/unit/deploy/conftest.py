"""Each overlay in turn, or the one a test is about."""

import os
from pathlib import Path

import pytest

from tests.unit.deploy.manifests import K8S, OVERLAYS, Manifests, of


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    """Each overlay in turn."""
    return of(K8S / "overlays" / request.param)


@pytest.fixture
def lab() -> Manifests:
    return of(K8S / "overlays/lab")


@pytest.fixture
def lab_with_ingest(tmp_path: Path) -> Manifests:
    """The lab with the pod that takes files in by hand, also from outside."""
    here = os.path.relpath(K8S, tmp_path)
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{here}/overlays/lab]\ncomponents: [{here}/components/ingest-shell, {here}/components/erddap]\n"
    )
    return of(tmp_path)
