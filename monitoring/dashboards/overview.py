"""The overview, the first dashboard in an incident: objectives, traffic, rollouts, capacity, dependencies, data."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards import board, budget, causes, data, expressions, replicas, traffic
from monitoring.dashboards.panels import RED, About, Panel, Query, lines
from monitoring.dashboards.selectors import APP, DURATION, WEB
from monitoring.dashboards.tables import Column, Key, rows
from monitoring.slo import Objectives


def build(objectives: Objectives, limits: Mapping[str, float]) -> dashboard.Dashboard:
    """Return the dashboard; `limits` are those of the alerts."""
    return board.built(
        "overview",
        "service overview",
        "Start here. Objectives first; then traffic, rollouts, capacity, dependencies and data, each with a dashboard.",
        objectives,
        [
            ("Objectives", budget.panels(objectives)),
            ("Traffic", [*traffic.requests(objectives), traffic.latency(objectives), traffic.table(objectives)]),
            ("Rollouts", _rollouts(objectives)),
            (
                "Capacity, dependencies and data",
                [
                    causes.threads(objectives),
                    replicas.numbers(objectives),
                    causes.dependencies(objectives),
                    data.fresh(objectives),
                    data.imports(objectives),
                    data.backup(objectives, limits),
                ],
            ),
        ],
    )


def _rollouts(objectives: Objectives) -> list[Panel]:
    """Versions, progress, and the new build beside the old one."""
    return [
        rows(
            About(
                "Versions running",
                "Two for longer than a rollout: it is stuck. Compare its start with the start of errors.",
                objectives.runbook_url("AppRolloutStuck"),
                width=6,
            ),
            Key("version", "version"),
            [Column(f"count by (version, revision) (halocline_build_info{{{APP}}})", "pods", "none")],
        ),
        lines(
            About(
                "Rollout",
                "Updated below desired for minutes: describe the newest pod. Old pods are removed only when new ones "
                "are ready.",
                objectives.runbook_url("AppRolloutStuck"),
                width=6,
            ),
            "none",
            [
                Query(f"max(kube_deployment_spec_replicas{{{WEB}}})", "desired"),
                Query(f"max(kube_deployment_status_replicas_updated{{{WEB}}})", "updated"),
                Query(f"max(kube_deployment_status_replicas_available{{{WEB}}})", "available"),
            ],
        ),
        *_by_build(objectives),
    ]


def _by_build(objectives: Objectives) -> list[Panel]:
    """Errors and latency of each build that serves requests."""
    total = expressions.by_version(f"{DURATION}_count")
    bad = expressions.by_version(f"{DURATION}_count", 'http_response_status_code=~"5.."')
    build = "sum by (version, revision)"
    buckets = expressions.by_version(f"{DURATION}_bucket", expressions.SUCCESSFUL)
    return [
        lines(
            About(
                "Server errors by version",
                "Only the new version has errors: roll back, `kubectl rollout undo deployment/web`.",
                objectives.runbook_url("AppErrorBudgetBurn"),
                width=6,
            ),
            "percentunit",
            [
                Query(
                    f"({build} ({bad}) or {build} ({total}) * 0) / ({build} ({total}) > 0)",
                    "{{version}} {{revision}}",
                )
            ],
            [(budget.errors(objectives), RED)],
            at_least=2 * budget.errors(objectives),
        ),
        lines(
            About(
                "p95 by version",
                "The new version is slower under the same load: roll back, then compare the routes.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
                width=6,
            ),
            "s",
            [
                Query(
                    f"histogram_quantile(0.95, sum by (le, version, revision) ({buckets}))", "{{version}} {{revision}}"
                )
            ],
            traffic.latency_limits(objectives),
        ),
    ]
