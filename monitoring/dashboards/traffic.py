"""Panels on traffic."""

from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, heat_of, lines, rows
from monitoring.dashboards.selectors import DURATION, ROUTED
from monitoring.slo import Objectives

BY_CLASS = '"status", "${1}xx", "http_response_status_code", "(.).."'


ERRORS = f'{DURATION}_count{{{ROUTED},http_response_status_code=~"5.."}}'


def panels(objectives: Objectives) -> list[Panel]:
    """Return the panels on rate, errors and latency, for all routes or the selected ones."""
    return [*_requests(objectives), *_latency(objectives), _routes(objectives)]


def _requests(objectives: Objectives) -> list[Panel]:
    """Rate and share of errors."""
    rate = f"rate({DURATION}_count{{{ROUTED}}}[$__rate_interval])"
    budget = float(objectives.slo("availability").budget)
    return [
        lines(
            About(
                "Requests by status class",
                "A sudden drop without 5xx: check the ingress and DNS. Only 4xx: a client or a broken link.",
                objectives.runbook_url("AppErrorBudgetBurn"),
            ),
            "reqps",
            [Query(f"sum by (status) (label_replace({rate}, {BY_CLASS}))", "{{status}}")],
        ),
        lines(
            About(
                "Share of server errors",
                "Above the line the availability budget shrinks. Find the route in the table, then read its logs.",
                objectives.runbook_url("AppErrorBudgetBurn"),
            ),
            "percentunit",
            [
                Query(
                    f"(sum(rate({ERRORS}[$__rate_interval])) or sum({rate}) * 0) / (sum({rate}) > 0)",
                    "5xx",
                )
            ],
            [(budget, RED)],
        ),
    ]


def _latency(objectives: Objectives) -> list[Panel]:
    """Percentiles and the distribution."""
    slow = [(float(slo.below_s), YELLOW if slo.below_s < 1 else RED) for slo in objectives.slos if slo.below_s]
    buckets = f"sum by (le) (rate({DURATION}_bucket{{{ROUTED}}}[$__rate_interval]))"
    return [
        lines(
            About(
                "Latency",
                "Lines: the thresholds of the objectives. Only p99 rises: one slow route. All rise: saturation or a "
                "dependency.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
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
                "Two bands: two kinds of requests, or one slow pod. Select a $route to distinguish them.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
                width=12,
            ),
            "s",
            f"sum by (le) (increase({DURATION}_bucket{{{ROUTED}}}[$__rate_interval]))",
        ),
    ]


def _routes(objectives: Objectives) -> Panel:
    """A table with a row for each route."""
    by_route = "sum by (http_route)"
    total = f"{by_route} (rate({DURATION}_count{{{ROUTED}}}[$__rate_interval]))"
    p95 = f"histogram_quantile(0.95, sum by (le, http_route) (rate({DURATION}_bucket{{{ROUTED}}}[$__rate_interval])))"
    return rows(
        About(
            "Routes",
            "Sort by errors or p95, then select that $route and read the panels above.",
            objectives.runbook_url("AppErrorBudgetBurn"),
            width=12,
        ),
        [
            (f"{total} > 0", "requests", "reqps"),
            (
                f"({by_route} (rate({ERRORS}[$__rate_interval])) or {total} * 0) / ({total} > 0)",
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
    )
