"""Every route of the API is documented and tested, and the documentation has no other route."""

import re

from flask import Flask

from tests.integration.api.paths import LISTS, PLAIN

# The OpenAPI document itself and the page that renders it.
UNDESCRIBED = {"/api/v1/openapi.json", "/api/v1/docs"}
# Endpoints that write, and their method. Each has tests of its own with bad requests.
WRITING = {("/api/v1/positions", "POST")}


def routes(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}


def test_the_openapi_document_describes_exactly_the_routes_of_the_api(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert set(described) == {re.sub(r"<(\w+)>", r"{\1}", rule) for rule in routes(app) - UNDESCRIBED}


def test_every_route_is_tested_with_bad_requests(app: Flask) -> None:
    addresses = app.url_map.bind("localhost")
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    tested = {rules[addresses.match(f"/api/v1{path}")[0]] for path in LISTS + PLAIN}
    assert tested == routes(app) - {route for route, _ in WRITING}


def test_only_the_listed_endpoints_write(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    assert {(rule.rule, method) for rule in rules for method in rule.methods - {"GET", "HEAD", "OPTIONS"}} == WRITING


def test_every_parameter_is_described(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    assert [p["name"] for operation in operations for p in operation["parameters"] if not p["description"]] == []
