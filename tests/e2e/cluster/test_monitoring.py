"""Drills of the monitoring: every query has data, and faults reach the receivers of notifications in time."""

import json
import re
import time
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from monitoring import queries
from tests.e2e.cluster import prometheus
from tests.e2e.cluster.cluster import NAMESPACE, Document, Lab, kubectl, until, web_patch
from tests.e2e.cluster.load import Driver

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "monitoring"
STANDALONE = ROOT / "deploy/k8s/components/monitoring-standalone"
Figures = dict[str, Any]

FAILING = {"HALOCLINE_FAULT_ERROR_RATIO": "0.5"}
# Above what the settings of Prometheus and Alertmanager explain: the start of load, and evaluations that just missed.
TOLERANCE_S = 60


def _rules() -> list[Document]:
    files = sorted((MONITORING / "rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8")).get("groups", [])]
    return [rule for group in groups for rule in group["rules"]]


def _series(expr: str) -> set[str]:
    """The names of the series that an expression reads."""
    nodes: list[Any] = []
    promql_parser.walk(promql_parser.parse(expr), pre_visit=nodes.append)
    return {node.name for node in nodes if isinstance(node, promql_parser.VectorSelector) and node.name}


def _unprovable() -> dict[str, str]:
    """The series that this cluster never has, with the reasons."""
    listed: dict[str, str] = yaml.safe_load((Path(__file__).parent / "unprovable.yaml").read_text(encoding="utf-8"))
    return listed


def test_every_query_of_every_panel_and_rule_has_data(lab: Lab, figures: Figures) -> None:
    # What happens in a day: a glider reports, backup, restore test and verification run. A restored database knows only
    # the backups before its own.
    kubectl("exec", "deployment/ingest", "--", "halocline", "simulate", "--once", timeout_s=300)
    for name in ("backup", "restore-test"):
        kubectl("create", "job", f"{name}-monitored", f"--from=cronjob/{name}")
        kubectl("wait", "--for=condition=complete", f"job/{name}-monitored", "--timeout=300s", timeout_s=310)
    kubectl("exec", "deployment/ingest", "--", "halocline", "verify", timeout_s=300)
    absent = _unprovable()
    panels = [
        query.expr for query in queries.listed(queries.variables(NAMESPACE)) if not _series(query.expr) & absent.keys()
    ]
    recordings = [rule["expr"] for rule in _rules() if "record" in rule]
    read = {name for rule in _rules() if "alert" in rule for name in _series(rule["expr"])}
    counts = [f"count({name})" for name in sorted(read - absent.keys())]

    # Some load, since rates of an idle service are empty by design; recording rules need one or two evaluations.
    with prometheus.opened() as server, Driver(f"{lab.url}/api/v1/totals", clients=2, pause_s=0.2):
        missing = prometheus.still_without_data(server, [*panels, *recordings, *counts], 240)
        present = [name for name in absent if prometheus.result(server, f"count({name})")]

    figures["queries"] = {
        "of panels": len(panels), "of recording rules": len(recordings), "series of alerts": len(counts),
        "without data": len(missing), "not provable here": len(absent),
    }  # fmt: skip
    assert missing == []
    # The list names nothing that the cluster has.
    assert present == []


def test_what_is_not_provable_here_is_proven_on_recorded_series() -> None:
    recorded = "".join(path.read_text(encoding="utf-8") for path in (MONITORING / "rules/tests").rglob("*.yml"))

    assert [name for name in _unprovable() if name not in recorded] == []


def test_errors_and_a_lost_dependency_reach_their_receivers(lab: Lab, figures: Figures) -> None:
    lab.apply(web_patch(FAILING))
    lab.replaced()
    kubectl("scale", "deployment/redis", "--replicas=0")
    lost_s = time.time()

    with Driver(f"{lab.url}/api/v1/totals", clients=8, pause_s=0.2) as driver:
        until("the first error", lambda: driver.first_at_s.get("500"), 60)
        errors_s = driver.first_at_s["500"]
        page = _notified("AppErrorBudgetBurn", errors_s)
        ticket = _notified("DependencyDown", lost_s)
    kubectl("scale", "deployment/redis", "--replicas=1")
    lab.apply()

    took = {"errors": page["at_s"] - errors_s, "redis lost": ticket["at_s"] - lost_s}
    expected = {"errors": _expected_s("AppErrorBudgetBurn", "pager"), "redis lost": _expected_s("DependencyDown")}
    figures["notifications"] = {
        f"{name}, s (expected)": f"{took[name]:.0f} ({expected[name]:.0f})" for name in took
    } | {"requests": driver.sent, "errors": driver.outcomes["500"]}
    assert (page["receiver"], page["severity"], page["long"]) == ("pager", "critical", "1h")
    assert (ticket["receiver"], ticket["dependency"]) == ("tickets", "redis")
    assert all(0 < took[name] < expected[name] + TOLERANCE_S for name in took), (took, expected)
    lab.replaced()


def test_the_loss_of_all_pods_reaches_the_pager(lab: Lab, figures: Figures) -> None:
    kubectl("scale", "deployment/web", "--replicas=0")
    until("no web pod", lambda: not lab.pods("web"), 90)
    lost_s = time.time()
    try:
        page = _notified("AppDown", lost_s)
    finally:
        kubectl("scale", "deployment/web", "--replicas=2")
        lab.rolled_out()

    took_s, expected_s = page["at_s"] - lost_s, _expected_s("AppDown", "pager")
    figures["notification without any pod"] = {"s": round(took_s), "expected": round(expected_s)}
    assert page["receiver"] == "pager"
    assert 0 < took_s < expected_s + TOLERANCE_S


def _notified(alert: str, since_s: float) -> Document:
    """The first notification of an alert after a time; notifications from before belong to earlier drills."""

    def first() -> Document | None:
        lines = [json.loads(line) for line in kubectl("logs", "alert-receiver").splitlines() if line.startswith("{")]
        found = [
            line
            for line in lines
            if line["alertname"] == alert and line["status"] == "firing" and line["at_s"] > since_s
        ]
        return found[0] if found else None

    return until(f"a notification of {alert}", first, 420, every_s=2) or {}


def _expected_s(alert: str, receiver: str | None = None) -> float:
    """Seconds from a fault to its notification: a scrape, the rules, the delay of the alert and of its group."""
    config = yaml.safe_load((STANDALONE / "prometheus.yml").read_text(encoding="utf-8"))["global"]
    routing = yaml.safe_load((MONITORING / "alertmanager/alertmanager.yml").read_text(encoding="utf-8"))["route"]
    route = next((each for each in routing["routes"] if each["receiver"] == receiver), routing)
    rule = next(each for each in _rules() if each.get("alert") == alert)
    # The alert may read a recording rule, which is evaluated just after it.
    delays = [config["scrape_interval"], config["evaluation_interval"], config["evaluation_interval"]]
    delays += [rule.get("for", "0s"), route.get("group_wait", routing["group_wait"])]
    return sum(_seconds(each) for each in delays)


def _seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smh])", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]
