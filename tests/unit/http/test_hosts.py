"""Requests for hosts that the portal does not serve, and redirects that do not follow the host of a request."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from pydantic import HttpUrl

from app import create_app
from app.config import SettingsError, load, load_web
from app.http import probes

Call = Callable[..., tuple[str, dict[str, str], bytes]]
INVALID = ["", "a b", "[::1", "[::g]", "halocline:99999", "halocline:port", "ä.example", "@", "a..b"]
INVALID += ["-a.example", "a,b", "a/b", "user@a", "http://a", "x" * 300, "a.example.."]
VALID = [
    "ocean.example",
    "OCEAN.example.",
    "ocean.example:8443",
    "localhost",
    "a_b",
    "127.0.0.1:8000",
    "[2001:db8::1]:80",
]


@pytest.fixture
def production() -> Flask:
    """A portal with a public address; MongoDB and Redis are unreachable."""
    settings = load(
        HALOCLINE_ENVIRONMENT="production",
        HALOCLINE_PUBLIC_URL="https://Ocean.example:8443/",
        HALOCLINE_ALLOWED_HOSTS="web, [2001:DB8::1]",
        mongodb_uri="mongodb://127.0.0.1:9",
        mongodb_timeout_ms=50,
        redis_url="redis://127.0.0.1:9/0",
    )
    return create_app(settings)


@pytest.mark.parametrize("host", INVALID)
@pytest.mark.parametrize("path", ["/data", "/api/v1/docs", "/static/nothing"])
def test_a_host_that_is_no_name_gets_400(host: str, path: str, portal: Flask, call: Call) -> None:
    status, headers, body = call(portal, path, HTTP_HOST=host)

    assert status == "400 Bad Request"
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Cache-Control"] == "no-store"
    assert "X-Content-Type-Options" in headers
    assert json.loads(body)["instance"] == path
    assert not host or host not in f"{headers}{body!r}".replace(path, "")


@pytest.mark.parametrize("host", VALID)
def test_any_valid_host_is_served_outside_production(host: str, portal: Flask, call: Call) -> None:
    assert call(portal, "/api/v1/docs", HTTP_HOST=host)[0] == "200 OK"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("ocean.example", 200),
        ("Ocean.Example:443", 200),
        ("web:8000", 200),
        ("[2001:db8::1]:8000", 200),
        ("evil.example", 400),
        ("ocean.example.evil.example", 400),
        ("10.1.2.3:8000", 400),
        ("127.0.0.1", 400),
    ],
)
def test_production_serves_its_public_host_and_the_allowed_ones(
    host: str, status: int, production: Flask, call: Call
) -> None:
    answer = call(production, "/api/v1/docs", HTTP_HOST=host)

    assert int(answer[0][:3]) == status
    assert "evil" not in str(answer)


@pytest.mark.parametrize("path", sorted(probes.PATHS))
def test_probes_are_answered_for_the_address_of_a_pod(path: str, production: Flask, call: Call) -> None:
    assert call(production, path, HTTP_HOST="10.1.2.3:8000")[0][:3] in {"200", "503"}


def hostless(app: Any) -> Any:
    """The application as it is called for a request without a Host header."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        return app({name: value for name, value in environ.items() if name != "HTTP_HOST"}, start_response)

    return call


@pytest.mark.parametrize(
    ("path", "protocol", "status"),
    [
        ("/api/v1/docs", "HTTP/1.1", "400"),
        ("/livez", "HTTP/1.1", "400"),
        ("/api/v1/docs", "HTTP/1.0", "200"),
        ("/livez", "HTTP/1.0", "200"),
    ],
)
def test_http_1_1_requires_a_host(path: str, protocol: str, status: str, portal: Flask, call: Call) -> None:
    assert call(hostless(portal), path, SERVER_PROTOCOL=protocol)[0][:3] == status


def test_production_requires_a_host_of_http_1_0_too(production: Flask, call: Call) -> None:
    answers = [call(hostless(production), path, SERVER_PROTOCOL="HTTP/1.0")[0][:3] for path in ("/data", "/livez")]
    assert answers == ["400", "200"]


@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/missions//sea/x", "", "/missions/sea/x"),
        ("//missions//sea/x", "", "/missions/sea/x"),
        ("/api//v1/docs", "a=b", "/api/v1/docs?a=b"),
    ],
)
def test_a_redirect_names_no_host(path: str, query: str, location: str, portal: Flask, call: Call) -> None:
    status, headers, body = call(portal, "/", PATH_INFO=path, QUERY_STRING=query, HTTP_HOST="forged.example")

    assert (status[:3], headers["Location"], body) == ("308", location, b"")
    assert "forged" not in str(headers)


def test_a_web_process_requires_a_public_url_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"^HALOCLINE_PUBLIC_URL: is required in production"):
        load_web()
    monkeypatch.setenv("HALOCLINE_PUBLIC_URL", "https://ocean.example")
    assert load_web().served_hosts == {"ocean.example"}
    monkeypatch.delenv("HALOCLINE_PUBLIC_URL")
    monkeypatch.setenv("HALOCLINE_ENVIRONMENT", "lab")
    assert load_web().served_hosts is None


def test_allowed_hosts_apply_in_every_environment() -> None:
    settings = load(HALOCLINE_ENVIRONMENT="lab", HALOCLINE_ALLOWED_HOSTS="A.example,b.example")
    with_public_url = settings.model_copy(update={"public_url": HttpUrl("https://c.example")})

    assert settings.served_hosts == {"a.example", "b.example"}
    assert with_public_url.served_hosts == {"a.example", "b.example", "c.example"}
