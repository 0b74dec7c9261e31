"""Rule groups in Prometheus format, as the data from which the YAML files are written. Pure functions."""

from typing import Any

from monitoring.slo import Burn, Objectives, Slo

DURATION = "http_server_request_duration_seconds"
SEEN = "halocline:namespace:seen1d"
# Long windows change slowly and are the most expensive; once a minute suffices for alerts with a `for` of an hour.
SHORT_WINDOWS = ("5m", "30m", "1h", "2h")
LONG_WINDOWS = ("6h", "1d", "3d")
LONG_INTERVAL = "1m"

Rule = dict[str, Any]


def _sum(objectives: Objectives, function: str, suffix: str, window: str, *matchers: str) -> str:
    selector = ",".join((f'job="{objectives.job}"', *matchers))
    return f"sum by (namespace) ({function}({DURATION}_{suffix}{{{selector}}}[{window}]))"


def valid(objectives: Objectives, slo: Slo, window: str, function: str = "rate") -> str:
    """Return the rate of requests that the objective covers, or with `increase` their number."""
    if slo.below_s is None:
        return _sum(objectives, function, "count", window)
    return _sum(objectives, function, "count", window, 'http_response_status_code!~"5.."')


def bad(objectives: Objectives, slo: Slo, window: str, function: str = "rate") -> str:
    """Return the rate, or number, of requests that spend the budget: 0 while there is no error series, not empty."""
    total = valid(objectives, slo, window, function)
    if slo.below_s is None:
        errors = _sum(objectives, function, "count", window, 'http_response_status_code=~"5.."')
        return f"{errors}\nor\n{total} * 0"
    # Prometheus 3 normalises integer bounds to 1.0, as the Python client writes them.
    bound = f'le="{float(slo.below_s)}"'
    fast = _sum(objectives, function, "bucket", window, 'http_response_status_code!~"5.."', bound)
    return f"{total}\n-\n{fast}"


def ratio(objectives: Objectives, slo: Slo, window: str) -> str:
    """Return the share of bad requests: no sample, instead of NaN, while there is no traffic."""
    return f"(\n{_indent(bad(objectives, slo, window))}\n)\n/\n(\n{_indent(valid(objectives, slo, window))} > 0\n)"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _recorded(objectives: Objectives, slo: Slo, record: str, expr: str) -> Rule:
    return {"record": record, "expr": expr + "\n", "labels": {"service": objectives.service, "slo": slo.name}}


def recordings(objectives: Objectives) -> list[Rule]:
    """Return the groups of recording rules: error ratio per window, remaining budget, burn rate."""
    return [
        {"name": "halocline-slo-short", "rules": _ratios(objectives, SHORT_WINDOWS)},
        {
            "name": "halocline-slo-long",
            "interval": LONG_INTERVAL,
            "rules": _ratios(objectives, LONG_WINDOWS),
        },
        {
            "name": "halocline-slo-budget",
            "interval": LONG_INTERVAL,
            "rules": [rule for slo in objectives.slos for rule in _budget(objectives, slo)],
        },
    ]


def _ratios(objectives: Objectives, windows: tuple[str, ...]) -> list[Rule]:
    counted = [burn.long for burn in objectives.burns if burn.more_than is not None]
    ratios = [
        _recorded(objectives, slo, f"slo:error_ratio:rate{window}", ratio(objectives, slo, window))
        for slo in objectives.slos
        for window in windows
    ]
    counts = [
        _recorded(objectives, slo, f"slo:bad:increase{window}", bad(objectives, slo, window, "increase"))
        for slo in objectives.slos
        for window in windows
        if window in counted
    ]
    return ratios + counts


def _budget(objectives: Objectives, slo: Slo) -> list[Rule]:
    here = f'{{service="{objectives.service}",slo="{slo.name}"}}'
    # Sums of numerator and denominator weight each minute by its traffic; a mean of ratios would not.
    spent = f"sum_over_time(slo:bad:rate5m{here}[30d])\n/\n(sum_over_time(slo:valid:rate5m{here}[30d]) > 0)"
    return [
        _recorded(objectives, slo, "slo:objective:ratio", f"vector({slo.objective})"),
        _recorded(objectives, slo, "slo:bad:rate5m", bad(objectives, slo, "5m")),
        _recorded(objectives, slo, "slo:valid:rate5m", valid(objectives, slo, "5m")),
        _recorded(
            objectives,
            slo,
            "slo:error_budget_remaining:ratio30d",
            f"1 - (\n{_indent(spent)}\n) / {slo.budget}",
        ),
        _recorded(objectives, slo, "slo:current_burn_rate:ratio1h", f"slo:error_ratio:rate1h{here} / {slo.budget}"),
    ]


def burn_alerts(objectives: Objectives) -> list[Rule]:
    """Return one group: every objective with every row of the burn table."""
    rules = [_burn_alert(objectives, slo, burn) for slo in objectives.slos for burn in objectives.burns]
    return [{"name": "halocline-slo-burn", "rules": rules}]


def _burn_alert(objectives: Objectives, slo: Slo, burn: Burn) -> Rule:
    here = f'{{service="{objectives.service}",slo="{slo.name}"}}'
    limit = f"({burn.factor} * {slo.budget})"
    conditions = [
        f"slo:error_ratio:rate{burn.long}{here} > {limit}\n",
        f"slo:error_ratio:rate{burn.short}{here} > {limit}\n",
    ]
    if burn.more_than is not None:
        conditions.append(f"slo:bad:increase{burn.long}{here} > {burn.more_than}\n")
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
        "annotations": {
            "summary": (
                f"{{{{ $value | humanizePercentage }}}} of the requests of the last {burn.long} missed "
                f"{slo.name} ({slo.title}, {(slo.objective * 100).normalize():f} %): "
                f"more than {burn.factor} times the sustainable burn rate."
            ),
            "runbook_url": objectives.runbook_url(slo.alert),
        },
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
    if "for" in row:
        rule["for"] = row["for"]
    rule["labels"] = {"severity": row["severity"], "service": objectives.service, "team": objectives.team}
    rule["annotations"] = {
        "summary": row["summary"],
        "runbook_url": objectives.runbook_url(row["alert"]),
    }
    return rule
