"""The top row: error budget, burn rate and firing alerts."""

from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, figures, rows, steps
from monitoring.dashboards.selectors import SLO
from monitoring.slo import Objectives


def panels(objectives: Objectives) -> list[Panel]:
    """Return the panels on the budget, the burn rate and firing alerts."""
    factors = sorted({float(burn.factor) for burn in objectives.burns})
    colours = steps((factors[0], YELLOW), (factors[-2], RED))
    return [
        figures(
            About(
                "Error budget remaining, 30 days",
                "Below 25 %: deploy only fixes. Below 0: the objective is missed; stop rollouts.",
                objectives.runbook_url("AppErrorBudgetBurn"),
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
                "1 spends exactly the budget in 30 days. Above 6 and 14.4 an alert pages: open the runbook.",
                objectives.runbook_url("AppErrorBudgetBurn"),
                height=6,
            ),
            "none",
            [Query(f"slo:current_burn_rate:ratio1h{{{SLO}}}", "{{slo}}")],
            colours,
            decimals=2,
        ),
        rows(
            About(
                "Firing alerts",
                "Open the runbook of the first critical alert. Watchdog always fires; its absence is a fault.",
                f"{objectives.runbooks}/README.md",
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
