"""Queries of the dashboards against the lab's Prometheus."""

import contextlib
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.cluster.cluster import NAMESPACE, Failed, forwarded, read, until

# Values that Grafana would insert: the variables of the dashboards, and its built-in ones.
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
    """Every query of every panel, with values for the variables."""
    queries = [query for file in sorted(folder.glob("*.json")) for query in _queries(json.loads(file.read_text()))]
    for name, value in VARIABLES.items():
        queries = [query.replace(name, value) for query in queries]
    return queries


def without_data(server: str, queries: list[str]) -> list[str]:
    """The queries without data now. Raises Failed for one that Prometheus refuses."""
    return [query for query in queries if not result(server, query)]


def still_without_data(server: str, queries: list[str], timeout_s: float) -> list[str]:
    """The queries without data after `timeout_s`; returns earlier once all have data."""
    with contextlib.suppress(Failed):
        until("data for every query", lambda: not without_data(server, queries), timeout_s, every_s=5)
    return without_data(server, queries)


def result(server: str, query: str) -> list[Any]:
    """The current result of a query. Raises Failed if Prometheus refuses it."""
    status, body = read(f"{server}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    if status != 200:
        raise Failed(f"{query}: {status} {body[:300]!r}")
    series: list[Any] = json.loads(body)["data"]["result"]
    return series


def _queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("expr"), str):
            yield node["expr"]
        for child in node.values():
            yield from _queries(child)
    elif isinstance(node, list):
        for child in node:
            yield from _queries(child)
