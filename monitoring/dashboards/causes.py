"""Panels on possible causes."""

from monitoring.dashboards.panels import RED, About, Panel, Query, lines, rows, states, steps
from monitoring.dashboards.selectors import APP
from monitoring.slo import Objectives


def panels(objectives: Objectives) -> list[Panel]:
    """Return the panels on dependencies, restarts, imports, versions and the metrics themselves."""
    return [*_events(objectives), *_deployment(objectives)]


def _events(objectives: Objectives) -> list[Panel]:
    """Dependencies, restarts and imports."""
    return [
        states(
            About(
                "Dependencies",
                "Red: unreachable from at least one pod. Redis: slower, still correct. MongoDB: reads return 503.",
                objectives.runbook_url("DependencyDown"),
            ),
            [Query(f"min by (dependency) (halocline_dependency_up{{{APP}}})", "{{dependency}}")],
            steps((1, "green"), base=RED),
        ),
        lines(
            About(
                "Restarts and worker starts",
                "Worker starts without container restarts are recycling or crashes: search the logs for exit.",
                objectives.runbook_url("AppCrashLooping"),
            ),
            "none",
            [
                Query(
                    'sum by (container) (increase(kube_pod_container_status_restarts_total{namespace="$namespace"}'
                    "[$__rate_interval]))",
                    "restarts of {{container}}",
                ),
                Query(
                    f"sum(increase(halocline_worker_starts_total{{{APP}}}[$__rate_interval]))",
                    "worker starts",
                ),
            ],
        ),
        lines(
            About(
                "Imports by outcome, last hour",
                "Refused: `halocline ingest --dry-run` on the file reports the variable and the cause.",
                objectives.runbook_url("ImportsRefused"),
            ),
            "none",
            [
                # Every pod reads the same counters from MongoDB: the maximum, not the sum.
                Query(f"max by (outcome) (increase(halocline_imports_total{{{APP}}}[1h]))", "{{outcome}}")
            ],
        ),
    ]


def _deployment(objectives: Objectives) -> list[Panel]:
    """Versions and the collection of metrics."""
    return [
        rows(
            About(
                "Versions running",
                "Two for longer than a rollout: it is stuck. Compare its start with the start of errors.",
                objectives.runbook_url("AppRolloutStuck"),
                height=6,
            ),
            [
                (
                    f"count by (version, revision, python) (halocline_build_info{{{APP}}})",
                    "pods",
                    "none",
                )
            ],
            key="version",
        ),
        lines(
            About(
                "Time to collect metrics",
                "Above 1 s the metrics on this page become late or incomplete.",
                objectives.runbook_url("MetricsCollectSlow"),
                height=6,
            ),
            "s",
            [Query(f"max by (pod) (halocline_metrics_collect_seconds{{{APP}}})", "{{pod}}")],
            [(1, RED)],
        ),
        lines(
            About(
                "Pods scraped",
                "Fewer than ready replicas: metrics of a pod are missing and every number above is too low.",
                objectives.runbook_url("AppDown"),
                height=6,
            ),
            "none",
            [Query(f"sum(up{{{APP}}})", "scraped"), Query(f"count(up{{{APP}}})", "targets")],
        ),
    ]
