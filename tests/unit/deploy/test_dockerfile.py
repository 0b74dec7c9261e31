"""What the image must be, as far as its recipe says."""

import json
import re
import tomllib

import pytest

from tests.unit.deploy.manifests import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]


def test_the_final_image_is_copied_together_and_runs_nothing_while_it_is_built() -> None:
    commands = re.findall(r"^([A-Z]+) ", FINAL, re.MULTILINE)

    assert FINAL.startswith("scratch\n")
    assert "RUN" not in commands


def test_the_user_is_a_number_and_never_root() -> None:
    (user,) = re.findall(r"^USER (\S+)$", FINAL, re.MULTILINE)

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_gunicorn_is_process_one() -> None:
    (command,) = re.findall(r"^CMD (.+)$", FINAL, re.MULTILINE)

    assert json.loads(command) == ["gunicorn", "app.wsgi:application"]
    assert "ENTRYPOINT" not in FINAL


def test_every_python_package_is_checked_against_its_hash() -> None:
    read = re.findall(r"(\S+) -r (requirements/[\w.]+)", DOCKERFILE)

    assert read == [("--require-hashes", "requirements/ingest.txt"), ("--require-hashes", "requirements/build.txt")]


def test_an_image_built_without_arguments_calls_itself_by_the_projects_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert re.findall(r"^ARG VERSION=(.+)$", FINAL, re.MULTILINE) == [project["version"]]


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", ".npmrc", "package-lock.json"])
def test_no_file_of_the_build_names_a_registry(name: str) -> None:
    text = (ROOT / name).read_text()

    assert not re.search(r"https?://[^\s\"]*(registry|pypi|npmjs)|^\s*\"resolved\":|^registry\s*=", text, re.MULTILINE)


def test_the_build_sees_only_what_the_image_is_made_of() -> None:
    first, *allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    assert first == "*"
    assert not {"!tests", "!demo", "!.git", "!deploy", "!requirements"} & set(allowed)
