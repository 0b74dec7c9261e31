"""Rule groups in Prometheus format, as the data from which the YAML files are written. Pure functions."""

from typing import Any

from monitoring import indicators
from monitoring.slo import Burn, Objectives, Slo
from monitoring.strict_yaml import seconds

SEEN = "halocline:namespace:seen1d"
# Long windows change slowly and are the most expensive; once a minute suffices for alerts with a `for` of an hour.
LONG_S = 6 * 3600
LONG_INTERVAL = "1m"

Rule = dict[str, Any]


def _recorded(objectives: Objectives, slo: Slo, record: str, expr: str) -> Rule:
    return {"record": record, "expr": expr + "\n", "labels": {"service": objectives.service, "slo": slo.name}}


def recordings(objectives: Objectives) -> list[Rule]:
    """Return the groups of recording rules: platforms, error ratio per window, remaining budget, burn rate."""
    short = tuple(window for window in objectives.windows if seconds(window) < LONG_S)
    long = tuple(window for window in objectives.windows if seconds(window) >= LONG_S)
    return [
        {"name": "halocline-platforms", "rules": indicators.platforms(objectives)},
        {"name": "halocline-slo-short", "rules": _ratios(objectives, short)},
        {"name": "halocline-slo-long", "interval": LONG_INTERVAL, "rules": _ratios(objectives, long)},
        {
            "name": "halocline-slo-budget",
            "interval": LONG_INTERVAL,
            "rules": [rule for slo in objectives.slos for rule in _budget(objectives, slo)],
        },
    ]


def _ratios(objectives: Objectives, windows: tuple[str, ...]) -> list[Rule]:
    ratios = [
        _recorded(objectives, slo, f"slo:error_ratio:rate{window}", indicators.ratio(objectives, slo, window))
        for slo in objectives.slos
        for window in windows
        if any(window in (burn.long, burn.short) for burn in objectives.rows_of(slo))
    ]
    counts = [
        _recorded(objectives, slo, f"slo:bad:increase{window}", indicators.bad(objectives, slo, window, "increase"))
        for slo in objectives.slos
        for window in windows
        if any(burn.is_page and window == burn.long for burn in objectives.rows_of(slo))
    ]
    return ratios + counts


def _budget(objectives: Objectives, slo: Slo) -> list[Rule]:
    here = f'{{service="{objectives.service}",slo="{slo.name}"}}'
    # Sums of numerator and denominator weight each minute by its traffic; a mean of ratios would not.
    spent = f"sum_over_time(slo:bad:rate5m{here}[30d])\n/\n(sum_over_time(slo:valid:rate5m{here}[30d]) > 0)"
    hour = indicators.ratio(objectives, slo, "1h")
    if any("1h" in (burn.long, burn.short) for burn in objectives.rows_of(slo)):
        hour = f"slo:error_ratio:rate1h{here}"
    return [
        _recorded(objectives, slo, "slo:objective:ratio", f"vector({slo.objective})"),
        _recorded(objectives, slo, "slo:bad:rate5m", indicators.bad(objectives, slo, "5m")),
        _recorded(objectives, slo, "slo:valid:rate5m", indicators.valid(objectives, slo, "5m")),
        _recorded(
            objectives,
            slo,
            "slo:error_budget_remaining:ratio30d",
            f"1 - (\n{indicators.indent(spent)}\n) / {slo.budget}",
        ),
        _recorded(objectives, slo, "slo:current_burn_rate:ratio1h", f"{hour} / {slo.budget}"),
    ]


def burn_alerts(objectives: Objectives) -> list[Rule]:
    """Return one group: every objective with the rows of the burn table that apply to it."""
    rules = [_burn_alert(objectives, slo, burn) for slo in objectives.slos for burn in objectives.rows_of(slo)]
    return [{"name": "halocline-slo-burn", "rules": rules}]


def _burn_alert(objectives: Objectives, slo: Slo, burn: Burn) -> Rule:
    here = f'{{service="{objectives.service}",slo="{slo.name}"}}'
    limit = f"({burn.factor} * {slo.budget})"
    conditions = [
        f"slo:error_ratio:rate{burn.long}{here} > {limit}\n",
        f"slo:error_ratio:rate{burn.short}{here} > {limit}\n",
    ]
    if burn.is_page:
        conditions.append(f"slo:bad:increase{burn.long}{here} > {slo.page_above}\n")
    summary = (
        f"{{{{ $value | humanizePercentage }}}} of the {indicators.EVENTS[slo.indicator]} of the last {burn.long} "
        f"missed {slo.name} ({slo.title}, {slo.percent}): "
        f"more than {burn.factor} times the sustainable burn rate."
    )
    return {
        "alert": slo.alert,
        "expr": "and\n".join(conditions),
        "for": burn.hold,
        "keep_firing_for": objectives.keep_firing_for,
        # The labels long and short distinguish the rules: promtool refuses two with the same name and labels.
        "labels": {
            "severity": burn.severity,
            "slo": slo.name,
            "long": burn.long,
            "short": burn.short,
            "team": objectives.team,
        },
        "annotations": _annotations(objectives, slo.alert, summary, indicators.DASHBOARDS[slo.indicator]),
    }


def other_alerts(objectives: Objectives, rows: list[dict[str, Any]]) -> list[Rule]:
    """Return two groups: the namespaces in which Halocline runs, and the alerts of the rows of alerts.yaml."""
    seen = {
        "record": SEEN,
        "expr": f'group by (namespace) (last_over_time(up{{job="{objectives.job}"}}[1d]))\n',
    }
    return [
        {"name": "halocline-namespaces", "rules": [seen]},
        {"name": "halocline-alerts", "rules": [_alert(objectives, row) for row in rows]},
    ]


def _alert(objectives: Objectives, row: dict[str, Any]) -> Rule:
    rule: Rule = {"alert": row["alert"], "expr": row["expr"]}
    rule |= {key: row[key] for key in ("for", "keep_firing_for") if key in row}
    rule["labels"] = {"severity": row["severity"], "service": objectives.service, "team": objectives.team}
    rule["annotations"] = _annotations(objectives, row["alert"], row["summary"], row["dashboard"])
    return rule


def _annotations(objectives: Objectives, alert: str, summary: str, dashboard: str) -> dict[str, str]:
    """Return the annotations of an alert; an external label of Prometheus replaces the address of each link."""
    board = f"{objectives.service}-{dashboard}?var-namespace={{{{ $labels.namespace }}}}"
    return {
        "summary": summary,
        "dashboard_url": f"{_address('grafana', objectives.grafana)}/d/{board}",
        "runbook_url": f"{_address('runbooks', objectives.runbooks)}/{alert}.md",
    }


def _address(label: str, default: str) -> str:
    # Kustomize replaces the default, too: it is the text between the quotes.
    return f'{{{{ or $externalLabels.halocline_{label} "{default}" }}}}'
