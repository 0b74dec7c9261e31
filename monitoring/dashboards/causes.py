"""What may be behind it."""

from monitoring.dashboards.panels import RED, About, Panel, Query, lines, rows, states, steps
from monitoring.dashboards.selectors import APP
from monitoring.slo import Objectives


def panels(told: Objectives) -> list[Panel]:
    """Dependencies, restarts, imports, versions and the measuring itself."""
    return [
        states(
            About(
                "Dependencies",
                "Red: at least one pod cannot reach it. Redis: slower, never wrong. MongoDB: 503 on what is read.",
                told.runbook_url("DependencyDown"),
            ),
            [Query(f"min by (dependency) (halocline_dependency_up{{{APP}}})", "{{dependency}}")],
            steps((1, "green"), base=RED),
        ),
        lines(
            About(
                "Restarts and worker starts",
                "Worker starts without container restarts are recycling, or crashes: look for exit in the logs.",
                told.runbook_url("AppCrashLooping"),
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
                "Refused: `halocline ingest --dry-run` on the file names the variable and the cause.",
                told.runbook_url("ImportsRefused"),
            ),
            "none",
            [
                # Every pod reads the same counters from MongoDB: the maximum, not the sum.
                Query(f"max by (outcome) (increase(halocline_imports_total{{{APP}}}[1h]))", "{{outcome}}")
            ],
        ),
        rows(
            About(
                "Versions running",
                "Two for longer than a rollout: it is stuck. Compare its time with where errors began.",
                told.runbook_url("AppRolloutStuck"),
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
                "Above 1 s the figures on this page begin to be late or missing.",
                told.runbook_url("MetricsCollectSlow"),
                height=6,
            ),
            "s",
            [Query(f"max by (pod) (halocline_metrics_collect_seconds{{{APP}}})", "{{pod}}")],
            [(1, RED)],
        ),
        lines(
            About(
                "Pods scraped",
                "Fewer than replicas ready: metrics of a pod are missing and every figure above is too low.",
                told.runbook_url("AppDown"),
                height=6,
            ),
            "none",
            [Query(f"sum(up{{{APP}}})", "answering"), Query(f"count(up{{{APP}}})", "found")],
        ),
    ]
