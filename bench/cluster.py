"""The cluster that rows measure: the lab with the edge cache and the controls, on the current kubectl context.

The image is that of the variable IMAGE. The namespace of the lab is used exclusively, and deleted at the end.
"""

import os
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.pages import ENCODINGS
from tests.e2e.cluster.cluster import EDGE, Document, Lab, forwarded, get, kubectl, read, until

_FOLDER = Path(__file__).parent
_CONTROLS = _FOLDER / "cluster_controls"
_PROGRAMS = ("controls.py", "gunicorn_control.py")
_SEED = ("--missions", "24", "--profiles", "20", "--samples", "10", "--active", "4", "--active-profiles", "80")
# As many web pods as bare ones: the CPU time of a pod that starts would count as that of requests.
_FIXED_REPLICAS: Document = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {"minReplicas": 2, "maxReplicas": 2},
}
BROWSER = {"Accept-Encoding": ENCODINGS}
# Hosts of the controls' Ingress; the lab's own has none.
STATIC, BARE, WEB = ({**BROWSER, "Host": f"{name}.example"} for name in ("static", "bare", "web"))
# cAdvisor reads the counters of a container every 10 to 15 s.
_COUNTED_WITHIN_S = 60
_REQUESTS = "http_server_request_duration_seconds_count"
_CPU = re.compile(
    r'^container_cpu_usage_seconds_total\{container="app",.*pod="(?P<pod>[^"]+)".*\} (?P<s>[\d.e+]+) (?P<at>\d+)$', re.M
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The lab with its controls, and the port of the ingress on this machine."""

    lab: Lab
    port: int

    def cpu_s(self, component: str, after_s: float) -> float:
        """CPU time of the containers `app` of a component, as counted by cAdvisor after a time (seconds since 1970)."""
        pods = {pod["metadata"]["name"]: pod["spec"]["nodeName"] for pod in self.lab.pods(component)}

        def counted() -> float:
            texts = [
                kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/metrics/cadvisor") for node in {*pods.values()}
            ]
            samples = {
                match["pod"]: float(match["s"])
                for text in texts
                for match in _CPU.finditer(text)
                if match["pod"] in pods and int(match["at"]) > after_s * 1000
            }
            return sum(samples.values()) if samples.keys() == pods.keys() else 0.0

        return until(f"CPU time of {component}", counted, _COUNTED_WITHIN_S)

    def requests(self, route: str) -> float:
        """The number of requests that the web pods have counted for a route."""
        total = 0.0
        for pod in self.lab.pods("web"):
            with forwarded(f"pod/{pod['metadata']['name']}", 9100) as url:
                text = read(f"{url}/metrics")[1].decode()
            label = f'http_route="{route}"'
            lines = [
                line for line in text.splitlines() if line.startswith("http_server_request_duration_seconds_count")
            ]
            total += sum(float(line.rpartition(" ")[2]) for line in lines if label in line)
        return total


@contextmanager
def opened() -> Iterator[Cluster]:
    """The cluster with seeded missions, ready to be measured. Raises RuntimeError if IMAGE names no image."""
    image = os.environ.get("IMAGE")
    if not image:
        raise RuntimeError("name the image: make bench-cluster IMAGE=…")
    lab = Lab(image, os.environ.get("HALOCLINE_CLUSTER_URL", "http://127.0.0.1:8080"))
    cluster = Cluster(lab, urllib.parse.urlsplit(lab.url).port or 80)
    lab.delete()
    try:
        lab.start(_FIXED_REPLICAS, manifests=EDGE)
        kubectl("exec", "deployment/ingest", "--", "halocline", "seed", *_SEED, timeout_s=300)
        kubectl("rollout", "status", "deployment/edge", "--timeout=180s", timeout_s=190)
        page = until("the landing page", lambda: _page(cluster.port, BROWSER), 120)
        with TemporaryDirectory() as folder:
            (Path(folder) / "page").write_bytes(page)
            _config_map("control-page", [Path(folder) / "page"])
        _config_map("control-programs", [_FOLDER / name for name in _PROGRAMS])
        lab.apply(manifests=_CONTROLS)
        for name in ("static", "bare"):
            kubectl("rollout", "status", f"deployment/{name}", "--timeout=180s", timeout_s=190)
        for headers in (BROWSER, STATIC, BARE, WEB):
            until(f"a response to {headers}", lambda headers=headers: _page(cluster.port, headers), 60)  # type: ignore[misc]
        yield cluster
    finally:
        lab.delete()


def edge_pods() -> int:
    """The number of pods of the edge cache."""
    return len(get("pods", "--selector=app.kubernetes.io/component=edge")["items"])


def _page(port: int, headers: Mapping[str, str]) -> bytes:
    """The page at `/`; empty while there is none."""
    link = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", "/", headers=dict(headers))
        response = link.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        return b""
    else:
        return body if response.status == 200 else b""
    finally:
        link.close()


def _config_map(name: str, files: list[Path]) -> None:
    sources = [f"--from-file={file}" for file in files]
    document = kubectl("create", "configmap", name, *sources, "--dry-run=client", "--output=json")
    kubectl("apply", "--filename=-", stdin=document.encode())
