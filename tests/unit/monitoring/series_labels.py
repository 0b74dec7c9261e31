"""The labels of each series that Halocline's Prometheus has, and what is wrong with a query that reads others."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import yaml

from tests.unit.monitoring.sources import COMPONENT, FOREIGN, RECORDED, ROOT

TARGET = frozenset({"instance", "job", "namespace", "pod"})
# Series that only runbooks read.
OF_RUNBOOKS = frozenset(
    {
        "kube_pod_init_container_resource_limits",
        "kube_pod_status_phase",
        "kube_pod_status_ready",
        "kube_poddisruptionbudget_status_current_healthy",
        "kube_poddisruptionbudget_status_desired_healthy",
        "prometheus_notifications_alertmanagers_discovered",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
    }
)
# Labels of series that others export, by the beginning of their names; the first match counts.
EXPORTED = {
    "ALERTS": {"alertname", "alertstate", "namespace", "severity", "slo"},
    "alertmanager_notifications_": {"integration", "reason"},
    "certmanager_certificate_": {"name", "namespace"},
    "container_": {"container", "namespace", "pod"},
    "kube_deployment_": {"deployment", "namespace"},
    "kube_horizontalpodautoscaler_": {
        "condition", "horizontalpodautoscaler", "metric_target_type", "namespace", "status",
    },
    "kube_job_": {"condition", "job_name", "namespace", "reason"},
    "kube_pod_container_": {"container", "namespace", "pod", "reason", "resource"},
    "kube_pod_init_container_": {"container", "namespace", "pod", "reason", "resource"},
    "kube_pod_status_": {"condition", "namespace", "phase", "pod"},
    "kube_poddisruptionbudget_": {"namespace", "poddisruptionbudget"},
    "kubelet_volume_stats_": {"namespace", "persistentvolumeclaim"},
    "mongodb_rs_": {"member_idx", "member_state", "namespace", "pod"},
    "prometheus_notifications_": {"alertmanager"},
    "halocline:": {"namespace"},
    "slo:": {"namespace", "service", "slo"},
    "probe_ssl_": set(),
    "scrape_": set(),
    "up": set(),
}  # fmt: skip
# The jobs of the standalone Prometheus that keep only some series, by the beginning of the names.
SCRAPED_BY = {
    "kube_": "kube-state-metrics",
    "container_": "cadvisor",
    "kubelet_": "kubelet",
    "prometheus_": "prometheus",
    "alertmanager_": "alertmanager",
}


@functools.cache
def own() -> dict[str, frozenset[str]]:
    """The labels of the metrics of the portal and the probe: the tables of docs/metrics.md, which a test compares."""
    rows = re.findall(
        r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \|", (ROOT / "docs/metrics.md").read_text("utf-8"), re.MULTILINE
    )
    suffixes = {"histogram": ("_bucket", "_count", "_sum")}
    return {
        name + suffix: frozenset(re.findall(r"`(\w+)`", labels)) | TARGET | ({"le"} if suffix == "_bucket" else set())
        for name, kind, labels in rows
        for suffix in suffixes.get(kind, ("",))
    }


def labels(name: str) -> frozenset[str] | None:
    """The labels of a series; None if there is no such series."""
    if name in own():
        return own()[name]
    if name not in FOREIGN | RECORDED | OF_RUNBOOKS:
        return None
    own_labels = next((labels for start, labels in EXPORTED.items() if name.startswith(start)), None)
    return None if own_labels is None else frozenset(own_labels) | {"job", "instance"} | _of_a_target(name)


def _of_a_target(name: str) -> frozenset[str]:
    return TARGET if name.startswith(("up", "scrape_", "probe_")) else frozenset()


def every_name() -> frozenset[str]:
    """The names of all series."""
    return frozenset(own()) | FOREIGN | RECORDED | OF_RUNBOOKS


@functools.cache
def _scraped_names() -> dict[str, str]:
    """The regular expression of the names that a job keeps."""
    jobs = yaml.safe_load((COMPONENT / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    rules = [(job["job_name"], rule) for job in jobs for rule in job.get("metric_relabel_configs", [])]
    return {
        name: rule["regex"]
        for name, rule in rules
        if (rule["action"], rule.get("source_labels")) == ("keep", ["__name__"])
    }


def faults(query: str) -> list[str]:
    """What is wrong with a query: it does not parse, or reads a series or a label that does not exist."""
    try:
        parsed = promql_parser.parse(query)
    except ValueError as error:
        return [str(error)]
    return [*_unknown_series(parsed), *_unknown_groups(parsed)]


def _nodes(expr: Any, kind: Any) -> list[Any]:
    nodes: list[Any] = []
    promql_parser.walk(expr, pre_visit=nodes.append)
    return [node for node in nodes if isinstance(node, kind)]


def _names(selector: Any) -> list[str]:
    """The series that a selector reads: that of its name, or those that match its pattern of names."""
    if selector.name:
        return [selector.name]
    pattern = [one.value for one in selector.matchers.matchers if one.name == "__name__"]
    return [name for name in sorted(every_name()) if re.fullmatch(pattern[0], name)] if pattern else []


def _is_placeholder(name: str) -> bool:
    return name.isupper() and name != "ALERTS"


def _unknown_series(expr: Any) -> Iterator[str]:
    for selector in _nodes(expr, promql_parser.VectorSelector):
        names = _names(selector)
        if not names and any(one.name == "__name__" for one in selector.matchers.matchers):
            yield f"no series matches {selector}"
        for name in names:
            if _is_placeholder(name):
                continue
            if (known := labels(name)) is None:
                yield f"{name} does not exist"
                continue
            job = next((job for start, job in SCRAPED_BY.items() if name.startswith(start)), None)
            if job is not None and not re.fullmatch(_scraped_names()[job], name):
                yield f"Prometheus does not keep {name}"
            used = {one.name for one in selector.matchers.matchers} - {"__name__"}
            yield from (f"{name} has no label {label}" for label in sorted(used - known))


def _unknown_groups(expr: Any) -> Iterator[str]:
    """Labels of `by` that no series below it has."""
    for node in _nodes(expr, promql_parser.AggregateExpr):
        selectors = _nodes(node.expr, promql_parser.VectorSelector)
        names = [name for selector in selectors for name in _names(selector)]
        if node.modifier is None or not names or any(_is_placeholder(name) for name in names):
            continue
        below = frozenset().union(*(labels(name) or frozenset() for name in names))
        yield from (f"no series has the label {label}" for label in node.modifier.labels if label not in below)
