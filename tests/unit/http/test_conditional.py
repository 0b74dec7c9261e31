"""A client that has the answer already gets 304."""

import pytest
from flask import Flask, Response

from app.http import conditional


@pytest.fixture
def client():
    app = Flask(__name__)
    conditional.install(app)
    app.add_url_rule("/totals", view_func=lambda: {"profiles": 143}, endpoint="totals", methods=["GET", "POST"])
    app.add_url_rule("/data", view_func=lambda: Response(iter(["a,b\n"]), mimetype="text/csv"), endpoint="data")
    app.add_url_rule("/gone", view_func=lambda: ("gone", 410), endpoint="gone")
    return app.test_client()


def test_an_answer_has_a_strong_etag_and_is_to_be_revalidated(client):
    answer = client.get("/totals")

    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_same_content_is_not_sent_twice(client):
    etag = client.get("/totals").headers["ETag"]
    answer = client.get("/totals", headers={"If-None-Match": f'"other", W/{etag}'})

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)


def test_head_tells_the_etag_of_get(client):
    assert client.head("/totals").headers["ETag"] == client.get("/totals").headers["ETag"]


@pytest.mark.parametrize("header", ["nonsense", '"', "W/", ",,,", "\x7f", "*" * 5000])
def test_a_malformed_condition_is_no_condition(header, client):
    assert client.get("/totals", headers={"If-None-Match": header}).status_code == 200


def test_a_streamed_answer_is_not_read_to_make_an_etag(client):
    assert "ETag" not in client.get("/data").headers


def test_other_methods_and_errors_have_none(client):
    assert "ETag" not in client.post("/totals").headers
    assert "ETag" not in client.get("/gone").headers
