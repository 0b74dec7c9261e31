"""Use against requests: the peak CPU and memory of each container during a drill, from the metrics API."""

import contextlib
import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.e2e.cluster.cluster import NAMESPACE, Failed, get, kubectl

Document = dict[str, Any]
RESOURCES = ("cpu", "memory")
# metrics-server has new values every 10 to 15 s.
EVERY_S = 10
_FACTORS = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 1e3, "M": 1e6, "G": 1e9,
}  # fmt: skip


def quantity(text: str) -> float:
    """A Kubernetes quantity as a plain number: cores or bytes."""
    suffix = next((suffix for suffix in _FACTORS if text.endswith(suffix)), "")
    return float(text.removesuffix(suffix)) * _FACTORS.get(suffix, 1)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One resource of one container: cores or bytes. Of several pods it has the one with the highest use."""

    component: str
    container: str
    resource: str
    request: float | None
    peak: float

    @property
    def ratio(self) -> float | None:
        """The peak as a share of the request; None without a request."""
        return self.peak / self.request if self.request else None

    def __str__(self) -> str:
        unit, factor = ("m", 1e3) if self.resource == "cpu" else ("Mi", 2**-20)
        request = "none" if self.request is None else f"{self.request * factor:.0f}{unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        name = f"{self.component}/{self.container}"
        return f"{name:24} {self.resource:7} {request:>8} {self.peak * factor:7.0f}{unit:2} {ratio:>6}"


class Usage:
    """The highest use of each container over all samples."""

    def __init__(self) -> None:
        self._peaks: dict[tuple[str, str, str], float] = {}
        self._requests: dict[tuple[str, str, str], float] = {}

    def add(self, pods: list[Document], metrics: list[Document]) -> None:
        """Add one sample: the pods of the namespace, and the items of the metrics API.

        Pods that only one of the two lists has are left out: they have just started or ended.
        """
        components = {
            pod["metadata"]["name"]: pod["metadata"]["labels"].get("app.kubernetes.io/component", "") for pod in pods
        }
        for pod in pods:
            component = components[pod["metadata"]["name"]]
            for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
                for resource, text in container.get("resources", {}).get("requests", {}).items():
                    self._requests[component, container["name"], resource] = quantity(text)
        for item in metrics:
            component = components.get(item["metadata"]["name"], "")
            for container in item["containers"] if component else []:
                for resource in RESOURCES:
                    key = component, container["name"], resource
                    self._peaks[key] = max(self._peaks.get(key, 0), quantity(container["usage"][resource]))

    def rows(self) -> list[Row]:
        """The rows in the order of component, container and resource."""
        return [Row(*key, self._requests.get(key), peak) for key, peak in sorted(self._peaks.items())]


def sample(usage: Usage) -> None:
    """Add a sample of the current namespace. Raises Failed."""
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
    usage.add(get("pods")["items"], json.loads(kubectl("get", "--raw", path))["items"])


@contextlib.contextmanager
def watched(every_s: float = EVERY_S, read: Callable[[Usage], None] = sample) -> Iterator[Usage]:
    """The use during the block, read in a thread. A failed read is skipped: the metrics API may lag behind new pods."""
    usage, stop = Usage(), threading.Event()

    def run() -> None:
        while True:
            with contextlib.suppress(Failed, ValueError):
                read(usage)
            if stop.wait(every_s):
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        stop.set()
        thread.join()
