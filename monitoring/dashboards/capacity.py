"""Capacity and autoscaling: replicas, saturation, CPU and memory with their limits, pods and volumes."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards import board, causes, expressions, replicas
from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, lines
from monitoring.dashboards.selectors import APP, LIVE, NAMESPACE, POD, WINDOW
from monitoring.slo import Objectives


def build(objectives: Objectives, limits: Mapping[str, float]) -> dashboard.Dashboard:
    """Return the dashboard; `limits` are those of the alerts."""
    return board.built(
        "capacity",
        "capacity and autoscaling",
        "Is there enough, and does it grow in time: replicas, threads, CPU, memory, volumes.",
        objectives,
        [
            ("Replicas", [replicas.numbers(objectives), *replicas.autoscaler(objectives)]),
            ("Load", _load(objectives, limits)),
            ("CPU", _cpu(objectives)),
            ("Memory", _memory(objectives)),
            ("Pods and volumes", _pods(objectives, limits)),
        ],
    )


def _load(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    return [
        causes.saturated_pods(objectives, limits),
        lines(
            About(
                "Requests per core",
                "Falls at equal traffic: a release made requests more expensive. Compare with docs/capacity.md.",
                objectives.runbook_url("AppSaturated"),
            ),
            "none",
            [Query(f"{expressions.requests(APP)} / ({expressions.cpu()} > 0)", "requests a second for each core")],
        ),
        lines(
            About(
                "Connections by pod",
                "A worker accepts 512. One pod has most: the ingress does not balance; restart its connections.",
                objectives.runbook_url("AppSaturated"),
            ),
            "none",
            [Query(f"sum by (pod) (halocline_worker_connections{{{APP}}})", "{{pod}}")],
        ),
        lines(
            About(
                "Open pages with live events",
                "Near the limit of a pod (HALOCLINE_LIVE_CLIENTS), further pages are refused: add a pod.",
                objectives.runbook_url("LiveRefused"),
            ),
            "none",
            [Query(f"sum by (pod) (halocline_live_clients{{{LIVE}}})", "{{pod}}")],
        ),
    ]


def _cpu(objectives: Objectives) -> list[Panel]:
    request = f'kube_pod_container_resource_requests{{{POD},resource="cpu"}}'
    everything = f"sum by (container) (rate(container_cpu_usage_seconds_total{{{NAMESPACE}}}[{WINDOW}]))"
    return [
        lines(
            About(
                "CPU by pod and its request",
                "Pods above the request depend on idle CPU of the node: raise the request before traffic grows.",
                objectives.runbook_url("AppSaturated"),
            ),
            "none",
            [Query(expressions.cpu("pod"), "{{pod}}"), Query(f"max({request})", "request")],
        ),
        lines(
            About(
                "CPU in use of all requests",
                "Far below the autoscaler's target for days: lower the minimum or the request. It is what you pay for.",
                objectives.runbook_url("AppHpaAtMax"),
            ),
            "percentunit",
            [Query(f"{expressions.cpu()} / (sum({request}) > 0)", "web")],
        ),
        lines(
            About(
                "CPU by container",
                "Another container than app rises: mongod with slow queries, or an import; see the data.",
                objectives.runbook_url("AppSaturated"),
            ),
            "none",
            [Query(everything, "{{container}}")],
        ),
    ]


def _memory(objectives: Objectives) -> list[Panel]:
    limit = f'kube_pod_container_resource_limits{{{POD},resource="memory"}}'
    used = f"sum by (container) (container_memory_working_set_bytes{{{NAMESPACE}}})"
    limits = f'sum by (container) (kube_pod_container_resource_limits{{{NAMESPACE},resource="memory"}})'
    return [
        lines(
            About(
                "Memory by pod and its limit",
                "A pod that reaches the limit is killed. Steady growth since a version: roll back.",
                objectives.runbook_url("AppCrashLooping"),
            ),
            "bytes",
            [
                Query(f"sum by (pod) (container_memory_working_set_bytes{{{POD}}})", "{{pod}}"),
                Query(f"max({limit})", "limit"),
            ],
        ),
        lines(
            About(
                "Memory of the limit by container",
                "Above 90 %: raise the limit and the request together, or find what grows.",
                objectives.runbook_url("AppCrashLooping"),
            ),
            "percentunit",
            [Query(f"{used} / ({limits} > 0)", "{{container}}")],
            [(0.9, YELLOW)],
        ),
        lines(
            About(
                "Page cache of all workers",
                "At its limit with a low hit rate: raise the size of the page cache and the memory of the pods.",
                objectives.runbook_url("AppSaturated"),
            ),
            "bytes",
            [Query(f"sum by (pod) (halocline_page_cache_bytes{{{APP}}})", "{{pod}}")],
        ),
    ]


def _pods(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    phases = f"sum by (phase) (kube_pod_status_phase{{{NAMESPACE}}})"
    left = (
        f"min by (persistentvolumeclaim) (kubelet_volume_stats_available_bytes{{{NAMESPACE}}}"
        f" / kubelet_volume_stats_capacity_bytes{{{NAMESPACE}}})"
    )
    return [
        lines(
            About(
                "Pods by phase",
                "Pending for minutes: no node has room for its requests, or a volume is missing; describe the pod.",
                objectives.runbook_url("AppRolloutStuck"),
                width=6,
            ),
            "none",
            [Query(phases, "{{phase}}")],
        ),
        lines(
            About(
                "Containers that ran out of memory",
                "Containers whose last end was an out-of-memory kill: compare their memory with the limit.",
                objectives.runbook_url("AppCrashLooping"),
                width=6,
            ),
            "none",
            [Query(expressions.OUT_OF_MEMORY, "{{container}}")],
        ),
        lines(
            About(
                "Container restarts",
                "More than one an hour: read the log of the ended container with `kubectl logs --previous`.",
                objectives.runbook_url("AppCrashLooping"),
                width=6,
            ),
            "none",
            [Query(expressions.RESTARTS, "{{container}}")],
        ),
        lines(
            About(
                "Free space of volumes",
                "Below the line: enlarge the claim; MongoDB stops when its volume is full.",
                objectives.runbook_url("VolumeFillingUp"),
                width=6,
            ),
            "percentunit",
            [Query(left, "{{persistentvolumeclaim}}")],
            [(limits["VolumeFillingUp"], RED)],
        ),
    ]
