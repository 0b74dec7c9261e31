"""Rules for every file of the repository: docstrings, names, the environment, templates and open issues."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = sorted(
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    if (ROOT / name).is_file()
)
MODULES = [path for path in TRACKED if path.suffix == ".py" and path.is_relative_to(ROOT / "app")]
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "misc"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_begins_with_a_docstring(module: Path) -> None:
    assert re.match(r'(#!.*\n)?"""\S', module.read_text(encoding="utf-8"))


def test_no_module_has_a_name_without_content() -> None:
    assert [path for path in MODULES if path.stem in EMPTY_NAMES] == []


def test_modules_have_at_most_400_lines() -> None:
    assert [(str(path), lines) for path in MODULES if (lines := path.read_text("utf-8").count("\n")) > 400] == []


def test_only_the_settings_read_the_environment() -> None:
    # `app/localdev` starts programs, which inherit the environment.
    allowed = {ROOT / "app/config.py", *(ROOT / "app/localdev").iterdir()}
    readers = [path for path in MODULES if re.search(r"os\.environ\b|getenv\(", path.read_text("utf-8"))]
    assert [path for path in readers if path not in allowed] == []


def test_no_template_marks_text_as_safe() -> None:
    templates = [path for path in TRACKED if path.suffix in {".html", ".jinja", ".xml"}]
    assert [
        path for path in templates if re.search(r"\|\s*safe\b|<style\b|\bstyle=|<script>", path.read_text("utf-8"))
    ] == []


def test_every_todo_comment_names_an_issue() -> None:
    code = [path for path in TRACKED if path.suffix in {".py", ".js", ".mjs", ".css", ".html"}]
    todo = re.compile(r"\b(TO[D]O|FIX[M]E)\b(?!\(#\d+\))")
    assert [path for path in code if todo.search(path.read_text("utf-8"))] == []
