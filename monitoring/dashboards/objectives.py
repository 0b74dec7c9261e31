"""The top row: are the objectives kept."""

from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, figures, rows, steps
from monitoring.dashboards.selectors import SLO
from monitoring.slo import Objectives


def panels(told: Objectives) -> list[Panel]:
    """Budget, pace and what fires."""
    factors = sorted({float(burn.factor) for burn in told.burns})
    paces = steps((factors[0], YELLOW), (factors[-2], RED))
    return [
        figures(
            About(
                "Error budget left, 30 days",
                "Below 25 %: ship only what makes it better. Below 0: the objective is missed; stop rollouts.",
                told.runbook_url("AppErrorBudgetBurn"),
                height=6,
            ),
            "percentunit",
            [Query(f"slo:error_budget_remaining:ratio30d{{{SLO}}}", "{{slo}}")],
            steps((0, YELLOW), (0.25, "green"), base=RED),
            decimals=1,
        ),
        figures(
            About(
                "Burn rate, last hour",
                "1 spends exactly the budget in 30 days. At 6 and 14.4 someone is paged: open the runbook.",
                told.runbook_url("AppErrorBudgetBurn"),
                height=6,
            ),
            "none",
            [Query(f"slo:current_burn_rate:ratio1h{{{SLO}}}", "{{slo}}")],
            paces,
            decimals=2,
        ),
        rows(
            About(
                "Firing alerts",
                "Open the runbook of the first critical one. Watchdog always fires; its absence is the alarm.",
                f"{told.runbooks}/README.md",
                height=6,
            ),
            [
                (
                    'count by (alertname, severity, slo) (ALERTS{alertstate="firing",namespace=~"|$namespace"})',
                    "alerts",
                    "none",
                )
            ],
            key="alertname",
        ),
    ]
