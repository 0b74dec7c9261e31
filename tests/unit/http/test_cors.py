"""Scripts of other sites may read the API, without credentials; other paths stay closed to them."""

import pytest

from app.telemetry import request_series

EXPOSED = {"ETag", "Link", "Retry-After"}
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


def preflight(path: str = "/api/v1/missions") -> dict[str, str]:
    return {
        "PATH_INFO": path,
        "REQUEST_METHOD": "OPTIONS",
        "HTTP_ORIGIN": "https://example.org",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "if-none-match",
    }


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/api/v1/nothing", "/api/v1/missions?limit=x"])
def test_every_response_of_the_api_is_readable_for_scripts_of_any_site(path, portal, call):
    _, headers, _ = call(portal, path, HTTP_ORIGIN="https://example.org")

    assert headers[ALLOW_ORIGIN] == "*"
    assert set(headers["Access-Control-Expose-Headers"].split(", ")) >= EXPOSED
    assert "Access-Control-Allow-Credentials" not in headers


def test_a_304_is_readable_too(portal, call):
    _, first, _ = call(portal, "/api/v1/openapi.json")
    status, headers, _ = call(portal, "/api/v1/openapi.json", HTTP_IF_NONE_MATCH=first["ETag"])

    assert (status, headers[ALLOW_ORIGIN]) == ("304 NOT MODIFIED", "*")


@pytest.mark.parametrize("path", ["/", "/livez", "/static/nothing.js", "/nothing"])
def test_other_paths_are_closed_to_scripts_of_other_sites(path, portal, call):
    _, headers, _ = call(portal, path, HTTP_ORIGIN="https://example.org")
    assert ALLOW_ORIGIN not in headers


def test_a_response_to_credentials_is_closed_to_scripts_of_other_sites(portal, call):
    _, headers, _ = call(portal, "/api/v1/openapi.json", HTTP_AUTHORIZATION="Bearer x")
    assert ALLOW_ORIGIN not in headers


def test_a_preflight_is_answered_without_a_route(portal, call, counted):
    status, headers, body = call(portal, **preflight())

    assert (status, body) == ("204 No Content", b"")
    assert headers[ALLOW_ORIGIN] == "*"
    assert set(headers["Access-Control-Allow-Methods"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "If-None-Match" in headers["Access-Control-Allow-Headers"]
    assert "Authorization" not in headers["Access-Control-Allow-Headers"]
    assert int(headers["Access-Control-Max-Age"]) >= 3600
    assert counted("OPTIONS", request_series.UNMATCHED, 204) == 1


def test_a_preflight_of_a_page_is_not_allowed(portal, call):
    _, headers, _ = call(portal, **preflight("/livez"))
    assert ALLOW_ORIGIN not in headers
    assert "Access-Control-Allow-Methods" not in headers
