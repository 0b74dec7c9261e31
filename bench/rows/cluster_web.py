"""The web pods behind the ingress, without the edge cache: CPU time of hits, and cached pages under overload."""

import http.client
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bench import cluster
from bench.cluster import Cluster
from bench.load import wrk
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios

_CONNECTIONS = 16
# Long against the interval of cAdvisor's samples, between which pods only poll.
_CPU_LOAD_S = 15.0
# As many clients as hammered it when cached pages were shed.
_HAMMERING, _UNCACHED = 200, "/search?q=seed"
_CACHED = ("/", "/missions")
_VISITORS = 4
_VISIT_S = 15.0
# A visitor reads for longer; short enough for thousands of requests in a run.
_PAUSE_S = 0.02


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `cluster_cpu`, `cluster_shed` and `cluster_p99`."""
    with cluster.opened() as opened:
        for headers in (cluster.BARE, cluster.WEB):
            wrk(opened.port, "/", 2, _CONNECTIONS, headers)
        cases = [
            partial(_cpu_ms, opened, component, headers)
            for component, headers in (("bare", cluster.BARE), ("web", cluster.WEB))
        ]
        pairs = interleaved(cases, bench.rounds)
        medians = [round(sorted(values)[len(values) // 2]) for values in zip(*pairs, strict=True)]
        yield Measured("cluster_cpu", tuple(ratios(pairs)), {"cpu_ms_per_1000": medians})
        few = max(bench.rounds // 3, 1)
        idle = [_visits(opened) for _ in range(few)]
        with _hammered(opened.port, few * (_VISIT_S + 2)):
            busy = [_visits(opened) for _ in range(few)]
        requests = [len(visits) for visits in busy]
        shed = [sum(status != 200 for status, _ in visits) for visits in busy]
        yield Measured("cluster_shed", tuple(map(float, shed)), {"requests": sum(requests)})
        p99 = [(_p99_ms(hot), _p99_ms(cold)) for hot, cold in zip(busy, idle, strict=True)]
        yield Measured("cluster_p99", tuple(ratios(p99)), {"ms": [round(value, 1) for value in p99[0]]})


def _cpu_ms(opened: Cluster, component: str, headers: dict[str, str]) -> float:
    """CPU time of the pods for 1,000 requests, ms."""
    before = opened.cpu_s(component, time.time())
    requests = wrk(opened.port, "/", _CPU_LOAD_S, _CONNECTIONS, headers).requests_per_s * _CPU_LOAD_S
    return (opened.cpu_s(component, time.time()) - before) / requests * 1e6


@contextmanager
def _hammered(port: int, seconds: float) -> Iterator[None]:
    """Clients that request an uncached page as fast as they get responses, of which many are refusals."""
    command = ["wrk", "-t", "1", "-c", str(_HAMMERING), "-d", f"{seconds:.0f}s", "-H", f"Host: {cluster.WEB['Host']}"]
    with subprocess.Popen([*command, f"http://127.0.0.1:{port}{_UNCACHED}"], stdout=subprocess.DEVNULL) as process:
        time.sleep(2)
        yield
        process.terminate()


def _visits(opened: Cluster) -> list[tuple[int, float]]:
    """Status and time (ms) of each request of visitors for cached pages. Status 0: no response."""
    visits: list[tuple[int, float]] = []
    ends_at = time.monotonic() + _VISIT_S

    def visit() -> None:
        link = http.client.HTTPConnection("127.0.0.1", opened.port, timeout=30)
        while time.monotonic() < ends_at:
            for path in _CACHED:
                began = time.perf_counter()
                try:
                    link.request("GET", path, headers=cluster.WEB)
                    response = link.getresponse()
                    response.read()
                    status = response.status
                except (OSError, http.client.HTTPException):
                    link.close()
                    status = 0
                visits.append((status, (time.perf_counter() - began) * 1000))
                time.sleep(_PAUSE_S)
        link.close()

    visitors = [threading.Thread(target=visit) for _ in range(_VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return visits


def _p99_ms(visits: list[tuple[int, float]]) -> float:
    times = sorted(took_ms for _, took_ms in visits)
    return times[int(0.99 * len(times))]
