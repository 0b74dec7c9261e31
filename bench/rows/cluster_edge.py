"""The edge cache in the cluster, compared with a static file, its load on the web pods, and the loss of all of them."""

import time
from collections.abc import Iterator
from functools import partial

from bench import cluster
from bench.cluster import Cluster
from bench.load import wrk
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios
from tests.e2e.cluster import outage

# Traefik, nginx and wrk share the machine: enough to keep them busy.
_CONNECTIONS = 32
# A page is requested again every second or two: fewer seconds would measure the rounding.
_ORIGIN_S = 20.0
_OUTAGE_S = 600.0


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `cluster_edge`, `cluster_origin` and `cluster_outage`."""
    with cluster.opened() as opened:
        pages = (cluster.BROWSER, cluster.STATIC)
        for headers in pages:
            wrk(opened.port, "/", 2, _CONNECTIONS, headers)
        rates = [partial(_requests_per_s, opened.port, bench.seconds, headers) for headers in pages]
        pairs = interleaved(rates, bench.rounds)
        about = {"requests_per_s": [round(sorted(values)[len(values) // 2]) for values in zip(*pairs, strict=True)]}
        yield Measured("cluster_edge", tuple(ratios(pairs)), about)
        yield Measured("cluster_origin", tuple(_origin_rate(opened) for _ in range(max(bench.rounds // 5, 1))))
        lost = outage.of_web_pods(opened.lab, partial(time.sleep, _OUTAGE_S))
        if lost.not_stored != 503:
            raise RuntimeError("a page that is not stored was served: there was no outage")
        yield Measured("cluster_outage", (float(lost.failed.total()),), {"requests": lost.requests})


def _requests_per_s(port: int, seconds: float, headers: dict[str, str]) -> float:
    return wrk(port, "/", seconds, _CONNECTIONS, headers).requests_per_s


def _origin_rate(opened: Cluster) -> float:
    """Requests a second for the landing page that the web pods get from each edge pod while visitors request it."""
    before = opened.requests("/")
    wrk(opened.port, "/", _ORIGIN_S, _CONNECTIONS, cluster.BROWSER)
    return (opened.requests("/") - before) / _ORIGIN_S / cluster.edge_pods()
