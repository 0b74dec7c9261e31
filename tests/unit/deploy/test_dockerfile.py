"""Properties of the image that the Dockerfile and .dockerignore determine."""

import json
import re
import tomllib

import pytest

from tests.unit.deploy.manifests import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]


def test_the_final_image_only_copies_files_and_runs_no_command() -> None:
    commands = re.findall(r"^([A-Z]+) ", FINAL, re.MULTILINE)

    assert FINAL.startswith("scratch\n")
    assert "RUN" not in commands


def test_the_user_is_numeric_and_not_root() -> None:
    (user,) = re.findall(r"^USER (\S+)$", FINAL, re.MULTILINE)

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_gunicorn_is_process_one() -> None:
    (command,) = re.findall(r"^CMD (.+)$", FINAL, re.MULTILINE)

    assert json.loads(command) == ["gunicorn", "app.wsgi:application"]
    assert "ENTRYPOINT" not in FINAL


def test_every_python_package_is_checked_against_its_hash() -> None:
    installed = re.findall(r"(\S+) -r (requirements/[\w.]+)", DOCKERFILE)

    assert installed == [
        ("--require-hashes", "requirements/ingest.txt"),
        ("--require-hashes", "requirements/build.txt"),
    ]


def test_the_default_version_of_the_image_is_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert re.findall(r"^ARG VERSION=(.+)$", FINAL, re.MULTILINE) == [project["version"]]


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", ".npmrc", "package-lock.json"])
def test_no_file_of_the_build_names_a_registry(name: str) -> None:
    text = (ROOT / name).read_text()

    assert not re.search(r"https?://[^\s\"]*(registry|pypi|npmjs)|^\s*\"resolved\":|^registry\s*=", text, re.MULTILINE)


def test_the_build_context_contains_only_files_of_the_image() -> None:
    first, *allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    assert first == "*"
    assert not {"!tests", "!demo", "!.git", "!deploy", "!requirements"} & set(allowed)
