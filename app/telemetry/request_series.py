"""The series of the request histogram. Their number has a bound that no client can raise; docs/metrics.md explains it.

The Python client has no native histograms, so each label set costs a series for each bucket.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

NAME = "http_server_request_duration_seconds"
LABELS = ("http_request_method", "http_route", "http_response_status_code")

UNMATCHED = "__unmatched__"
# Stands for every route where the route would add nothing: methods besides GET, and rare statuses.
OTHER_ROUTE = "__other__"
OTHER_METHOD = "_OTHER"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The portal only reads: requests with other methods are mistakes of clients.
_COUNTED_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})

# For successful pages. Both lists include the thresholds of the objectives, 0.25 and 1 s.
FINE_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10)
# For all others: what the event loop answers from memory takes less than 25 ms. Each bound is also a fine one, so that
# sums over both kinds are valid histograms.
COARSE_S = (0.025, 0.25, 1)


def method_label(method: str) -> str:
    """The method if it is a standard one, else `_OTHER`: clients can invent any number of methods."""
    return method if method in METHODS else OTHER_METHOD


def labels_of(method: str, route: str, status: str) -> tuple[str, str, str]:
    """The values of the three labels under which a request counts.

    A route has series of its own for GET with 200, 304, 500, 503, other client errors as `4xx`, and, if its path has a
    parameter, 404. Other requests count by method and class of status (`3xx`) under one route for all.
    """
    if method == "GET":
        if status in {"200", "304", "500", "503"} or (status == "404" and _has_parameter(route)):
            return method, route, status
        if status.startswith("4"):
            return method, route, "4xx"
    return method if method in _COUNTED_METHODS else OTHER_METHOD, OTHER_ROUTE, f"{status[:1]}xx"


def _has_parameter(route: str) -> bool:
    return "<" in route or route == UNMATCHED


class RequestDurations(Collector):
    """One histogram family with two lists of bounds: `FINE_S` for GET with 200, `COARSE_S` for all others."""

    def __init__(self, documentation: str, registry: CollectorRegistry) -> None:
        self._fine = Histogram(NAME, documentation, LABELS, buckets=FINE_S, registry=None)
        self._coarse = Histogram(NAME, documentation, LABELS, buckets=COARSE_S, registry=None)
        registry.register(self)

    def labels(self, method: str, route: str, status: str) -> Histogram:
        """The histogram of these requests."""
        values = labels_of(method, route, status)
        histogram = self._fine if values[0] == "GET" and values[2] == "200" else self._coarse
        return histogram.labels(*values)

    def expect(self, routes: Iterable[str]) -> None:
        """Create the series of each route at 0. A series that starts at 1 has no increase: its first error is lost."""
        for route in routes:
            for status in ("200", "404", "500", "503"):
                self.labels("GET", route, status)
        for method in ("GET", "HEAD"):
            self.labels(method, OTHER_ROUTE, "5xx")

    def describe(self) -> Iterable[Metric]:
        """Called by the registry, which refuses a second family of this name."""
        return self._fine.describe()

    def collect(self) -> Iterable[Metric]:
        """The family, with the samples of both histograms."""
        (family,) = self._fine.collect()
        (others,) = self._coarse.collect()
        family.samples.extend(others.samples)
        yield family
