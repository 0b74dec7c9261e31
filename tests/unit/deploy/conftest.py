"""Fixtures: the objects of each overlay, of production and of the lab."""

import os
from pathlib import Path

import pytest

from tests.unit.deploy.manifests import K8S, OVERLAYS, Manifests, of


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    """The objects of each overlay in turn."""
    return of(K8S / "overlays" / request.param)


@pytest.fixture
def production() -> Manifests:
    return of(K8S / "overlays/production")


@pytest.fixture
def lab() -> Manifests:
    return of(K8S / "overlays/lab")


@pytest.fixture
def lab_with_erddap(tmp_path: Path) -> Manifests:
    """The lab with imports from servers outside the cluster."""
    base = os.path.relpath(K8S, tmp_path)
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{base}/overlays/lab]\ncomponents: [{base}/components/erddap]\n"
    )
    return of(tmp_path)
