"""Rules: up to date, complete, and tested to fire and not to fire (promtool runs these tests)."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.telemetry import metrics
from monitoring import generate, slo
from tests.unit.monitoring.sources import (
    ALERT_NAMES,
    ALERTS,
    FIRED,
    FOREIGN,
    MONITORING,
    OBJECTIVES,
    RECORDED,
    RULES,
    SILENT,
    Proof,
    exposed_by_a_process,
    exposed_by_the_app,
    jobs_read,
    named,
)

# The components that run the program of the web pods and are scraped, by the names of their jobs.
SERVING = ("halocline-web", "halocline-live", "halocline-upload")


def label(rule: dict[str, Any]) -> str:
    labels = rule.get("labels", {})
    return "-".join([rule.get("alert") or rule["record"], *(labels[key] for key in ("slo", "long") if key in labels)])


def test_committed_files_match_their_sources() -> None:
    assert generate.stale() == []


def test_generation_is_deterministic() -> None:
    assert generate.outputs() == generate.outputs()


def test_a_changed_file_is_stale_and_rewritten(tmp_path: Path) -> None:
    generate.write(tmp_path)
    (tmp_path / "monitoring/rules/burn.yml").write_text("groups: []\n")

    assert generate.stale(tmp_path) == [Path("monitoring/rules/burn.yml")]
    assert generate.write(tmp_path) == [Path("monitoring/rules/burn.yml")]
    assert generate.stale(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- {alert: X, severity: warning, dashboard: causes, expr: up}", "X: summary is missing or unknown"),
        ("- {alert: X, severity: w, dashboard: c, expr: up, summary: s, page: yes}", "X: page is missing or unknown"),
        (
            "- {alert: X, severity: w, dashboard: c, expr: up, summary: s, limit: 1}",
            "X: expr does not use $limit",
        ),
        ("- {alert: X, severity: w, dashboard: c, expr: up > $limit_s, summary: s}", "X: limit is missing"),
        (
            "- {alert: X, severity: w, dashboard: c, expr: up > $limit, summary: s, limit: soon}",
            "X: limit must be a number or a duration such as 36h, not 'soon'",
        ),
    ],
)
def test_an_alert_with_wrong_fields_is_refused(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "alerts.yaml").write_text(text)
    monkeypatch.setattr(generate, "HERE", tmp_path)

    assert generate.main(["--check"]) == 2
    assert capsys.readouterr().err == f"alerts.yaml: {reason}\n"


@pytest.mark.parametrize("alert", ALERTS, ids=label)
def test_an_alert_has_severity_team_summary_and_links(alert: dict[str, Any]) -> None:
    runbook, dashboard = (alert["annotations"][key] for key in ("runbook_url", "dashboard_url"))
    address = '{{ or $externalLabels.halocline_%s "%s" }}'

    assert alert["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert alert["labels"]["team"] == OBJECTIVES.team
    assert runbook == f"{address % ('runbooks', OBJECTIVES.runbooks)}/{alert['alert']}.md"
    assert (MONITORING / f"runbooks/{alert['alert']}.md").is_file()
    assert re.fullmatch(
        re.escape(f"{address % ('grafana', OBJECTIVES.grafana)}/d/")
        + r"halocline-(overview|traffic|causes|capacity|data)\?var-namespace=\{\{ \$labels.namespace \}\}",
        dashboard,
    )
    assert alert["annotations"]["summary"]


@pytest.mark.parametrize("alert", ALERTS, ids=label)
def test_an_alert_is_tested_to_fire(alert: dict[str, Any]) -> None:
    labels = alert["labels"]

    assert Proof(alert["alert"], labels.get("slo"), labels.get("long")) in FIRED


@pytest.mark.parametrize("alert", [alert for alert in ALERTS if alert["alert"] != "Watchdog"], ids=label)
def test_an_alert_is_tested_not_to_fire(alert: dict[str, Any]) -> None:
    assert alert["labels"].get("slo", alert["alert"]) in SILENT


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_a_runbook_has_the_required_sections(name: str) -> None:
    headings = [
        line for line in (MONITORING / f"runbooks/{name}.md").read_text("utf-8").splitlines() if line[:1] == "#"
    ]

    expected = ["Meaning", "Impact", "First 5 minutes", "Queries", "Mitigation", "Verification"]
    assert headings == [f"# {name}", *(f"## {heading}" for heading in expected)]
    assert f"({name}.md)" in (MONITORING / "runbooks/README.md").read_text("utf-8")


def test_every_runbook_belongs_to_an_alert() -> None:
    pages = {path.stem for path in (MONITORING / "runbooks").glob("*.md")} - {"README"}

    assert pages == set(ALERT_NAMES)


@pytest.mark.parametrize("rule", RULES, ids=label)
def test_a_rule_reads_only_series_that_exist(rule: dict[str, Any], tmp_path: Path) -> None:
    assert named(rule["expr"]) <= exposed_by_the_app(tmp_path) | RECORDED | FOREIGN


@pytest.mark.parametrize("alert", [alert for alert in ALERTS if "slo" not in alert["labels"]], ids=label)
def test_an_alert_on_what_a_process_does_covers_each_component(alert: dict[str, Any], tmp_path: Path) -> None:
    of_a_process = exposed_by_a_process(tmp_path) | {"scrape_samples_post_metric_relabeling"}
    read = {name: jobs for name, jobs in jobs_read(alert["expr"]).items() if name in of_a_process}

    missing = {
        name: [job for job in SERVING if not any(re.fullmatch(pattern, job) for pattern in jobs)]
        for name, jobs in read.items()
        # Counted by some of the components alone.
        if not name.startswith(("halocline_live_", "halocline_uploads_"))
    }
    assert {name: jobs for name, jobs in missing.items() if jobs} == {}


def test_the_runbook_of_absent_kube_state_metrics_names_each_alert_that_needs_them() -> None:
    text = (MONITORING / "runbooks/KubeStateMetricsAbsent.md").read_text("utf-8").partition("## First")[0]
    blind = {alert["alert"] for alert in ALERTS if any(name.startswith("kube_") for name in named(alert["expr"]))}

    assert sorted(name for name in blind - {"KubeStateMetricsAbsent"} if name not in text) == []


@pytest.mark.parametrize("name", ["AppRolloutStuck", "AppHpaAtMax", "AppHpaBlind", "LiveDown"])
def test_a_runbook_of_an_alert_on_deployments_names_the_exporter_that_it_needs(name: str) -> None:
    text = (MONITORING / f"runbooks/{name}.md").read_text("utf-8").partition("## Impact")[0]

    assert "kube-state-metrics" in text
    assert "(KubeStateMetricsAbsent.md)" in text


@pytest.mark.parametrize("objective", [one for one in OBJECTIVES.slos if one.below_s], ids=lambda one: one.name)
def test_a_latency_objective_is_a_bucket_of_the_histogram(objective: slo.Slo) -> None:
    child = metrics.request_duration.labels("GET", "/", "200")

    assert objective.below_s in child._upper_bounds
