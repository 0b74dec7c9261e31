"""Causes: saturation of the workers, dependencies, and the processes themselves."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards import board, expressions
from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, lines, states, steps
from monitoring.dashboards.selectors import APP, SERVING, WINDOW
from monitoring.slo import Objectives


def build(objectives: Objectives, limits: Mapping[str, float]) -> dashboard.Dashboard:
    """Return the dashboard; `limits` are those of the alerts."""
    return board.built(
        "causes",
        "causes: saturation and dependencies",
        "Which resource or dependency is behind errors and latency: threads, MongoDB, Redis, or the processes.",
        objectives,
        [
            ("Saturation", [threads(objectives), *_saturation(objectives, limits)]),
            ("Dependencies", [dependencies(objectives), *_dependencies(objectives), *_mongodb(objectives, limits)]),
            ("Redis and the page cache", _redis(objectives)),
            ("Processes", [*_processes(objectives), *_metrics(objectives, limits)]),
        ],
    )


def threads(objectives: Objectives) -> Panel:
    """Return the panel on concurrent requests and their limit."""
    return lines(
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
    )


def dependencies(objectives: Objectives) -> Panel:
    """Return the panel on reachable and unreachable dependencies."""
    return states(
        About(
            "Dependencies",
            "Red: unreachable from at least one pod. Redis: slower, still correct. MongoDB: reads return 503.",
            objectives.runbook_url("DependencyDown"),
        ),
        [Query(f"min by (dependency) (halocline_dependency_up{{{SERVING}}})", "{{dependency}}")],
        steps((1, "green"), base=RED),
    )


def saturated_pods(objectives: Objectives, limits: Mapping[str, float]) -> Panel:
    """Return the panel on the saturation of each pod."""
    return lines(
        About(
            "Saturation by pod",
            "One pod high: restart it and keep its logs. All high: raise the autoscaler's maximum.",
            objectives.runbook_url("AppSaturated"),
        ),
        "percentunit",
        [Query(expressions.saturation("pod"), "{{pod}}")],
        [(limits["AppSaturated"], RED)],
    )


def _saturation(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    shed = f"sum by (reason) (rate(halocline_requests_shed_total{{{APP}}}[{WINDOW}]))"
    return [
        saturated_pods(objectives, limits),
        lines(
            About(
                "Requests shed",
                "Intended for seconds in a spike. For minutes: the capacity is exhausted; see the replicas.",
                objectives.runbook_url("AppShedding"),
            ),
            "reqps",
            [Query(shed, "{{reason}}")],
        ),
    ]


def _dependencies(objectives: Objectives) -> list[Panel]:
    """Speed and failures as the app sees them."""
    return [
        lines(
            About(
                "Dependencies: p95 by operation",
                "Rises with the latency of pages: it is the cause. Flat while pages are slow: threads or CPU.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
            ),
            "s",
            [Query(expressions.DEPENDENCY_P95, "{{dependency}} {{operation}}")],
        ),
        lines(
            About(
                "Dependencies: failed operations",
                "Timeouts: the dependency is overloaded or the network drops packets. Errors: read the logs.",
                objectives.runbook_url("DependencyDown"),
            ),
            "ops",
            [Query(expressions.DEPENDENCY_FAILURES, "{{dependency}} {{outcome}}")],
        ),
    ]


def _mongodb(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    return [
        states(
            About(
                "Circuit breakers",
                "Red: at least one worker answers 503 at once because the dependency does not answer.",
                objectives.runbook_url("DependencyDown"),
                width=6,
            ),
            [Query(f"sum by (dependency) (halocline_circuit_breaker_open{{{APP}}})", "{{dependency}}")],
            steps((1, RED)),
        ),
        lines(
            About(
                "MongoDB: pooled connections",
                "At the limit: slow queries hold them, see the p95 of operations. Many idle: nothing to do.",
                objectives.runbook_url("DependencyDown"),
                width=6,
            ),
            "none",
            [Query(expressions.POOL_CONNECTIONS, "{{state}}"), Query(expressions.POOL_LIMIT, "limit")],
        ),
        lines(
            About(
                "MongoDB: mean wait for a connection",
                "Above milliseconds: the pool is exhausted. Find the slow operation before you enlarge the pool.",
                objectives.runbook_url("DependencyDown"),
                width=6,
            ),
            "s",
            [Query(expressions.POOL_WAIT, "wait")],
            [(limits["MongoPoolExhausted"], RED)],
        ),
        lines(
            About(
                "MongoDB: failed checkouts",
                "Requests that got no connection within the timeout and were answered with 503.",
                objectives.runbook_url("DependencyDown"),
                width=6,
            ),
            "none",
            [Query(expressions.POOL_FAILURES, "failed checkouts")],
        ),
    ]


def _redis(objectives: Objectives) -> list[Panel]:
    decisions = f"sum by (storage) (rate(halocline_rate_limit_decisions_total{{{APP}}}[{WINDOW}]))"
    return [
        lines(
            About(
                "Redis: failed uses",
                "Responses are slower, but correct. For minutes: describe the Redis pod, then its network policy.",
                objectives.runbook_url("DependencyDown"),
            ),
            "ops",
            [
                Query(f"sum(rate(halocline_rate_limit_redis_failures_total{{{APP}}}[{WINDOW}]))", "rate limits"),
                Query(f"sum(rate(halocline_page_cache_redis_failures_total{{{APP}}}[{WINDOW}]))", "page cache"),
            ],
        ),
        lines(
            About(
                "Rate limits by storage",
                "In memory, each worker counts for itself, and clients have a multiple of their budget.",
                objectives.runbook_url("DependencyDown"),
            ),
            "reqps",
            [Query(decisions, "{{storage}}")],
        ),
        lines(
            About(
                "Possible age of cached pages",
                "Rises with the clock: the worker cannot read the change log, so MongoDB is unreachable or slow.",
                objectives.runbook_url("DependencyDown"),
            ),
            "s",
            [Query(expressions.PAGE_AGE, "age"), Query(expressions.CHANGE_LAG, "lag of the change log")],
            [(60, YELLOW)],
        ),
    ]


def _processes(objectives: Objectives) -> list[Panel]:
    starts = f"sum(increase(halocline_worker_starts_total{{{APP}}}[{WINDOW}]))"
    return [
        lines(
            About(
                "Memory of the workers",
                "Steady growth between rollouts is a leak: note the version and restart the pods one by one.",
                objectives.runbook_url("AppCrashLooping"),
                width=6,
            ),
            "bytes",
            [Query(expressions.PROCESS_MEMORY, "{{pod}}")],
        ),
        lines(
            About(
                "CPU of the workers",
                "High without traffic: a background refresh or a loop; profile one pod with py-spy.",
                objectives.runbook_url("AppSaturated"),
                width=6,
            ),
            "none",
            [Query(expressions.PROCESS_CPU, "{{pod}}")],
        ),
        lines(
            About(
                "Restarts and worker starts",
                "Worker starts without container restarts are recycling or crashes: search the logs for exit.",
                objectives.runbook_url("AppCrashLooping"),
                width=6,
            ),
            "none",
            [Query(expressions.RESTARTS, "restarts of {{container}}"), Query(starts, "worker starts")],
        ),
        lines(
            About(
                "Log messages by level",
                "Errors rise: filter the logs by level and group them by event.",
                objectives.runbook_url("AppErrorBudgetBurn"),
                width=6,
            ),
            "cps",
            [Query(expressions.LOG_MESSAGES, "{{level}}")],
        ),
    ]


def _metrics(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    """Panels on the collection of metrics: without them, no number on the dashboards is right."""
    return [
        lines(
            About(
                "Pods scraped",
                "Fewer than ready replicas: metrics of a pod are missing and every number above is too low.",
                objectives.runbook_url("AppTargetDown"),
            ),
            "none",
            [Query(f"sum(up{{{SERVING}}})", "scraped"), Query(f"count(up{{{SERVING}}})", "targets")],
        ),
        lines(
            About(
                "Time to collect metrics",
                "Above 1 s the metrics on these dashboards become late or incomplete.",
                objectives.runbook_url("MetricsCollectSlow"),
            ),
            "s",
            [Query(f"max by (pod) (halocline_metrics_collect_seconds{{{SERVING}}})", "{{pod}}")],
            [(limits["MetricsCollectSlow"], RED)],
        ),
        lines(
            About(
                "Metric files",
                "Constant in a healthy pod. Growth: replaced workers get new files instead of their old ones.",
                objectives.runbook_url("MetricsCollectSlow"),
            ),
            "none",
            [Query(f"max by (pod) (halocline_metrics_multiproc_files{{{SERVING}}})", "{{pod}}")],
        ),
    ]
