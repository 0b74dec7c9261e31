"""Plain English: words of a private dialect do not come back. CONTRIBUTING.md lists the terms to write instead."""

import re
from pathlib import Path

import pytest

from tests.guards.repository import ROOT, tracked

FOLDERS = ("app", "bench", "demo", "deploy", "docs", "loadtest", "monitoring", "scripts", "tests")
TEXTS = ("CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "Makefile", "README.md", "gunicorn.conf.py", "pyproject.toml")
KINDS = {".py", ".md", ".html", ".js", ".mjs", ".css", ".yaml", ".yml", ".toml", ".svg", ".conf", ""}
DIALECT = re.compile(
    r"\b(told|anew|nobody|somebody|whoever|everybody else|behind the visitors|(is|are|was|were) away"
    r"|tak(e|es|en|ing) (\w+ )?in(?= |\.|,|$)(?! (a|the|an|one|of|order|this|that|its) ))\b",
    re.IGNORECASE,
)


def findings(path: Path) -> list[str]:
    """Lines of a file that use a word of the list."""
    lines = path.read_text("utf-8").splitlines()
    name = path.relative_to(ROOT)
    return [f"{name}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if DIALECT.search(line)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_free_of_dialect(folder: str) -> None:
    assert [
        line
        for path in tracked(folder, ":!tests/guards/test_language.py")
        if path.suffix in KINDS
        for line in findings(path)
    ] == []


def test_texts_at_the_top_are_free_of_dialect() -> None:
    assert [line for path in tracked(*TEXTS) for line in findings(path)] == []


@pytest.mark.parametrize("sentence", ["Nobody waits.", "told = 3", "MongoDB is away", "they are taken in", "made anew"])
def test_the_list_finds_what_it_names(sentence: str) -> None:
    assert DIALECT.search(sentence)
