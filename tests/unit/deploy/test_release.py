"""`make release` without a registry: a stand-in for podman, the real overlays. CI runs it with the real images."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deploy.manifests import K8S, OVERLAYS, ROOT, render

DIGEST = "sha256:" + "0123456789abcdef" * 4
# Reports the size of three layers, and writes a digest for each pushed image.
ENGINE = f"""#!/bin/sh
echo "$*" >>"$0.log"
case $1 in
  history) printf '%s\\n' "0 B" "${{PACKAGE:-15.4 MB}}" "43.6 MB" "92.5 MB" ;;
  push) printf %s {DIGEST} >"$4" ;;
esac
"""
Release = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    program = tmp_path / "podman"
    program.write_text(ENGINE)
    program.chmod(0o755)
    return program


@pytest.fixture
def release(tmp_path: Path, engine: Path) -> Release:
    """A function that runs scripts/release with its variables."""
    bill = tmp_path / "bill"
    bill.write_text('#!/bin/sh\necho "{}" >"$2"\n')
    bill.chmod(0o755)

    def release(**environ: str) -> "subprocess.CompletedProcess[str]":
        variables = {
            "PATH": os.environ["PATH"],
            "OUT": str(tmp_path / "release"),
            "ENGINE": str(engine),
            "VERSION": "1.2.3",
            "REGISTRY": "registry.example.org/ocean",
            # IMAGE FILE: the real one needs an image.
            "BILL_OF_MATERIALS": str(bill),
        }
        command = [str(ROOT / "scripts/release")]
        return subprocess.run(command, env={**variables, **environ}, capture_output=True, text=True, check=False)

    return release


def _images(text: str) -> set[str]:
    return {image for image in re.findall(r"(?m)^[ -]*image: (\S+)$", text) if "halocline" in image}


def test_every_overlay_is_one_file_that_names_the_images_of_the_release(tmp_path: Path, release: Release) -> None:
    result = release()
    folder = tmp_path / "release"

    assert result.returncode == 0, result.stderr
    names = {"registry.example.org/ocean/halocline:1.2.3", "registry.example.org/ocean/halocline-ingest:1.2.3"}
    rendered = {name: (folder / f"halocline-{name}.yaml").read_text() for name in OVERLAYS}
    assert {name: _images(text) - names for name, text in rendered.items()} == {name: set() for name in OVERLAYS}
    assert all(_images(text) for text in rendered.values())
    assert set((folder / "images.txt").read_text().split()) == names


def test_the_files_differ_from_their_overlays_only_in_images(tmp_path: Path, release: Release) -> None:
    release()
    written = {name: (tmp_path / f"release/halocline-{name}.yaml").read_text().splitlines() for name in OVERLAYS}
    different = {
        line.strip(" -")
        for name, lines in written.items()
        for line, original in zip(lines[1:], render(K8S / "overlays" / name).splitlines(), strict=True)
        if line != original
    }

    assert {lines[0].partition(", revision")[0] for lines in written.values()} == {
        f"# Halocline 1.2.3, overlay {name}" for name in OVERLAYS
    }
    assert different <= {
        f"image: registry.example.org/ocean/{name}:1.2.3" for name in ("halocline", "halocline-ingest")
    }


def test_pushed_images_are_named_by_their_digest(tmp_path: Path, engine: Path, release: Release) -> None:
    result = release(PUSH="1")

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "release/images.txt").read_text().split() == [
        f"registry.example.org/ocean/halocline@{DIGEST}",
        f"registry.example.org/ocean/halocline-ingest@{DIGEST}",
    ]
    assert (
        f"image: registry.example.org/ocean/halocline@{DIGEST}\n"
        in (tmp_path / f"release/halocline-{OVERLAYS[0]}.yaml").read_text()
    )


def test_the_checksums_cover_every_file(tmp_path: Path, release: Release) -> None:
    release()
    folder = tmp_path / "release"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    checksums = {name: digest for digest, name in map(str.split, lines)}

    assert checksums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert {"halocline.cdx.json", "halocline-ingest.cdx.json", "images.txt"} < set(checksums)


def test_both_images_are_built_with_the_commit_and_its_date(engine: Path, release: Release) -> None:
    release()
    builds = [line for line in Path(f"{engine}.log").read_text().splitlines() if line.startswith("build ")]
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    revision = head.stdout.strip()

    assert [re.findall(r"--(?:target|tag) (\S+)", build) for build in builds] == [
        ["web", "registry.example.org/ocean/halocline:1.2.3"],
        ["ingest", "registry.example.org/ocean/halocline-ingest:1.2.3"],
    ]
    assert all(f"REVISION={revision}" in build for build in builds)
    assert all(re.search(r"CREATED=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", build) for build in builds)


def test_a_web_image_above_its_size_budget_is_no_release(tmp_path: Path, release: Release) -> None:
    result = release(PACKAGE="46.5 MB")

    assert result.returncode == 1
    assert "halocline:1.2.3: 90 MB, 90 MB allowed" in result.stdout
    assert not (tmp_path / "release").exists()


def test_a_release_without_a_registry_is_refused(release: Release) -> None:
    result = release(REGISTRY="")

    assert (result.returncode, result.stderr) == (
        2,
        "REGISTRY is not set: write REGISTRY=registry.example.org/ocean\n",
    )


def test_an_image_name_without_a_tag_is_refused() -> None:
    environ = {"PATH": os.environ["PATH"], "IMAGE": "registry.example.org:5000/halocline", "ENGINE": "false"}
    result = subprocess.run([str(ROOT / "scripts/image")], env=environ, capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert result.stderr.startswith("IMAGE=registry.example.org:5000/halocline has no tag: ")


def test_one_overlay_is_printed_without_other_output() -> None:
    command = ["make", "--no-print-directory", "manifests", f"OVERLAY={OVERLAYS[0]}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("apiVersion: ")


@pytest.fixture
def image_files(tmp_path: Path) -> Path:
    """The files of an image that its bill of materials is made from."""
    for name, text in {
        "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
        "usr/share/halocline/python-version": "Python 3.13.5\n",
        "var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n"
        "Version: 2.41-12+deb13u5\n\n"
        "Package: removed\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_bill_of_materials_has_the_packages_of_every_kind(image_files: Path) -> None:
    flask = {"type": "library", "bom-ref": "flask==3.1.3", "name": "flask", "version": "3.1.3"}
    command = [sys.executable, str(ROOT / "scripts/bill_of_materials.py"), "registry.example.org/halocline:1.2.3"]
    result = subprocess.run(
        [*command, str(image_files)],
        input=json.dumps({"bomFormat": "CycloneDX", "metadata": {}, "components": [flask]}),
        capture_output=True,
        text=True,
        check=True,
    )
    document: dict[str, Any] = json.loads(result.stdout)
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/leaflet"]
    components = {component["bom-ref"]: component for component in document["components"]}

    assert {name for name in components if not name.startswith("pkg:npm/")} == {
        "flask==3.1.3",
        "pkg:generic/python@3.13.5",
        "pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&distro=debian-13",
    }
    leaflet = components[f"pkg:npm/leaflet@{lock['version']}"]
    assert leaflet["licenses"] == [{"expression": "BSD-2-Clause"}]
    assert leaflet["hashes"][0]["content"] == base64.b64decode(lock["integrity"].removeprefix("sha512-")).hex()
    assert not [name for name in components if "esbuild" in name]
    assert document["metadata"]["component"]["name"] == "halocline"
    assert document["dependencies"] == [{"ref": "halocline", "dependsOn": sorted(components)}]
