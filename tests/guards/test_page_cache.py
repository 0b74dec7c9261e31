"""Every route declares whether its responses are cached; a cached response does not depend on the client."""

from contextlib import closing

import pytest
from flask import Flask
from werkzeug.test import create_environ

from app.cache.policy import NOT_CACHED, RULES
from app.http import probes
from app.http.expiry import VALID_UNTIL
from app.queries import clock

_EVIL = "evil.example"


def test_every_route_is_either_cached_or_listed_as_not_cached(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - probes.PATHS
    assert RULES.keys() | NOT_CACHED.keys() == routes
    assert RULES.keys() & NOT_CACHED.keys() == set()


@pytest.mark.parametrize("route", sorted(route for route, rule in RULES.items() if "<" not in route))
def test_only_responses_with_absolute_urls_contain_the_requested_host(app: Flask, route: str) -> None:
    text = app.test_client().get(route, headers={"Host": _EVIL}, buffered=True).text
    assert (_EVIL in text) <= RULES[route].absolute


@pytest.mark.parametrize("route", sorted(route for route in RULES if "<" not in route))
def test_a_view_that_reads_the_clock_sets_an_expiry_time(
    app: Flask, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_reads, now = [], clock.now
    monkeypatch.setattr(clock, "now", lambda: clock_reads.append(route) or now())  # type: ignore[func-returns-value]
    environ = create_environ(route)
    with closing(app.wsgi_app(environ, lambda *_: lambda _text: None)) as body:  # type: ignore[type-var]
        assert b"".join(body)
    # A lifetime of one second is short enough for every value that depends on the clock.
    assert not clock_reads or VALID_UNTIL in environ or RULES[route].max_age_s <= 1


def test_cache_arguments_of_strict_routes_are_documented_parameters(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json", buffered=True).json["paths"]
    documented = {
        path.replace("{", "<").replace("}", ">"): {p["name"] for p in methods["get"].get("parameters", ())}
        for path, methods in paths.items()
        if "get" in methods
    }
    unknown = {
        route: {*rule.arguments} - documented[route]
        for route, rule in RULES.items()
        if rule.strict and route in documented
    }
    assert {route: names for route, names in unknown.items() if names} == {}
