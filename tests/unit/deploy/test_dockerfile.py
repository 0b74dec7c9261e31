"""Properties of the image that the Dockerfile and .dockerignore determine."""

import json
import re
import tomllib

import pytest

from tests.unit.deploy.manifests import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
# The stages by their names, in order, with the stage or image from which each begins.
STAGES = {
    name: (base, text) for base, name, text in re.findall(r"(?ms)^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM |\Z)", DOCKERFILE)
}
IMAGES = {"web": ["gunicorn", "app.wsgi:application"], "ingest": ["halocline", "--help"]}


def _instructions(stage: str, name: str) -> list[str]:
    """The arguments of an instruction in a stage and in those that it begins from."""
    base, text = STAGES[stage]
    inherited = _instructions(base, name) if base in STAGES else []
    return inherited + re.findall(rf"(?m)^{name} (.+)$", text)


def test_the_web_image_is_built_by_default() -> None:
    assert list(STAGES)[-1] == "web"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_only_copies_files_and_runs_no_command(image: str) -> None:
    base, _ = STAGES[image]

    assert (base, STAGES[base][0]) == ("runtime", "scratch")
    assert _instructions(image, "RUN") == []
    assert all(source.startswith("--from=") for source in _instructions(image, "COPY"))


@pytest.mark.parametrize("image", IMAGES)
def test_the_user_is_numeric_and_not_root(image: str) -> None:
    (user,) = _instructions(image, "USER")

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


@pytest.mark.parametrize(("image", "expected"), IMAGES.items(), ids=IMAGES)
def test_the_program_of_an_image_is_process_one(image: str, expected: list[str]) -> None:
    (command,) = _instructions(image, "CMD")

    assert json.loads(command) == expected
    assert _instructions(image, "ENTRYPOINT") == []


@pytest.mark.parametrize("image", IMAGES)
def test_the_labels_of_an_image_are_complete(image: str) -> None:
    base, text = STAGES[image]
    labels = re.findall(r"org\.opencontainers\.image\.([a-z.]+)=\"", STAGES[base][1] + text)

    assert set(labels) == {
        *("title", "description", "vendor", "licenses", "source"),
        *("version", "revision", "created", "base.name"),
    }


def test_the_web_image_has_no_library_of_the_importer() -> None:
    assert [source for source in _instructions("web", "COPY") if "ingest" in source or "importer" in source] == []
    assert re.findall(r"install-libraries (requirements/\S+)", STAGES["web-libraries"][1]) == ["requirements/web.txt"]


def test_every_python_package_is_checked_against_its_hash() -> None:
    script = (ROOT / "scripts/install-libraries").read_text()
    installed = re.findall(r"(?m)pip .*install (?:.|\\\n)*? -r (\S+)", DOCKERFILE + script)

    assert installed == ["requirements/build.txt", '"$1"']
    assert (DOCKERFILE + script).count("--require-hashes -r ") == len(installed)


def test_bytecode_is_compiled_in_one_process() -> None:
    script = (ROOT / "scripts/install-libraries").read_text()
    jobs = re.findall(r"-m compileall -q (.*?) --invalidation-mode (\S+)", DOCKERFILE + script)

    assert set(jobs) == {("-j 1", "unchecked-hash")}


@pytest.mark.parametrize("image", IMAGES)
def test_the_default_version_of_an_image_is_the_version_of_the_project(image: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert [value for value in _instructions(image, "ARG") if value.startswith("VERSION=")] == [
        f"VERSION={project['version']}"
    ]


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", ".npmrc", "package-lock.json"])
def test_no_file_of_the_build_names_a_registry(name: str) -> None:
    text = (ROOT / name).read_text()

    assert not re.search(r"https?://[^\s\"]*(registry|pypi|npmjs)|^\s*\"resolved\":|^registry\s*=", text, re.MULTILINE)


def test_the_build_context_contains_only_files_of_the_image() -> None:
    first, *allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    assert first == "*"
    assert not {"!tests", "!demo", "!.git", "!deploy", "!requirements"} & set(allowed)


def test_the_build_context_contains_every_file_that_a_stage_copies() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"(?m)^COPY (?!--from=)(.+) \S+$", DOCKERFILE)
    files = {name for line in copied for name in line.split()} - {"."}

    assert files - allowed == set()
    assert [name for name in sorted(allowed) if not (ROOT / name).exists()] == []
