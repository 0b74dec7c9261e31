"""What visitors feel."""

from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, heat_of, lines, rows
from monitoring.dashboards.selectors import DURATION, ROUTED
from monitoring.slo import Objectives

BY_CLASS = '"status", "${1}xx", "http_response_status_code", "(.).."'


def panels(told: Objectives) -> list[Panel]:
    """Rate, errors and latency, for all routes or the chosen ones."""
    slow = [(float(slo.below_s), YELLOW if slo.below_s < 1 else RED) for slo in told.slos if slo.below_s]
    rate = f"rate({DURATION}_count{{{ROUTED}}}[$__rate_interval])"
    buckets = f"sum by (le) (rate({DURATION}_bucket{{{ROUTED}}}[$__rate_interval]))"
    errors = f'{DURATION}_count{{{ROUTED},http_response_status_code=~"5.."}}'
    budget = float(told.slo("availability").budget)
    by_route = "sum by (http_route)"
    total = f"{by_route} (rate({DURATION}_count{{{ROUTED}}}[$__rate_interval]))"
    p95 = f"histogram_quantile(0.95, sum by (le, http_route) (rate({DURATION}_bucket{{{ROUTED}}}[$__rate_interval])))"
    return [
        lines(
            About(
                "Requests by status class",
                "A sudden drop with no 5xx: look at the ingress and DNS. 4xx alone: a client or a broken link.",
                told.runbook_url("AppErrorBudgetBurn"),
            ),
            "reqps",
            [Query(f"sum by (status) (label_replace({rate}, {BY_CLASS}))", "{{status}}")],
        ),
        lines(
            About(
                "Share of server errors",
                "Above the line the availability budget shrinks. Find the route in the table, then its logs.",
                told.runbook_url("AppErrorBudgetBurn"),
            ),
            "percentunit",
            [
                Query(
                    f"(sum(rate({errors}[$__rate_interval])) or sum({rate}) * 0) / (sum({rate}) > 0)",
                    "5xx",
                )
            ],
            [(budget, RED)],
        ),
        lines(
            About(
                "Latency",
                "Lines: the thresholds of the objectives. p99 alone up: one slow route. All up: saturation or a "
                "dependency.",
                told.runbook_url("AppLatencyBudgetBurn"),
            ),
            "s",
            [
                Query(f"histogram_quantile(0.5, {buckets})", "p50"),
                Query(f"histogram_quantile(0.95, {buckets})", "p95"),
                Query(f"histogram_quantile(0.99, {buckets})", "p99"),
            ],
            slow,
        ),
        heat_of(
            About(
                "Latency, all requests",
                "Two bands: two kinds of requests, or one slow pod. Choose a $route to tell them apart.",
                told.runbook_url("AppLatencyBudgetBurn"),
                width=12,
            ),
            "s",
            f"sum by (le) (increase({DURATION}_bucket{{{ROUTED}}}[$__rate_interval]))",
        ),
        rows(
            About(
                "Routes",
                "Sort by errors or p95, then set $route to that route and read the panels above again.",
                told.runbook_url("AppErrorBudgetBurn"),
                width=12,
            ),
            [
                (f"{total} > 0", "requests", "reqps"),
                (
                    f"({by_route} (rate({errors}[$__rate_interval])) or {total} * 0) / ({total} > 0)",
                    "errors",
                    "percentunit",
                ),
                (
                    f"{p95} and on (http_route) ({total} > 0)",
                    "p95",
                    "s",
                ),
            ],
            key="http_route",
        ),
    ]
