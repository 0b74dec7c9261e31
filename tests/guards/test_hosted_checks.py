"""Workflows, dependency updates and commit hooks match their schemas and run only existing Make targets."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
SCHEMAS = [
    *(("vendor.github-workflows", path) for path in WORKFLOWS),
    *(("custom.github-workflows-require-timeout", path) for path in WORKFLOWS),
    *(("vendor.github-actions", path) for path in ACTIONS),
    ("vendor.dependabot", GITHUB / "dependabot.yml"),
]


def _loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _values(node: Any, key: str) -> Iterator[str]:
    """Every text value of `key`, at any depth."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        if name == key and isinstance(child, str):
            yield child
        yield from _values(child, key)


def _make_targets(commands: Iterator[str]) -> set[str]:
    return {target for command in commands for target in re.findall(r"(?m)^\s*make ([a-z-]+)", command)}


@pytest.fixture(scope="module")
def declared() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"(?m)^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("schema", "path"), SCHEMAS, ids=lambda value: getattr(value, "name", value))
def test_the_file_matches_its_schema(schema: str, path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_hosted_workflow_runs_only_the_make_target_check(declared: set[str]) -> None:
    targets = {path.name: _make_targets(_values(_loaded(path), "run")) for path in WORKFLOWS}

    assert targets["check.yml"] == {"check"}
    assert set().union(*targets.values()) - declared == set()


def test_the_commit_hooks_are_make_targets(declared: set[str]) -> None:
    entries = list(_values(_loaded(ROOT / ".pre-commit-config.yaml"), "entry"))
    targets = _make_targets(iter(entries))

    assert len(targets) == len(entries)
    assert targets - declared == set()


def test_the_hosted_workflow_covers_the_supported_versions_of_python() -> None:
    matrix = _loaded(GITHUB / "workflows/check.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'requires-python = ">={matrix[0]},<3.{int(matrix[-1].partition(".")[2]) + 1}"' in project
    assert matrix == [f"3.{minor}" for minor in range(11, 11 + len(matrix))]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_third_party_actions_are_pinned_to_a_commit(path: Path) -> None:
    used = [name for name in _values(_loaded(path), "uses") if not name.startswith("./")]

    assert [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []


def test_a_release_is_published_after_its_checks() -> None:
    steps = _loaded(GITHUB / "workflows/release.yml")["jobs"]["release"]["steps"]
    actions = [f"{step.get('uses', '')} {step.get('run', '')}" for step in steps]
    checks = [n for n, action in enumerate(actions) if re.search(r"make audit|scan-action@", action)]
    publishing = [n for n, action in enumerate(actions) if re.search(r"PUSH=1|podman push|gh release", action)]

    assert len(checks) == 3
    assert len(publishing) == 2
    assert max(checks) < min(publishing)


def test_only_the_release_may_write_and_has_the_registry_password() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in WORKFLOWS}

    assert [name for name, text in texts.items() if re.search(r": write\b|secrets\.", text)] == ["release.yml"]
    assert _loaded(GITHUB / "workflows/release.yml")[True] == {"push": {"tags": ["v*"]}}
