"""Errors become problem documents under /api and pages elsewhere, and reveal no internals."""

import pytest
from flask import Flask, abort, redirect, request
from jinja2 import DictLoader
from pymongo.errors import NetworkTimeout, OperationFailure, ServerSelectionTimeoutError
from werkzeug.exceptions import HTTPException

from app.errors import Conflict, HaloclineError, Invalid, NotFound, Unavailable
from app.http import problems

RAISED = {
    "unknown": (NotFound("There is no mission sea077/17."), 404),
    "invalid": (Invalid("limit", "must be at most 200"), 400),
    "conflict": (Conflict("The mission has changed."), 409),
    "unavailable": (Unavailable("MongoDB"), 503),
    "ours": (HaloclineError("password=hunter2"), 500),
    "bug": (LookupError("password=hunter2"), 500),
    "mongodb-unreachable": (ServerSelectionTimeoutError("db-0.internal:27017 hunter2"), 503),
    "mongodb-late": (NetworkTimeout("db-0.internal:27017 hunter2"), 503),
    "mongodb-refuses": (OperationFailure("hunter2"), 500),
}


@pytest.fixture
def app():
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"error.html": "<h1>{{ status }} {{ title }}</h1><p>{{ detail }}</p>"})
    app.config["MAX_CONTENT_LENGTH"] = 10
    problems.install(app)

    def fail(kind):
        raise RAISED[kind][0]

    app.add_url_rule("/fail/<kind>", view_func=fail, endpoint="page")
    app.add_url_rule("/api/v1/fail/<kind>", view_func=fail, endpoint="api")
    app.add_url_rule("/api/v1/abort/<int:code>", view_func=abort, endpoint="abort")
    app.add_url_rule("/api/v1/moved", view_func=lambda: abort(redirect("/elsewhere")), endpoint="moved")
    app.add_url_rule("/api/v1/body", view_func=lambda: request.get_data(), methods=["POST"], endpoint="body")
    app.add_url_rule("/folder/", view_func=lambda: "", endpoint="folder")
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.mark.parametrize("kind", RAISED)
def test_an_api_error_is_a_problem(kind, client):
    answer = client.get(f"/api/v1/fail/{kind}")

    assert answer.status_code == answer.json["status"] == RAISED[kind][1]
    assert answer.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= set(answer.json)
    assert answer.json["instance"] == f"/api/v1/fail/{kind}"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", RAISED)
def test_outside_the_api_an_error_is_a_page(kind, client):
    answer = client.get(f"/fail/{kind}")

    assert answer.status_code == RAISED[kind][1]
    assert answer.content_type == "text/html; charset=utf-8"
    assert f"<h1>{RAISED[kind][1]} " in answer.text


@pytest.mark.parametrize("kind", RAISED)
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_no_error_reveals_internals(prefix, kind, client):
    text = client.get(f"{prefix}/fail/{kind}").text

    assert "hunter2" not in text
    assert "internal" not in text
    assert "Traceback" not in text


def test_an_invalid_request_names_the_field(client):
    answer = client.get("/api/v1/fail/invalid")

    assert answer.json["errors"] == [{"field": "limit", "problem": "must be at most 200"}]


@pytest.mark.parametrize("kind", ["unavailable", "mongodb-unreachable", "mongodb-late"])
def test_a_temporary_error_has_retry_after(kind, client):
    assert client.get(f"/api/v1/fail/{kind}").headers["Retry-After"] == "10"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429, 500, 501, 503])
def test_every_status_is_a_problem(status, client):
    answer = client.get(f"/api/v1/abort/{status}")

    assert (answer.status_code, answer.json["status"], answer.content_type) == (status, status, problems.MEDIA_TYPE)


def test_a_405_lists_the_allowed_methods(client):
    answer = client.delete("/api/v1/fail/bug")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_body_too_large_is_refused(client):
    assert client.post("/api/v1/body", data=b"x" * 11).status_code == 413


def test_redirects_are_not_errors(client):
    assert client.get("/folder").headers["Location"].endswith("/folder/")
    assert client.get("/api/v1/moved").headers["Location"] == "/elsewhere"


def test_an_error_page_that_fails_does_not_hide_the_error(app):
    app.jinja_loader = DictLoader({"error.html": "{{ 1 / missing.attribute }}"})
    answer = app.test_client().get("/fail/unknown")

    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")
    assert "There is no mission sea077/17." in answer.text


def test_text_from_a_request_is_escaped(client):
    assert client.get("/api/v1/%22%3E%3Cscript%3E").json["instance"] == "/api/v1/%22%3E%3Cscript%3E"


def test_every_error_of_the_framework_has_a_title():
    assert [kind for kind in HTTPException.__subclasses__() if kind.code and not problems._title(kind.code)] == []
