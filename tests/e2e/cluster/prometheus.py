"""Queries of the dashboards, sent to the Prometheus of the lab."""

import contextlib
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.cluster.cluster import NAMESPACE, Failed, forwarded, read, until

# The values that Grafana substitutes: the variables of the dashboards and its built-in ones.
VARIABLES = {
    "${service}": "halocline",
    "$service": "halocline",
    "$namespace": NAMESPACE,
    "$route": ".*",
    "$__rate_interval": "1m",
    "$__interval": "15s",
    "$__range": "1h",
}


def opened() -> contextlib.AbstractContextManager[str]:
    """The local URL of Prometheus."""
    return forwarded("service/prometheus", 9090)


def dashboard_queries(folder: Path) -> list[str]:
    """Return the queries of all panels with the variables substituted."""
    queries = [query for file in sorted(folder.glob("*.json")) for query in _queries(json.loads(file.read_text()))]
    for name, value in VARIABLES.items():
        queries = [query.replace(name, value) for query in queries]
    return queries


def empty(server: str, queries: list[str]) -> list[str]:
    """Return the queries without data now. Raises Failed for a query that Prometheus refuses."""
    return [query for query in queries if not result_of(server, query)]


def empty_after(server: str, queries: list[str], timeout_s: float) -> list[str]:
    """Wait until every query has data; return the queries without data after the timeout."""
    with contextlib.suppress(Failed):
        until("data for every query", lambda: not empty(server, queries), timeout_s, every_s=5)
    return empty(server, queries)


def result_of(server: str, query: str) -> list[Any]:
    """Return the result of a query now."""
    status, body = read(f"{server}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    if status != 200:
        raise Failed(f"{query}: {status} {body[:300]!r}")
    result: list[Any] = json.loads(body)["data"]["result"]
    return result


def _queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("expr"), str):
            yield node["expr"]
        for child in node.values():
            yield from _queries(child)
    elif isinstance(node, list):
        for child in node:
            yield from _queries(child)
