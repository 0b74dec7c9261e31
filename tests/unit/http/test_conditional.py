"""ETags, 304 and Cache-Control of responses from Flask."""

import pytest
from flask import Flask, Response

from app.http import conditional, credentials


@pytest.fixture
def client():
    app = Flask(__name__)
    conditional.install(app)
    app.add_url_rule("/totals", view_func=lambda: {"profiles": 143}, endpoint="totals", methods=["GET", "POST"])
    app.add_url_rule("/data", view_func=lambda: Response(iter(["a,b\n"]), mimetype="text/csv"), endpoint="data")
    app.add_url_rule("/gone", view_func=lambda: ("gone", 410), endpoint="gone")
    # The cookie jar of the client would replace the header.
    return app.test_client(use_cookies=False)


def test_browsers_revalidate_each_time_and_shared_caches_after_a_second(client):
    response = client.get("/totals")

    assert response.headers["ETag"].startswith('"')
    assert response.headers["Cache-Control"] == "public, max-age=0, s-maxage=1, stale-if-error=86400"


@pytest.mark.parametrize("headers", [{"Authorization": "secret"}, {"Cookie": "theme=dark; session=secret"}])
def test_the_response_to_an_authenticated_request_is_private(headers, client, monkeypatch):
    monkeypatch.setattr(credentials, "PERSONAL_COOKIES", frozenset({"session"}))
    assert client.get("/totals", headers=headers).headers["Cache-Control"] == "private, no-cache"


def test_the_response_to_a_request_with_other_cookies_is_public(client):
    assert client.get("/totals", headers={"Cookie": "_ga=1"}).headers["Cache-Control"].startswith("public")


def test_a_matching_etag_gets_304(client):
    etag = client.get("/totals").headers["ETag"]
    response = client.get("/totals", headers={"If-None-Match": f'"other", W/{etag}'})

    assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", etag)


def test_head_has_the_etag_of_get(client):
    assert client.head("/totals").headers["ETag"] == client.get("/totals").headers["ETag"]


@pytest.mark.parametrize("header", ["nonsense", '"', "W/", ",,,", "\x7f", "*" * 5000])
def test_a_malformed_condition_is_ignored(header, client):
    assert client.get("/totals", headers={"If-None-Match": header}).status_code == 200


def test_a_streamed_response_has_no_etag(client):
    response = client.get("/data")

    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-cache"


def test_other_methods_and_errors_have_no_etag(client):
    assert "ETag" not in client.post("/totals").headers
    assert "ETag" not in client.get("/gone").headers
