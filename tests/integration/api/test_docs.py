"""Every example in docs/api.md, run against the demo missions, gives the documented output."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"
# An example is a block with a request, followed by a block with its output.
EXAMPLES = re.findall(r"```(sh|python)\n(.*?)```\n\n```(json|csv|text)\n(.*?)```", PAGE, flags=re.DOTALL)
# The example that writes is run by tests/integration/positions/test_documented.py.
PYTHONS = [(request, output) for kind, request, _, output in EXAMPLES if kind == "python" and "webhook" not in request]
CURLS = [(request, output) for kind, request, form, output in EXAMPLES if (kind, form) == ("sh", "json")]
TABLES = [(request, output) for kind, request, form, output in EXAMPLES if (kind, form) == ("sh", "csv")]


@pytest.fixture
def visitor(demo: Flask) -> Iterator[FlaskClient]:
    """A client of a portal with the demo missions."""
    with demo.test_client() as client:
        yield client


def response_to(visitor: FlaskClient, command_line: str) -> Any:
    command, url = shlex.split(command_line)
    assert command == "curl"
    return visitor.get(url.removeprefix(HOST), buffered=True)


def shown(documented: Any, actual: Any) -> Any:
    """The part of `actual` that `documented` shows: its members, its first items, numbers to its digits; `…` is all."""
    if isinstance(documented, dict) and isinstance(actual, dict):
        return {name: shown(value, actual.get(name)) for name, value in documented.items()}
    if isinstance(documented, list) and isinstance(actual, list):
        return [shown(value, other) for value, other in zip(documented, actual, strict=False)]
    if isinstance(documented, float) and isinstance(actual, float):
        return round(actual, len(repr(documented).partition(".")[2]))
    return documented if documented == "…" else actual


@pytest.mark.parametrize(("request_text", "output"), CURLS, ids=lambda text: text.splitlines()[0][-60:])
def test_a_json_example_gives_the_documented_output(visitor: FlaskClient, request_text: str, output: str) -> None:
    documented = orjson.loads(output)
    assert shown(documented, response_to(visitor, request_text).json) == documented


@pytest.mark.parametrize(("request_text", "output"), TABLES, ids=lambda text: text.splitlines()[0][-60:])
def test_a_csv_example_gives_the_documented_output(visitor: FlaskClient, request_text: str, output: str) -> None:
    assert response_to(visitor, request_text).text.splitlines()[:2] == output.splitlines()


@pytest.mark.parametrize(("request_text", "output"), PYTHONS, ids=lambda text: text.splitlines()[0][-40:])
def test_a_python_example_prints_the_documented_output(address: str, request_text: str, output: str) -> None:
    completed = subprocess.run(
        [sys.executable, "-c", request_text.replace(HOST, address)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (completed.stdout, completed.stderr) == (output, "")


def test_every_code_block_belongs_to_an_example() -> None:
    assert len(re.findall(r"^```\w+$", PAGE, flags=re.MULTILINE)) == 2 * len(EXAMPLES)


def test_the_page_lists_exactly_the_routes(app: Flask) -> None:
    listed = re.findall(r"^\| `(/[^`]*)` \|", PAGE, flags=re.MULTILINE)
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert {re.sub(r"<(\w+)>", r"{\1}", f"/api/v1{path}") for path in listed} == set(paths)


def test_the_page_lists_exactly_the_filters(app: Flask) -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \|", PAGE, flags=re.MULTILINE)
    parameters = app.test_client().get("/api/v1/openapi.json").json["paths"]["/api/v1/missions"]["get"]["parameters"]
    assert {*listed, "sort", "limit", "cursor"} == {parameter["name"] for parameter in parameters}
