"""The first row of the overview: error budget, burn rate, firing alerts, and the journey through the ingress."""

from monitoring.dashboards import expressions
from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, figures, lines, steps
from monitoring.dashboards.selectors import SLO
from monitoring.dashboards.tables import Column, Key, rows
from monitoring.slo import Objectives

REMAINING = Query(f"slo:error_budget_remaining:ratio30d{{{SLO}}}", "{{slo}}")
FIRING = 'count by (alertname, severity, slo) (ALERTS{alertstate="firing",namespace=~"|$namespace"})'


def errors(objectives: Objectives) -> float:
    """Return the share of server errors that the availability objective allows."""
    return float(objectives.slo("availability").budget)


def panels(objectives: Objectives) -> list[Panel]:
    """Return the panels on the objectives."""
    return [*_now(objectives), *_over_time(objectives)]


def _now(objectives: Objectives) -> list[Panel]:
    factors = sorted({float(burn.factor) for burn in objectives.burns})
    paging = sorted({float(burn.factor) for burn in objectives.burns if burn.severity == "critical"})
    return [
        figures(
            About(
                "Error budget remaining, 30 days",
                "Below 25 %: deploy only fixes. Below 0: the objective is missed; stop rollouts.",
                objectives.runbook_url("AppErrorBudgetBurn"),
                width=7,
                height=6,
            ),
            "percentunit",
            [REMAINING],
            steps((0, YELLOW), (0.25, "green"), base=RED),
            decimals=1,
        ),
        figures(
            About(
                "Burn rate, last hour",
                f"1 spends exactly the budget in 30 days. Above {' and '.join(f'{one:g}' for one in paging)} an alert "
                "pages: open the runbook.",
                objectives.runbook_url("AppErrorBudgetBurn"),
                width=7,
                height=6,
            ),
            "none",
            [Query(f"slo:current_burn_rate:ratio1h{{{SLO}}}", "{{slo}}")],
            steps((factors[0], YELLOW), (paging[0], RED)),
            decimals=2,
        ),
        rows(
            About(
                "Firing alerts",
                "Open the runbook of the first critical alert. Watchdog always fires; its absence is a fault.",
                f"{objectives.runbooks}/README.md",
                width=10,
                height=6,
            ),
            Key("alertname", "alert", "Runbook", f"{objectives.runbooks}/${{__value.raw}}.md", width=220),
            [Column(FIRING, "alerts", "none")],
        ),
    ]


def _over_time(objectives: Objectives) -> list[Panel]:
    """The budget and the burn rates with the alerts' thresholds, and the journey of a visitor."""
    limits = [
        (float(burn.factor), RED if burn.severity == "critical" else YELLOW)
        for burn in sorted(objectives.burns, key=lambda burn: burn.factor)
    ]
    return [
        lines(
            About(
                "Error budget over time",
                "A steep fall: find its start, and the rollout or alert at that time. A steady fall: errors are usual.",
                objectives.runbook_url("AppErrorBudgetBurn"),
            ),
            "percentunit",
            [REMAINING],
            lowest=-1,  # A missed objective must not flatten the others.
        ),
        lines(
            About(
                "Burn rate by window, highest of the objectives",
                "An alert fires while its long and its short window exceed its line. Only the long one: it is over.",
                objectives.runbook_url("AppErrorBudgetBurn"),
            ),
            "none",
            [Query(_burning(burn.long), burn.long) for burn in objectives.burns],
            limits,
        ),
        lines(
            About(
                "Journey through the ingress",
                "Below the line while the panels below are healthy: ingress, DNS or certificate. Request the address "
                "from outside.",
                objectives.runbook_url("AppJourneyBudgetBurn"),
            ),
            "percentunit",
            [Query(expressions.JOURNEY, "successful")],
            [(float(objectives.slo("journey").objective), "green")],
        ),
    ]


def _burning(window: str) -> str:
    budget = '(1 - max by (slo) (slo:objective:ratio{service="$service"}))'
    return f"max(max by (slo) (slo:error_ratio:rate{window}{{{SLO}}}) / on (slo) {budget})"
