"""Queries against the lab's Prometheus."""

import contextlib
import json
import urllib.parse
from typing import Any

from tests.e2e.cluster.cluster import Failed, forwarded, read, until


def opened() -> contextlib.AbstractContextManager[str]:
    """The local URL of Prometheus."""
    return forwarded("service/prometheus", 9090)


def without_data(server: str, queries: list[str]) -> list[str]:
    """The queries without data now. Raises Failed for one that Prometheus refuses."""
    return [query for query in queries if not result(server, query)]


def still_without_data(server: str, queries: list[str], timeout_s: float) -> list[str]:
    """The queries without data after `timeout_s`; returns earlier once all have had data."""
    missing = list(queries)

    def all_have_data() -> bool:
        missing[:] = without_data(server, missing)
        return not missing

    with contextlib.suppress(Failed):
        until("data for every query", all_have_data, timeout_s, every_s=5)
    return missing


def result(server: str, query: str) -> list[Any]:
    """The current result of a query; empty if Prometheus does not respond in time. Raises Failed if it refuses it."""
    status, body = read(f"{server}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    if status == 0:
        return []
    if status != 200:
        raise Failed(f"{query}: {status} {body[:300]!r}")
    series: list[Any] = json.loads(body)["data"]["result"]
    return series
