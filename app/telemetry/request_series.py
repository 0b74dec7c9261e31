"""The series of the request histogram. Their number has a bound that no client can raise; docs/metrics.md explains it.

The Python client has no native histograms, so each label set costs a series for each bucket.
"""

from collections.abc import Iterable
from math import inf

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

# Cached pages take less than 5 ms, most others less than 100. The thresholds of the objectives are 0.25 and 1 s.
BOUNDS_S = (0.005, 0.025, 0.1, 0.25, 1, 5)


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


class _CountAndSum(Histogram):
    """A histogram whose only bucket is `+Inf`, which the library's constructor refuses."""

    def _prepare_buckets(self, source_buckets: object) -> None:  # noqa: ARG002
        self._upper_bounds = [inf]


class RequestDurations(Collector):
    """One histogram family. Server errors have only a count and a sum.

    Sums over all label sets are valid histograms in which an error is slower than any bound. With a part of the bounds
    for some label sets, a sum would decrease from one bound to the next.
    """

    def __init__(self, documentation: str, registry: CollectorRegistry) -> None:
        self._timed = Histogram(NAME, documentation, LABELS, buckets=BOUNDS_S, registry=None)
        self._failed = _CountAndSum(NAME, documentation, LABELS, registry=None)
        registry.register(self)

    def labels(self, method: str, route: str, status: str) -> Histogram:
        """The histogram of these requests."""
        values = labels_of(method, route, status)
        return (self._failed if values[2].startswith("5") else self._timed).labels(*values)

    def expect(self, routes: Iterable[str]) -> None:
        """Create the series of each route at 0. A series that starts at 1 has no increase: its first error is lost."""
        for route in routes:
            for status in ("200", "404", "500", "503"):
                self.labels("GET", route, status)
        for method in ("GET", "HEAD"):
            self.labels(method, OTHER_ROUTE, "5xx")

    def describe(self) -> Iterable[Metric]:
        """Called by the registry, which refuses a second family of this name."""
        return self._timed.describe()

    def collect(self) -> Iterable[Metric]:
        """The family, with the samples of both histograms."""
        (family,) = self._timed.collect()
        (failed,) = self._failed.collect()
        family.samples.extend(failed.samples)
        yield family
