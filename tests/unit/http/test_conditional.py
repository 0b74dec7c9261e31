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
    # The jar of cookies would replace the header.
    return app.test_client(use_cookies=False)


def test_browsers_revalidate_an_answer_and_shared_caches_keep_it_for_a_second(client):
    answer = client.get("/totals")

    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=1"


@pytest.mark.parametrize("header", ["Authorization", "Cookie"])
def test_what_somebody_is_told_who_said_who_they_are_is_shared_with_nobody(header, client):
    assert client.get("/totals", headers={header: "somebody"}).headers["Cache-Control"] == "private, no-cache"


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
    answer = client.get("/data")

    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-cache"


def test_other_methods_and_errors_have_none(client):
    assert "ETag" not in client.post("/totals").headers
    assert "ETag" not in client.get("/gone").headers
