"""Every example in docs/api.md is run against the demo missions and gives what stands there."""

import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.serving import make_server

from app import config
from app.ingest import context, importer
from app.ingest.interpret import identity

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"
# An example is a block of what is asked and, after it, a block of what comes back.
EXAMPLES = re.findall(r"```(sh|python)\n(.*?)```\n\n```(json|csv|text)\n(.*?)```", PAGE, flags=re.DOTALL)
PYTHONS = [(asked, answer) for kind, asked, _, answer in EXAMPLES if kind == "python"]
CURLS = [(asked, answer) for kind, asked, form, answer in EXAMPLES if (kind, form) == ("sh", "json")]
TABLES = [(asked, answer) for kind, asked, form, answer in EXAMPLES if (kind, form) == ("sh", "csv")]


@pytest.fixture
def demo(client: FlaskClient, settings: config.Settings, db: Database[Any]) -> FlaskClient:
    """A visitor of a portal that holds the demo missions."""
    tools = context.import_context(settings, identity.options(None, None, None))
    assert {report.outcome for report in importer.real(sorted((ROOT / "demo").glob("*.nc")), tools)} == {"stored"}
    return client


@pytest.fixture
def address(app: Flask, demo: FlaskClient) -> Iterator[str]:
    """Where the demo missions are served over real HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def answered(demo: FlaskClient, asked: str) -> Any:
    command, url = shlex.split(asked)
    assert command == "curl"
    return demo.get(url.removeprefix(HOST), buffered=True)


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
def test_a_json_example_gives_what_it_shows(demo: FlaskClient, asked: str, answer: str) -> None:
    told = orjson.loads(answer)
    assert shown(told, answered(demo, asked).json) == told


@pytest.mark.parametrize(("asked", "answer"), TABLES, ids=lambda text: text.splitlines()[0][-60:])
def test_a_csv_example_gives_what_it_shows(demo: FlaskClient, asked: str, answer: str) -> None:
    assert answered(demo, asked).text.splitlines()[:2] == answer.splitlines()


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
