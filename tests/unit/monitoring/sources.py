"""Inputs of the tests of monitoring/: rules, rule tests, dashboards, and the names of existing metrics."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from prometheus_client.core import Metric

from app.store.backup_records import BackupTimes
from app.telemetry import metrics, position_metrics, upload_metrics
from app.telemetry.exposition import SharedFiles
from app.telemetry.store_metrics import StoreMetrics, StoreReads
from monitoring import queries, slo
from tests import queue_reads

ROOT = Path(__file__).resolve().parents[3]
MONITORING = ROOT / "monitoring"
COMPONENT = ROOT / "deploy/k8s/components/monitoring-standalone"
OBJECTIVES = slo.load()
Document = dict[str, Any]

# Series that Halocline uses and others export: kube-state-metrics, cAdvisor, Prometheus and Alertmanager, and, where
# they are installed, mongodb_exporter, cert-manager and a black-box exporter. prometheus.yml keeps only these.
FOREIGN = frozenset(
    {
        "ALERTS",
        "alertmanager_notifications_failed_total",
        "certmanager_certificate_expiration_timestamp_seconds",
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "kubelet_volume_stats_available_bytes",
        "kubelet_volume_stats_capacity_bytes",
        "kube_deployment_spec_replicas",
        "kube_deployment_status_replicas_available",
        "kube_deployment_status_replicas_ready",
        "kube_deployment_status_replicas_updated",
        "kube_horizontalpodautoscaler_spec_max_replicas",
        "kube_horizontalpodautoscaler_spec_min_replicas",
        "kube_horizontalpodautoscaler_spec_target_metric",
        "kube_horizontalpodautoscaler_status_condition",
        "kube_horizontalpodautoscaler_status_current_replicas",
        "kube_horizontalpodautoscaler_status_desired_replicas",
        "kube_horizontalpodautoscaler_status_target_metric",
        "kube_job_failed",
        "kube_job_status_start_time",
        "kube_pod_container_resource_limits",
        "kube_pod_container_resource_requests",
        "kube_pod_container_status_last_terminated_reason",
        "kube_pod_container_status_restarts_total",
        "kube_pod_container_status_terminated_reason",
        "kube_pod_container_status_waiting_reason",
        "kube_pod_init_container_status_last_terminated_reason",
        "kube_pod_init_container_status_restarts_total",
        "kube_pod_init_container_status_waiting_reason",
        "kube_poddisruptionbudget_status_expected_pods",
        "kube_poddisruptionbudget_status_pod_disruptions_allowed",
        "mongodb_rs_members_optimeDate",
        "mongodb_rs_myState",
        "probe_ssl_earliest_cert_expiry",
        "probe_success",
        "prometheus_notifications_dropped_total",
        "scrape_samples_post_metric_relabeling",
        "up",
    }
)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


GROUPS: list[Document] = [
    group for path in sorted(MONITORING.glob("rules/*.yml")) for group in _yaml(path).get("groups", [])
]
RULES: list[Document] = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = frozenset(rule["record"] for rule in RULES if "record" in rule)
ALERT_NAMES = sorted({rule["alert"] for rule in ALERTS})
RULE_TESTS: list[Document] = [
    test for path in sorted(MONITORING.glob("rules/tests/*.yml")) for test in _yaml(path)["tests"]
]
BOARDS: dict[str, Document] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(MONITORING.glob("dashboards/out/*.json"))
}
PANELS = [panel for board in BOARDS.values() for panel in queries.panels(board)]
QUERIES = queries.listed(queries.variables("halocline-lab"))


@dataclass(frozen=True, slots=True)
class Proof:
    """One kind of alert that a rule test covers, with its objective and window."""

    alert: str
    slo: str | None = None
    long: str | None = None


def _proofs(sample: str) -> Proof:
    labels = dict(re.findall(r'(\w+)="([^"]*)"', sample))
    return Proof(labels["alertname"], labels.get("slo"), labels.get("long"))


def _expectations() -> Iterable[tuple[str, list[Document]]]:
    for test in RULE_TESTS:
        for check in test.get("promql_expr_test", []):
            if "ALERTS" in check["expr"]:
                yield check["expr"], check["exp_samples"]


# Alerts that a test expects to fire, by its samples, and alerts that a test expects not to fire, by their absence.
FIRED = frozenset(
    _proofs(sample["labels"])
    for _, samples in _expectations()
    for sample in samples
    if "alertname=" in sample["labels"]
)
SILENT = frozenset(
    name
    for expr, samples in _expectations()
    if not samples
    for name in re.findall(r'(?:alertname|slo)="([^"]+)"', expr)
)


def _exposed(families: Iterable[Metric]) -> set[str]:
    """Return the names of the series that Prometheus scrapes."""
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {family.name + suffix for family in families for suffix in suffixes[family.type]}


def exposed_by_the_app(directory: Path) -> set[str]:
    """Return every name that the metrics process can expose."""
    reads = StoreReads(
        profiles=lambda: 0,
        last_data=lambda: {"sea001": datetime.now(UTC)},
        waiting=lambda: {"totals": None},
        parked=lambda: 0,
        verified=lambda: (1.0, 0),
        backups=lambda: BackupTimes(1.0, 1, 1.0),
        queue=queue_reads.FULL,
    )
    return exposed_by_a_process(directory) | _exposed(StoreMetrics(reads).collect())


def exposed_by_a_process(directory: Path) -> set[str]:
    """Return the names of what a component counts itself: not those that each pod reads from MongoDB or the broker."""
    # One registry, in which each of these modules registers its metrics.
    (registry,) = {module.registry for module in (metrics, position_metrics, upload_metrics)}
    return _exposed(registry.collect()) | _exposed(SharedFiles(directory).collect())


def named(expr: str) -> set[str]:
    """Return the series that an expression reads. Raises ValueError if it does not parse."""
    return {each.name for each in _selectors(expr) if each.name}


def jobs_read(expr: str) -> dict[str, set[str]]:
    """Return the values or patterns of the label `job` with which an expression selects each series."""
    jobs: dict[str, set[str]] = {}
    for each in _selectors(expr):
        for matcher in each.matchers.matchers:
            if matcher.name == "job":
                jobs.setdefault(each.name, set()).add(matcher.value)
    return jobs


def _selectors(expr: str) -> list[Any]:
    nodes: list[Any] = []
    promql_parser.walk(promql_parser.parse(expr), pre_visit=nodes.append)
    return [node for node in nodes if isinstance(node, promql_parser.VectorSelector)]
