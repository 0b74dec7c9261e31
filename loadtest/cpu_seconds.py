"""The CPU time that the service uses: of local processes, or of containers by a query to Prometheus. No Locust."""

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException

import psutil

# The containers `app` of the web pods, as the kubelets report them.
QUERY = 'sum(increase(container_cpu_usage_seconds_total{container="app",pod=~"web-.+"}[$seconds]))'
# A query over one counter of a few pods.
TIMEOUT_S = 10
# Without proxies: one from the environment could not reach a cluster's Prometheus.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Unknown(Exception):
    """The CPU time cannot be measured; the text is the one line to show."""


def of_processes(pids: Sequence[int]) -> float | None:
    """Return the CPU time of these processes with their descendants, in seconds; None without pids. Raises Unknown.

    Includes descendants that have ended: their parents' times contain them.
    """
    if not pids:
        return None
    seconds = 0.0
    for pid in pids:
        try:
            root = psutil.Process(pid)
            children = root.children(recursive=True)
            seconds += sum(root.cpu_times()[:4])
        except psutil.Error as error:
            raise Unknown(f"CPU time of process {pid}: {type(error).__name__}") from error
        for child in children:
            with contextlib.suppress(psutil.Error):
                seconds += sum(child.cpu_times()[:4])
    return seconds


def of_containers(prometheus_url: str, query: str, from_s: float, to_s: float) -> float:
    """Return the result of a query at `to_s`, in which `$seconds` is the time since `from_s`. Raises Unknown."""
    expression = query.replace("$seconds", f"{max(1, round(to_s - from_s))}s")
    url = f"{prometheus_url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': expression, 'time': to_s})}"
    try:
        with _opener.open(url, timeout=TIMEOUT_S) as answer:
            results = json.loads(answer.read())["data"]["result"]
        return float(results[0]["value"][1])
    except IndexError as error:
        raise Unknown(f"{prometheus_url} has no value of {expression}: is a step longer than two scrapes?") from error
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise Unknown(f"{prometheus_url}: {type(error).__name__}: {error}") from error
