"""Requests of scripts and frames of other sites are served from the page cache, like all others."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from pymongo.database import Database
from werkzeug.test import Client, TestResponse

from app import config, create_app, extensions, portal

MISSIONS = "/api/v1/missions"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}


@pytest.fixture
def cached(settings: config.Settings, db: Database[dict[str, Any]]) -> Iterator[Flask]:
    """A portal with a page cache and one request to the API a minute that is not cached."""
    app = create_app(settings.model_copy(update={"page_cache_bytes": 1 << 20, "api_per_min": 1}))
    portal.of(app).page_cache.poll_change_log()
    yield app
    extensions.redis.close()


@pytest.fixture
def request_of(cached: Flask) -> Callable[..., TestResponse]:
    """A function that sends a request of a script of a site through all layers."""
    client = Client(cached.wsgi_app, use_cookies=False)
    return lambda path, site="https://a.example", method="GET", **headers: client.open(
        path,
        method=method,
        headers={"Origin": site, **{name.replace("_", "-"): each for name, each in headers.items()}},
    )


def test_all_sites_share_one_cached_response_of_the_api(request_of: Callable[..., TestResponse]) -> None:
    answers = [request_of(MISSIONS, f"https://{site}.example") for site in "abc"]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers["Access-Control-Allow-Origin"] for answer in answers] == ["*"] * 3
    # The second response that is not cached is beyond the limit, and the script can read when to try again.
    refused = request_of("/api/v1/platforms")
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (429, "*")
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]


def test_a_script_revalidates_a_cached_response(request_of: Callable[..., TestResponse]) -> None:
    etag = request_of(MISSIONS).headers["ETag"]
    answer = request_of(MISSIONS, If_None_Match=etag)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (304, "*")


def test_preflights_count_in_no_limit(request_of: Callable[..., TestResponse]) -> None:
    answers = [request_of(MISSIONS, method="OPTIONS", **PREFLIGHT) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [204] * 5
    assert request_of(MISSIONS).status_code == 200


def test_a_page_and_its_form_for_frames_are_cached_apart(request_of: Callable[..., TestResponse]) -> None:
    answers = [request_of(path) for path in ("/map", "/map?embed=1", "/map", "/map?embed=1")]
    frames = [answer.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2] for answer in answers]
    assert frames == ["'none'", "*", "'none'", "*"]
    assert ["<footer" in answer.text for answer in answers] == [True, False, True, False]
