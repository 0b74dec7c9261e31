"""Every example in docs/api.md is run against the demo missions and gives what stands there."""

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
# An example is a block of what is asked and, after it, a block of what comes back.
EXAMPLES = re.findall(r"```(sh|python)\n(.*?)```\n\n```(json|csv|text)\n(.*?)```", PAGE, flags=re.DOTALL)
PYTHONS = [(asked, answer) for kind, asked, _, answer in EXAMPLES if kind == "python"]
CURLS = [(asked, answer) for kind, asked, form, answer in EXAMPLES if (kind, form) == ("sh", "json")]
TABLES = [(asked, answer) for kind, asked, form, answer in EXAMPLES if (kind, form) == ("sh", "csv")]


@pytest.fixture
def visitor(demo: Flask) -> Iterator[FlaskClient]:
    """A visitor of a portal that holds the demo missions."""
    with demo.test_client() as client:
        yield client


def answered(visitor: FlaskClient, asked: str) -> Any:
    command, url = shlex.split(asked)
    assert command == "curl"
    return visitor.get(url.removeprefix(HOST), buffered=True)


def shown(told: Any, actual: Any) -> Any:
    """What `told` shows of `actual`: the named members, the first items, numbers to the digits given, `…` as it is."""
    if isinstance(told, dict) and isinstance(actual, dict):
        return {name: shown(value, actual.get(name)) for name, value in told.items()}
    if isinstance(told, list) and isinstance(actual, list):
        return [shown(value, other) for value, other in zip(told, actual, strict=False)]
    if isinstance(told, float) and isinstance(actual, float):
        return round(actual, len(repr(told).partition(".")[2]))
    return told if told == "…" else actual


@pytest.mark.parametrize(("asked", "answer"), CURLS, ids=lambda text: text.splitlines()[0][-60:])
def test_a_json_example_gives_what_it_shows(visitor: FlaskClient, asked: str, answer: str) -> None:
    told = orjson.loads(answer)
    assert shown(told, answered(visitor, asked).json) == told


@pytest.mark.parametrize(("asked", "answer"), TABLES, ids=lambda text: text.splitlines()[0][-60:])
def test_a_csv_example_gives_what_it_shows(visitor: FlaskClient, asked: str, answer: str) -> None:
    assert answered(visitor, asked).text.splitlines()[:2] == answer.splitlines()


@pytest.mark.parametrize(("asked", "answer"), PYTHONS, ids=lambda text: text.splitlines()[0][-40:])
def test_a_python_example_prints_what_it_shows(address: str, asked: str, answer: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", asked.replace(HOST, address)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ran.stdout, ran.stderr) == (answer, "")


def test_every_block_of_the_page_belongs_to_an_example() -> None:
    assert len(re.findall(r"^```\w+$", PAGE, flags=re.MULTILINE)) == 2 * len(EXAMPLES)


def test_the_page_lists_the_routes_and_no_others(app: Flask) -> None:
    listed = re.findall(r"^\| `(/[^`]*)` \|", PAGE, flags=re.MULTILINE)
    described = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert {re.sub(r"<(\w+)>", r"{\1}", f"/api/v1{path}") for path in listed} == set(described)


def test_the_page_lists_the_filters_and_no_others(app: Flask) -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \|", PAGE, flags=re.MULTILINE)
    parameters = app.test_client().get("/api/v1/openapi.json").json["paths"]["/api/v1/missions"]["get"]["parameters"]
    assert {*listed, "sort", "limit", "cursor"} == {parameter["name"] for parameter in parameters}
