"""Limits that keep every file readable: lines of modules, functions and templates, and no import cycle."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.guards.repository import ROOT, tracked

MOST_MODULE_LINES, MOST_TEST_LINES, MOST_FUNCTION_LINES, MOST_TEMPLATE_COLUMNS = 300, 400, 60, 120
PACKAGES = ("app", "bench", "loadtest", "monitoring")


def too_long(most_lines: int, *patterns: str) -> list[str]:
    """Files with more lines than allowed, with their line counts."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in tracked(*patterns)}
    return [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > most_lines]


def long_functions(path: Path) -> Iterator[str]:
    """Functions of a module that are longer than allowed, decorators and docstring included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = (node.end_lineno or first) - first + 1
            if lines > MOST_FUNCTION_LINES:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines"


def test_modules_have_at_most_300_lines() -> None:
    assert too_long(MOST_MODULE_LINES, *(f"{package}/**.py" for package in PACKAGES), "gunicorn.conf.py") == []


def test_test_modules_have_at_most_400_lines() -> None:
    assert too_long(MOST_TEST_LINES, "tests/**.py") == []


def test_functions_have_at_most_60_lines() -> None:
    modules = tracked(*(f"{package}/**.py" for package in PACKAGES), "gunicorn.conf.py")
    assert [line for path in modules for line in long_functions(path)] == []


def test_template_lines_have_at_most_120_columns() -> None:
    wide = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)} columns"
        for path in tracked("app/templates/**")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > MOST_TEMPLATE_COLUMNS
    ]
    assert wide == []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_have_no_cycle(package: str) -> None:
    graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # `static_order` raises CycleError, whose message names the modules of the cycle.
    assert len(list(TopologicalSorter(imports).static_order())) == len(graph.modules)
