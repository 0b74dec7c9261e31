"""The lab's Prometheus: what a dashboard would ask it, asked."""

import contextlib
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.cluster.cluster import NAMESPACE, Failed, forwarded, read, until

# What Grafana would put in: the variables of the dashboards, and its own.
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
    """The address of Prometheus on this machine."""
    return forwarded("service/prometheus", 9090)


def dashboard_queries(folder: Path) -> list[str]:
    """Every query of every panel, with the variables filled in."""
    found = [query for file in sorted(folder.glob("*.json")) for query in _queries(json.loads(file.read_text()))]
    for name, value in VARIABLES.items():
        found = [query.replace(name, value) for query in found]
    return found


def empty(server: str, queries: list[str]) -> list[str]:
    """The queries that return nothing now. Raises Failed for one that Prometheus refuses."""
    return [query for query in queries if not ask(server, query)]


def still_empty(server: str, queries: list[str], patience_s: float) -> list[str]:
    """The queries that have returned nothing for so long; empty as soon as each has returned something."""
    with contextlib.suppress(Failed):
        until("data for every query", lambda: not empty(server, queries), patience_s, every_s=5)
    return empty(server, queries)


def ask(server: str, query: str) -> list[Any]:
    """The result of a query, now."""
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
