"""How much room is left."""

from monitoring.dashboards.panels import RED, About, Panel, Query, lines
from monitoring.dashboards.selectors import APP, HPA, POD, WEB
from monitoring.slo import Objectives


def panels(told: Objectives) -> list[Panel]:
    """Threads, replicas, CPU and memory against what there is."""
    return [
        lines(
            About(
                "In flight and busy threads",
                "Busy near capacity with little traffic: requests hang on a dependency. With much: scale out.",
                told.runbook_url("AppSaturated"),
            ),
            "none",
            [
                Query(f"sum(http_server_active_requests{{{APP}}})", "in flight"),
                Query(f"sum(halocline_worker_threads_busy{{{APP}}})", "busy"),
                Query(f"sum(halocline_worker_places{{{APP}}})", "capacity"),
            ],
        ),
        lines(
            About(
                "Saturation by pod",
                "One pod high: restart it and keep its logs. All high: raise the autoscaler's maximum.",
                told.runbook_url("AppSaturated"),
            ),
            "percentunit",
            [
                Query(
                    f"sum by (pod) (halocline_worker_threads_busy{{{APP}}})"
                    f" / (sum by (pod) (halocline_worker_places{{{APP}}}) > 0)",
                    "{{pod}}",
                )
            ],
            [(0.85, RED)],
        ),
        lines(
            About(
                "Requests turned away",
                "Seconds of it in a spike are by design. For minutes: there is no room left; see replicas.",
                told.runbook_url("AppShedding"),
            ),
            "reqps",
            [
                Query(
                    f"sum by (reason) (rate(halocline_requests_shed_total{{{APP}}}[$__rate_interval]))",
                    "{{reason}}",
                )
            ],
        ),
        lines(
            About(
                "Replicas",
                "Ready below wanted for minutes: describe the newest pod. Wanted at the maximum: no room left.",
                told.runbook_url("AppHpaAtMax"),
            ),
            "none",
            [
                Query(f"max(kube_deployment_status_replicas_ready{{{WEB}}})", "ready"),
                Query(f"max(kube_horizontalpodautoscaler_status_desired_replicas{{{HPA}}})", "wanted"),
                Query(f"max(kube_horizontalpodautoscaler_spec_min_replicas{{{HPA}}})", "minimum"),
                Query(f"max(kube_horizontalpodautoscaler_spec_max_replicas{{{HPA}}})", "maximum"),
            ],
        ),
        lines(
            About(
                "What the autoscaler sees",
                "No line for now: it is blind, see AppHpaBlind. Now above target and replicas at maximum: raise it.",
                told.runbook_url("AppHpaBlind"),
            ),
            "percent",
            [
                Query(
                    f'max(kube_horizontalpodautoscaler_status_target_metric{{{HPA},metric_target_type="utilization"}})',
                    "now",
                ),
                Query(
                    f'max(kube_horizontalpodautoscaler_spec_target_metric{{{HPA},metric_target_type="utilization"}})',
                    "target",
                ),
            ],
        ),
        lines(
            About(
                "CPU by pod and its request",
                "Pods above the request live on what neighbours leave: raise the request before traffic does.",
                told.runbook_url("AppSaturated"),
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
                "A pod that climbs to the limit is killed there. Steady growth since a version: roll back.",
                told.runbook_url("AppCrashLooping"),
            ),
            "bytes",
            [
                Query(f"sum by (pod) (container_memory_working_set_bytes{{{POD}}})", "{{pod}}"),
                Query(f'max(kube_pod_container_resource_limits{{{POD},resource="memory"}})', "limit"),
            ],
        ),
    ]
