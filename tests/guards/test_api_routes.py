"""Every route of the API is documented and tested, and the documentation has no other route."""

import re

from flask import Flask
from werkzeug.routing import MapAdapter

from tests.integration.api.paths import KEYED, LISTS, PLAIN

# The OpenAPI document itself and the page that renders it.
UNDESCRIBED = {"/api/v1/openapi.json", "/api/v1/docs"}
# Its requests have a signature. tests/integration/positions has bad ones.
SIGNED = {"/api/v1/positions"}


def routes(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}


def test_the_openapi_document_describes_exactly_the_routes_of_the_api(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert set(described) == {re.sub(r"<(\w+)>", r"{\1}", rule) for rule in routes(app) - UNDESCRIBED}


def test_every_route_is_tested_with_bad_requests(app: Flask) -> None:
    addresses = app.url_map.bind("localhost")
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    paths = [(path, "GET") for path in LISTS + PLAIN] + [(path, None) for path in KEYED]
    tested = {rules[_endpoint(addresses, f"/api/v1{path}", method)] for path, method in paths}
    assert tested == routes(app) - SIGNED


def _endpoint(addresses: MapAdapter, path: str, method: str | None) -> str:
    named = method or ("GET" if "GET" in addresses.allowed_methods(path) else "POST")
    endpoint: str = addresses.match(path, method=named)[0]
    return endpoint


def test_only_routes_with_a_key_or_a_signature_allow_other_methods_than_those_that_read(app: Flask) -> None:
    read = {"GET", "HEAD", "OPTIONS"}
    writing = {rule.rule for rule in app.url_map.iter_rules() if (rule.methods or set()) - read}
    assert {rule for rule in writing if not rule.startswith("/api/v1/imports")} == SIGNED


def test_every_route_that_writes_needs_a_key(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    operations = {f"{method} {path}": each for path, of in paths.items() for method, each in of.items()}
    open_to_all = {name for name, each in operations.items() if not name.startswith("get ") and "security" not in each}
    assert open_to_all == {f"post {route}" for route in SIGNED}


def test_every_parameter_is_described(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    assert [p["name"] for operation in operations for p in operation["parameters"] if not p["description"]] == []
