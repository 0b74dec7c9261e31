"""The manifests as `kubectl kustomize` renders them, with the queries that the tests of policies need."""

import dataclasses
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
K8S = ROOT / "deploy/k8s"
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())
Document = dict[str, Any]

# Suffixes of quantities that these manifests use.
_FACTORS = {"m": Decimal("0.001"), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30)}


def quantity(text: object) -> Decimal:
    """A Kubernetes quantity as a plain number."""
    suffix = next((suffix for suffix in _FACTORS if str(text).endswith(suffix)), "")
    return Decimal(str(text).removesuffix(suffix)) * _FACTORS.get(suffix, Decimal(1))


@dataclasses.dataclass(frozen=True, slots=True)
class Workload:
    """An object that creates pods, with the template of its pods."""

    kind: str
    name: str
    labels: dict[str, str]
    pod: Document

    @property
    def containers(self) -> list[Document]:
        """All containers; init containers and sidecars come first."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def sidecars(self) -> list[Document]:
        return [one for one in self.pod.get("initContainers", []) if one.get("restartPolicy") == "Always"]

    @property
    def cpu(self) -> Decimal:
        """The CPU that the scheduler reserves for one pod, in cores."""
        requests = {one["name"]: quantity(one["resources"]["requests"]["cpu"]) for one in self.containers}
        running = sum((requests[one["name"]] for one in [*self.pod["containers"], *self.sidecars]), Decimal())
        return max([running, *(requests[one["name"]] for one in self.pod.get("initContainers", []))])


@dataclasses.dataclass(frozen=True, slots=True)
class Manifests:
    """All objects of one kustomization."""

    objects: list[Document]

    def of(self, *kinds: str) -> list[Document]:
        return [one for one in self.objects if one["kind"] in kinds]

    def one(self, kind: str, name: str) -> Document:
        (match,) = [one for one in self.of(kind) if one["metadata"]["name"] == name]
        return match

    @property
    def workloads(self) -> list[Workload]:
        return list(self._workloads())

    def _workloads(self) -> Iterator[Workload]:
        for one in self.of("Deployment", "StatefulSet", "Job", "CronJob", "Pod"):
            spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
            template = one if one["kind"] == "Pod" else spec["template"]
            yield Workload(one["kind"], one["metadata"]["name"], template["metadata"]["labels"], template["spec"])

    def workload(self, name: str) -> Workload:
        (match,) = [one for one in self.workloads if one.name == name]
        return match

    @property
    def settings(self) -> Document:
        """The settings of all roles."""
        (match,) = [one["data"] for one in self.of("ConfigMap") if one["metadata"]["name"].startswith("halocline-")]
        return dict(match)

    def selected(self, selector: Document) -> list[Workload]:
        """The workloads whose pods match a label selector."""
        return [one for one in self.workloads if _matches(selector, one.labels)]

    def pods(self, workload: Workload) -> int:
        """The greatest number of pods of a workload, without the surge pod of a rollout."""
        spec = self.one(workload.kind, workload.name)["spec"]
        for scaler in self.of("HorizontalPodAutoscaler"):
            if scaler["spec"]["scaleTargetRef"]["name"] == workload.name:
                return int(scaler["spec"]["maxReplicas"])
        return int(spec.get("replicas", 1))


def _matches(selector: Document, labels: dict[str, str]) -> bool:
    same = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return same and all(labels.get(term["key"]) in term["values"] for term in selector.get("matchExpressions", []))


def kubectl() -> str:
    """The path of kubectl, of the virtual environment, else of PATH."""
    local = ROOT / ".venv/bin/kubectl"
    path = str(local) if local.exists() else shutil.which("kubectl")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("kubectl is missing")
        pytest.skip("kubectl is missing: manifests were not checked")
    return path


@functools.cache
def render(folder: Path) -> str:
    """The YAML of a kustomization."""
    result = subprocess.run([kubectl(), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@functools.cache
def of(folder: Path) -> Manifests:
    """The objects of a kustomization, parsed once: tests do not change them."""
    return parsed(render(folder))


def parsed(text: str) -> Manifests:
    """The objects of a text with several YAML documents."""
    # Both loaders are safe; the C loader is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Manifests([one for one in yaml.load_all(text, loader) if one])


# The choices of docs/kubernetes.md: one of each of the first two, and any of the others.
INGRESSES = ["ingress-traefik", "ingress-nginx", "ingress-alb", "ingress-gce", "gateway-api", "openshift-route"]
STORES = {"own": ["mongodb", "redis-cache"], "external": ["external-mongodb", "external-redis"]}
OTHERS = sorted(
    {path.name for path in (K8S / "components").iterdir()}
    - {*INGRESSES, "ingress", "cert-manager", *STORES["own"], *STORES["external"]}
)


@functools.cache
def combined(stores: str, ingress: str, others: tuple[str, ...] = tuple(OTHERS)) -> Manifests:
    """The base with components, as an overlay of one's own lists them."""
    # Those that change the pods of others are listed last, as their headers say.
    last = [
        name
        for name in others
        if name in {"alert-receivers", "kube-state-metrics", "mongodb-tls", "priority", "gitops"}
    ]
    certificate = ["cert-manager"] if ingress.startswith("ingress-") else []
    # Certificates for the members of a MongoDB in the cluster.
    skipped = {"mongodb-tls"} if stores == "external" else set()
    # Routes are objects of OpenShift alone.
    skipped |= {"upload-route"} if ingress != "openshift-route" else set()
    names = [*STORES[stores], ingress, *certificate, *(name for name in others if name not in last), *last]
    names = [name for name in names if name not in skipped]
    # OpenShift assigns the users of all pods.
    ordered = sorted(names, key=lambda name: name == "openshift-route")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        base = os.path.relpath(K8S, folder)
        content = {
            "namespace": "halocline",
            "resources": [f"{base}/base"],
            "components": [f"{base}/components/{name}" for name in ordered],
        }
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
        return parsed(render(folder))
