"""Faults that make alerts fire: how each begins and ends. Faults of one phase are independent of each other."""

import base64
import contextlib
import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.e2e.cluster import stored
from tests.e2e.cluster.cluster import Document, Lab, get, kubectl, until
from tests.e2e.cluster.live_clients import Clients
from tests.e2e.cluster.load import Driver

HERE = Path(__file__).parent
Effect = Callable[[Lab], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, from the begin to the end of a block, and the alerts that it makes fire."""

    name: str
    alerts: tuple[str, ...]
    effect: Effect
    # Seconds until a metric shows it, above a scrape.
    shows_after_s: float = 0
    # The objective that pages, and the share of its events that becomes bad.
    page: tuple[str, float] | None = None


# Alerts that other modules of drills make fire.
ELSEWHERE = {
    "AppDown": "test_edge_drills",
    "AppErrorBudgetBurn": "test_notifications",
    "DependencyDown": "test_notifications",
    "JobFailed": "test_notifications",
}


@contextlib.contextmanager
def nothing(_lab: Lab) -> Iterator[None]:
    """No fault: the watchdog fires always."""
    yield


@contextlib.contextmanager
def receiver_without_address(_lab: Lab) -> Iterator[None]:
    """The receiver of the dead man's switch has an address that nothing listens to."""
    volumes = get("statefulset", "alertmanager")["spec"]["template"]["spec"]["volumes"]
    (name,) = [one["secret"]["secretName"] for one in volumes if one["name"] == "receivers"]
    before = get("secret", name)["data"]["watchdog"]
    _set_receiver(name, base64.b64encode(b"http://alert-receiver:8081/watchdog").decode())
    yield
    _set_receiver(name, before)


def _set_receiver(secret: str, value: str) -> None:
    kubectl("patch", "secret", secret, "--patch", json.dumps({"data": {"watchdog": value}}))
    # The kubelet may update a mounted Secret a minute later; a new pod has it at once.
    kubectl("delete", "pod", "alertmanager-0")
    kubectl("rollout", "status", "statefulset/alertmanager", "--timeout=90s")


@contextlib.contextmanager
def redis_lost(lab: Lab) -> Iterator[None]:
    """Redis is scaled to 0, and a client sends requests that a rate limit counts."""
    kubectl("scale", "deployment/redis", "--replicas=0")
    until("the end of redis", lambda: not lab.pods("redis"), 60)
    with Driver(f"{lab.url}/api/v1/imports", clients=1, pause_s=0.5):
        yield
    kubectl("scale", "deployment/redis", "--replicas=1")
    kubectl("rollout", "status", "deployment/redis", "--timeout=60s")


@contextlib.contextmanager
def live_lost(lab: Lab) -> Iterator[None]:
    """The pods of live events are scaled to 0."""
    kubectl("scale", "deployment/live", "--replicas=0")
    until("the end of live", lambda: not lab.pods("live"), 90)
    yield
    kubectl("scale", "deployment/live", "--replicas=2")
    kubectl("rollout", "status", "deployment/live", "--timeout=120s", timeout_s=130)


@contextlib.contextmanager
def live_full(lab: Lab) -> Iterator[None]:
    """Each pod of live events accepts one stream, and six clients want one."""
    for limit in ("1", "5000"):
        kubectl("set", "env", "deployment/live", "--containers=app", f"HALOCLINE_LIVE_CLIENTS={limit}")
        kubectl("rollout", "status", "deployment/live", "--timeout=120s", timeout_s=130)
        if limit == "1":
            with Clients(lab.url, "totals") as clients:
                clients.start(6)
                yield


@contextlib.contextmanager
def paused_rollout(lab: Lab) -> Iterator[None]:
    """A rollout of another revision stops with one new pod beside the old ones."""
    before = len(lab.pods("web"))
    kubectl("set", "env", "deployment/web", "--containers=app", "HALOCLINE_REVISION=drill")
    until("the first new pod", lambda: len(lab.pods("web")) > before, 60, every_s=0.2)
    kubectl("rollout", "pause", "deployment/web")
    yield
    kubectl("rollout", "resume", "deployment/web")
    kubectl("set", "env", "deployment/web", "--containers=app", "HALOCLINE_REVISION-")
    lab.replaced()


@contextlib.contextmanager
def greedy_pod(lab: Lab) -> Iterator[None]:
    """A container exceeds its memory limit soon after each start."""
    pod = yaml.safe_load((HERE / "drill/receiver.yaml").read_text(encoding="utf-8").partition("---")[2])
    pod["metadata"] = {"name": "greedy", "labels": {"app.kubernetes.io/component": "greedy"}}
    pod["spec"]["volumes"] = []
    (container,) = pod["spec"]["containers"]
    # It waits for a scrape, which counts no restart yet.
    code = "import time; time.sleep(15); block = b'x' * (1 << 30)"
    container |= {"image": lab.image, "command": ["python", "-c", code], "volumeMounts": []}
    kubectl("apply", "--filename=-", stdin=json.dumps(pod).encode())
    until("the first kill", lambda: "OOMKilled" in json.dumps(get("pod", "greedy")["status"]), 90)
    yield
    kubectl("delete", "pod", "greedy", "--grace-period=1")


@contextlib.contextmanager
def blocking_budget(_lab: Lab) -> Iterator[None]:
    """A disruption budget needs the only pod of a workload."""
    kubectl(
        *("create", "poddisruptionbudget", "drill"),
        *("--selector=app.kubernetes.io/component=ingest", "--min-available=1"),
    )
    yield
    kubectl("delete", "poddisruptionbudget", "drill")


def scaler(container: str, utilization: int) -> Effect:
    """An effect on the autoscaler: at two replicas, another container or another target."""

    @contextlib.contextmanager
    def patched(_lab: Lab) -> Iterator[None]:
        spec = get("hpa", "web")["spec"]
        metric = json.loads(json.dumps(spec["metrics"][0]))
        metric["containerResource"] |= {"container": container}
        metric["containerResource"]["target"]["averageUtilization"] = utilization
        changed = {"minReplicas": 2, "maxReplicas": 2, "metrics": [metric]}
        kubectl("patch", "hpa", "web", "--patch", json.dumps({"spec": changed}))
        yield
        kubectl("patch", "hpa", "web", "--patch", json.dumps({"spec": {key: spec[key] for key in changed}}))

    return patched


@contextlib.contextmanager
def probe_at_wrong_address(_lab: Lab) -> Iterator[None]:
    """The probe connects to a port that nothing listens to."""
    arguments = get("deployment", "probe")["spec"]["template"]["spec"]["containers"][0]["args"]
    _set_arguments([*arguments[:-1], "--connect=traefik.traefik.svc:81"])
    kubectl("rollout", "status", "deployment/probe", "--timeout=90s")
    yield
    _set_arguments(arguments)
    kubectl("rollout", "status", "deployment/probe", "--timeout=90s")


def _set_arguments(arguments: list[str]) -> None:
    spec = {"template": {"spec": {"containers": [{"name": "probe", "args": arguments}]}}}
    kubectl("patch", "deployment", "probe", "--patch", json.dumps({"spec": spec}))


@contextlib.contextmanager
def probe_not_scraped(_lab: Lab) -> Iterator[None]:
    """A network policy denies Prometheus the metrics of the probe."""
    rules = get("networkpolicy", "probe")["spec"]["ingress"]
    _set_ingress([])
    # Open connections survive a change of policies.
    kubectl("delete", "pod", "--selector=app.kubernetes.io/component=probe")
    kubectl("rollout", "status", "deployment/probe", "--timeout=90s")
    yield
    _set_ingress(rules)


def _set_ingress(rules: list[Document]) -> None:
    patch = [{"op": "replace", "path": "/spec/ingress", "value": rules}]
    kubectl("patch", "networkpolicy", "probe", "--type=json", "--patch", json.dumps(patch))


def web_setting(load: Callable[[Lab], Driver], **settings: str) -> Effect:
    """An effect of settings of the web pods, under load."""

    @contextlib.contextmanager
    def changed(lab: Lab) -> Iterator[None]:
        kubectl("set", "env", "deployment/web", "--containers=app", *(f"{key}={one}" for key, one in settings.items()))
        lab.replaced()
        with load(lab):
            yield
        kubectl("set", "env", "deployment/web", "--containers=app", *(f"{key}-" for key in settings))
        lab.replaced()

    return changed


def _crowd(lab: Lab) -> Driver:
    """More clients than the web pods serve at once, each with requests that no cache holds."""
    return Driver(f"{lab.url}/search", clients=60, unique=True)


def _few(lab: Lab) -> Driver:
    """Less than a request a second."""
    return Driver(f"{lab.url}/api/v1/imports", clients=1, pause_s=2)


@contextlib.contextmanager
def state_metrics_lost(_lab: Lab) -> Iterator[None]:
    """Prometheus has another address of kube-state-metrics, and no series from before."""
    right = get("statefulset", "prometheus")["spec"]["template"]["metadata"]["annotations"]["kube-state-metrics"]
    _set_state_metrics("kube-state-metrics.kube-system.svc:1")
    forget()
    yield
    _set_state_metrics(right)
    kubectl("rollout", "status", "statefulset/prometheus", "--timeout=120s")


def _set_state_metrics(address: str) -> None:
    template = {"metadata": {"annotations": {"kube-state-metrics": address}}}
    kubectl("patch", "statefulset", "prometheus", "--patch", json.dumps({"spec": {"template": template}}))


def forget(*names: str) -> None:
    """Start Prometheus, or these StatefulSets of the monitoring, without their data."""
    for name in names or ("prometheus",):
        kubectl("scale", f"statefulset/{name}", "--replicas=0")
        kubectl("wait", "--for=delete", f"pod/{name}-0", "--timeout=120s")
        kubectl("delete", "pvc", f"data-{name}-0", "--timeout=60s")
        kubectl("scale", f"statefulset/{name}", "--replicas=1")
        kubectl("rollout", "status", f"statefulset/{name}", "--timeout=120s")


@contextlib.contextmanager
def refused_file(_lab: Lab) -> Iterator[None]:
    """An import refuses a file."""
    command = "echo no data > /data/refused.nc; halocline ingest /data/refused.nc; rm /data/refused.nc"
    kubectl("exec", "deployment/ingest", "--", "sh", "-c", command, timeout_s=120)
    yield


def hours(number: float) -> datetime.timedelta:
    return datetime.timedelta(hours=number)


# One phase after the other. The first fault restarts Alertmanager.
PHASES: dict[str, tuple[Fault, ...]] = {
    "stores, data and rollouts": (
        Fault("receiver without an address", ("NotificationsFailing",), receiver_without_address, shows_after_s=60),
        Fault("paused rollout", ("AppRolloutStuck", "AppVersionSkew"), paused_rollout, shows_after_s=20),
        Fault("Redis lost", ("RateLimitsInMemory",), redis_lost),
        Fault("more open pages than allowed", ("LiveRefused",), live_full, shows_after_s=30),
        Fault("container above its limit", ("AppOOMKilled", "AppCrashLooping"), greedy_pod, shows_after_s=60),
        Fault("budget of one pod", ("PdbBlocks",), blocking_budget),
        Fault("autoscaler at its maximum", ("AppHpaAtMax",), scaler("app", 1), shows_after_s=15),
        Fault("probe at a wrong address", ("AppJourneyBudgetBurn",), probe_at_wrong_address, page=("journey", 1)),
        Fault("old backup", ("BackupTooOld",), stored.old("backup", hours(27)), shows_after_s=10),
        Fault("old restore test", ("RestoreTestTooOld",), stored.old("restore_test", hours(9 * 24)), shows_after_s=10),
        Fault("old verification", ("VerificationMissing",), stored.old("verification", hours(37)), shows_after_s=10),
        Fault("late platforms", ("DataStale", "DataFreshnessBudgetBurn"), stored.late(hours(7)), shows_after_s=10),
        Fault("parked rebuild", ("RebuildsParked",), stored.parked, shows_after_s=10),
        Fault("refused file", ("ImportsRefused",), refused_file, shows_after_s=10),
    ),
    "load, scrapes and differences": (
        Fault("none", ("Watchdog",), nothing),
        Fault(
            "too many slow requests",
            ("AppShedding", "AppSaturated", "AppLatencyBudgetBurn"),
            web_setting(_crowd, HALOCLINE_FAULT_DELAY_S="2"),
            page=("latency-1s", 1),
        ),
        Fault("autoscaler without its metric", ("AppHpaBlind",), scaler("absent", 60), shows_after_s=15),
        Fault("probe that is not scraped", ("AppTargetDown", "JourneyMissing"), probe_not_scraped, shows_after_s=30),
        Fault("live events lost", ("LiveDown",), live_lost, shows_after_s=10),
        Fault("changed platform", ("DataDiffer",), stored.different, shows_after_s=10),
    ),
    "without state metrics": (
        Fault("no state metrics", ("KubeStateMetricsAbsent",), state_metrics_lost, shows_after_s=10),
        Fault(
            "few requests, all failing",
            ("AppErrorsLowVolume",),
            web_setting(_few, HALOCLINE_FAULT_ERROR_RATIO="1"),
            shows_after_s=30,
        ),
    ),
}  # fmt: skip
