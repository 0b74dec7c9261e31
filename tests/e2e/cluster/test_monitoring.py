"""Drills of the monitoring: every query of every panel and rule has data."""

from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from monitoring import queries
from tests.e2e.cluster import prometheus
from tests.e2e.cluster.cluster import NAMESPACE, Lab, kubectl
from tests.e2e.cluster.load import Driver
from tests.e2e.cluster.notifications import MONITORING, rules

pytestmark = pytest.mark.timeout(900)

Figures = dict[str, Any]


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
    recordings = [rule["expr"] for rule in rules() if "record" in rule]
    read = {name for rule in rules() if "alert" in rule for name in _series(rule["expr"])}
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
