"""Panels on capacity."""

from monitoring.dashboards.panels import RED, About, Panel, Query, lines
from monitoring.dashboards.selectors import APP, HPA, POD, WEB
from monitoring.slo import Objectives


def panels(objectives: Objectives) -> list[Panel]:
    """Return the panels on threads, replicas, CPU and memory, each with its limit."""
    return [*_threads(objectives), *_replicas(objectives), *_resources(objectives)]


def _threads(objectives: Objectives) -> list[Panel]:
    """Concurrent requests and load shedding."""
    return [
        lines(
            About(
                "In flight and busy threads",
                "Busy near capacity at low traffic: requests wait for a dependency. At high traffic: scale out.",
                objectives.runbook_url("AppSaturated"),
            ),
            "none",
            [
                Query(f"sum(http_server_active_requests{{{APP}}})", "in flight"),
                Query(f"sum(halocline_worker_threads_busy{{{APP}}})", "busy"),
                Query(f"sum(halocline_worker_requests_waiting{{{APP}}})", "waiting"),
                Query(f"sum(halocline_worker_concurrency_limit{{{APP}}})", "capacity"),
            ],
        ),
        lines(
            About(
                "Saturation by pod",
                "One pod high: restart it and keep its logs. All high: raise the autoscaler's maximum.",
                objectives.runbook_url("AppSaturated"),
            ),
            "percentunit",
            [
                Query(
                    f"sum by (pod) (halocline_worker_threads_busy{{{APP}}})"
                    f" / (sum by (pod) (halocline_worker_concurrency_limit{{{APP}}}) > 0)",
                    "{{pod}}",
                )
            ],
            [(0.85, RED)],
        ),
        lines(
            About(
                "Requests shed",
                "Intended for seconds in a spike. For minutes: the capacity is exhausted; see Replicas.",
                objectives.runbook_url("AppShedding"),
            ),
            "reqps",
            [
                Query(
                    f"sum by (reason) (rate(halocline_requests_shed_total{{{APP}}}[$__rate_interval]))",
                    "{{reason}}",
                )
            ],
        ),
    ]


def _replicas(objectives: Objectives) -> list[Panel]:
    """Replicas and the autoscaler."""
    return [
        lines(
            About(
                "Replicas",
                "Ready below desired for minutes: describe the newest pod. Desired at the maximum: raise the maximum.",
                objectives.runbook_url("AppHpaAtMax"),
            ),
            "none",
            [
                Query(f"max(kube_deployment_status_replicas_ready{{{WEB}}})", "ready"),
                Query(f"max(kube_horizontalpodautoscaler_status_desired_replicas{{{HPA}}})", "desired"),
                Query(f"max(kube_horizontalpodautoscaler_spec_min_replicas{{{HPA}}})", "minimum"),
                Query(f"max(kube_horizontalpodautoscaler_spec_max_replicas{{{HPA}}})", "maximum"),
            ],
        ),
        lines(
            About(
                "Autoscaler metric and target",
                "No current value: see AppHpaBlind. Above the target with replicas at the maximum: raise the maximum.",
                objectives.runbook_url("AppHpaBlind"),
            ),
            "percent",
            [
                Query(
                    f'max(kube_horizontalpodautoscaler_status_target_metric{{{HPA},metric_target_type="utilization"}})',
                    "current",
                ),
                Query(
                    f'max(kube_horizontalpodautoscaler_spec_target_metric{{{HPA},metric_target_type="utilization"}})',
                    "target",
                ),
            ],
        ),
    ]


def _resources(objectives: Objectives) -> list[Panel]:
    """CPU and memory."""
    return [
        lines(
            About(
                "CPU by pod and its request",
                "Pods above the request depend on idle CPU of the node: raise the request before traffic grows.",
                objectives.runbook_url("AppSaturated"),
            ),
            "none",
            [
                Query(
                    f"sum by (pod) (rate(container_cpu_usage_seconds_total{{{POD}}}[$__rate_interval]))",
                    "{{pod}}",
                ),
                Query(
                    f'max(kube_pod_container_resource_requests{{{POD},resource="cpu"}})',
                    "request",
                ),
            ],
        ),
        lines(
            About(
                "Memory by pod and its limit",
                "A pod that reaches the limit is killed. Steady growth since a version: roll back.",
                objectives.runbook_url("AppCrashLooping"),
            ),
            "bytes",
            [
                Query(f"sum by (pod) (container_memory_working_set_bytes{{{POD}}})", "{{pod}}"),
                Query(f'max(kube_pod_container_resource_limits{{{POD},resource="memory"}})', "limit"),
            ],
        ),
    ]
