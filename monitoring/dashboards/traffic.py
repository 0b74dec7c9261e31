"""Traffic by route: rate, errors, latency, the page cache, and what is refused."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards import board, budget, expressions
from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, heat_of, lines
from monitoring.dashboards.selectors import APP, DURATION, ROUTED, WINDOW
from monitoring.dashboards.tables import Column, Key, rows
from monitoring.slo import Objectives

# Lines for the ten routes with the highest values: more would not be readable.
MOST_ROUTES = 10


def build(objectives: Objectives, _limits: Mapping[str, float]) -> dashboard.Dashboard:
    """Return the dashboard, which has no limit of an alert on causes."""
    built = board.built(
        "traffic",
        "traffic by route",
        "Select a route, then read its errors and latency. Logs opens the requests of that route in Loki.",
        objectives,
        [
            ("Requests", [*requests(objectives), *_statuses(objectives)]),
            ("Latency", [latency(objectives), *_latencies(objectives)]),
            ("Routes", [table(objectives, width=24)]),
            ("Cache and limits", [*_cache(objectives), *_refusals(objectives)]),
        ],
    )
    logs = dashboard.DatasourceVariable("logs").label("Logs").type("loki")
    return built.with_variable(logs).link(board.link("Logs", board.logs()))


def latency_limits(objectives: Objectives) -> list[tuple[float, str]]:
    """Return the thresholds of the latency objectives: the slowest is red."""
    bounds = sorted(float(slo.below_s) for slo in objectives.slos if slo.below_s)
    return [(bound, RED if bound == bounds[-1] else YELLOW) for bound in bounds]


def requests(objectives: Objectives) -> list[Panel]:
    """Return the panels on the rate and the share of errors of the selected routes."""
    rate = f"rate({DURATION}_count{{{ROUTED}}}[{WINDOW}])"
    return [
        lines(
            About(
                "Requests by status class",
                "A sudden drop without 5xx: check the ingress and DNS. Only 4xx: a client or a broken link.",
                objectives.runbook_url("AppErrorBudgetBurn"),
            ),
            "reqps",
            [Query(f"sum by (status) (label_replace({rate}, {expressions.BY_CLASS}))", "{{status}}")],
        ),
        lines(
            About(
                "Share of server errors",
                "Above the line the availability budget shrinks. Find the route in the table, then read its logs.",
                objectives.runbook_url("AppErrorBudgetBurn"),
            ),
            "percentunit",
            [Query(expressions.errors(), "5xx")],
            [(budget.errors(objectives), RED)],
            at_least=2 * budget.errors(objectives),
        ),
    ]


def latency(objectives: Objectives) -> Panel:
    """Return the panel on percentiles of the selected routes."""
    return lines(
        About(
            "Latency",
            "Of successful requests. Lines: the thresholds of the objectives. Only p99 rises: one slow route. All: "
            "saturation or a dependency.",
            objectives.runbook_url("AppLatencyBudgetBurn"),
        ),
        "s",
        [Query(expressions.quantile(share), f"p{round(share * 100)}") for share in (0.5, 0.95, 0.99)],
        latency_limits(objectives),
    )


def table(objectives: Objectives, width: int = 24) -> Panel:
    """Return the table of routes; a click on one opens this dashboard for that route."""
    total = expressions.requests(by="http_route")
    return rows(
        About(
            "Routes",
            "Sort by errors or p95, then click the route for its own figures and logs.",
            objectives.runbook_url("AppErrorBudgetBurn"),
            width=width,
        ),
        Key("http_route", "route", "Traffic of this route", board.address("traffic", "route")),
        [
            Column(f"{total} > 0", "requests", "reqps"),
            Column(
                expressions.errors(by="http_route"),
                "errors",
                "percentunit",
                [(budget.errors(objectives), RED)],
            ),
            Column(
                f"{expressions.quantile(0.95, by='http_route')} and on (http_route) ({total} > 0)",
                "p95",
                "s",
                latency_limits(objectives),
            ),
        ],
        sort_by="requests",
    )


def _statuses(objectives: Objectives) -> list[Panel]:
    rate = f'rate({DURATION}_count{{{ROUTED},http_response_status_code=~"[45]..?"}}[{WINDOW}])'
    return [
        lines(
            About(
                "Errors by status",
                "404 of __unmatched__: scanners. 429: rate limits. 503: load shedding, or MongoDB is unreachable.",
                objectives.runbook_url("AppShedding"),
            ),
            "reqps",
            [
                Query(
                    f"sum by (http_response_status_code) ({rate})",
                    "{{http_response_status_code}}",
                )
            ],
        ),
        lines(
            About(
                "Requests by route",
                "One route rises alone: a crawler or a new client; see its user agent in the logs.",
                objectives.runbook_url("AppSaturated"),
                width=12,
            ),
            "reqps",
            [Query(f"topk({MOST_ROUTES}, {expressions.requests(by='http_route')} > 0)", "{{http_route}}")],
        ),
        lines(
            About(
                "Server errors by route",
                "One route: read its logs. All routes: a dependency or a rollout, see the causes.",
                objectives.runbook_url("AppErrorBudgetBurn"),
                width=12,
            ),
            "percentunit",
            [Query(f"topk({MOST_ROUTES}, {expressions.errors(by='http_route')})", "{{http_route}}")],
            [(budget.errors(objectives), RED)],
            at_least=2 * budget.errors(objectives),
        ),
    ]


def _latencies(objectives: Objectives) -> list[Panel]:
    """The distribution, the slowest routes, and the share that the objectives count as good."""
    fast = [(slo, float(slo.below_s)) for slo in objectives.slos if slo.below_s]
    return [
        heat_of(
            About(
                "Distribution of the latency of successful requests",
                "Two bands: two kinds of requests, or one slow pod. Select a route to distinguish them.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
            ),
            "s",
            f"sum by (le) (increase({DURATION}_bucket{{{ROUTED},{expressions.SUCCESSFUL}}}[{WINDOW}]))",
        ),
        lines(
            About(
                "Share of fast responses",
                "As the objectives count them. Below a line its budget shrinks: see the slowest routes.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
            ),
            "percentunit",
            [Query(expressions.within(limit_s), slo.name) for slo, limit_s in fast],
            sorted((float(slo.objective), YELLOW) for slo, _ in fast),
            lowest=None,
        ),
        lines(
            About(
                "p95 by route, slowest",
                "Exports are slow by nature. Another route above the line: read its logs, then the dependencies.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
                width=16,
            ),
            "s",
            [Query(f"topk({MOST_ROUTES}, {expressions.quantile(0.95, by='http_route')} > 0)", "{{http_route}}")],
            latency_limits(objectives),
        ),
        lines(
            About(
                "Journey of a visitor by step",
                "Slower than p95 of the step's route: the ingress or the network. A missing step failed.",
                objectives.runbook_url("AppLatencyBudgetBurn"),
            ),
            "s",
            [Query(expressions.JOURNEY_STEPS, "{{step}}")],
        ),
    ]


def _cache(objectives: Objectives) -> list[Panel]:
    total = f"sum(rate(halocline_page_cache_requests_total{{{APP}}}[{WINDOW}]))"
    used = f'sum(rate(halocline_page_cache_requests_total{{{APP},outcome=~"hit|stale"}}[{WINDOW}]))'
    return [
        lines(
            About(
                "Page cache by outcome",
                "Many misses: changed data, or addresses that differ. Stale for minutes: rendering fails.",
                objectives.runbook_url("AppSaturated"),
                width=6,
            ),
            "reqps",
            [Query(f"sum by (outcome) (rate(halocline_page_cache_requests_total{{{APP}}}[{WINDOW}]))", "{{outcome}}")],
        ),
        lines(
            About(
                "Page cache hits",
                "Falls during an import, when pages change. Low without one: see the routes and the cache's size.",
                objectives.runbook_url("AppSaturated"),
                width=6,
            ),
            "percentunit",
            [Query(f"{used} / ({total} > 0)", "hits")],
        ),
    ]


def _refusals(objectives: Objectives) -> list[Panel]:
    denied = f'sum by (policy) (rate(halocline_rate_limit_decisions_total{{{APP},decision="deny"}}[{WINDOW}]))'
    return [
        lines(
            About(
                "Refused by a rate limit",
                "One client: leave it. Many: the ingress hides their addresses, or the limit is too low.",
                objectives.runbook_url("AppShedding"),
                width=6,
            ),
            "reqps",
            [Query(denied, "{{policy}}")],
        ),
        lines(
            About(
                "Shed requests and refused downloads",
                "Shedding for minutes: the capacity is exhausted, see the replicas. Downloads: the limit of a worker.",
                objectives.runbook_url("AppShedding"),
                width=6,
            ),
            "reqps",
            [
                Query(f"sum by (reason) (rate(halocline_requests_shed_total{{{APP}}}[{WINDOW}]))", "shed: {{reason}}"),
                Query(
                    f"sum by (limit) (rate(halocline_downloads_refused_total{{{APP}}}[{WINDOW}]))",
                    "download: {{limit}}",
                ),
            ],
        ),
    ]
