"""PromQL of the indicators: the events that an objective covers, and those that spend its budget. Pure functions."""

from typing import Any

from monitoring.slo import Objectives, Slo

DURATION = "http_server_request_duration_seconds"
DATA_AGE = "halocline_data_age_seconds"
ACTIVE = "halocline:platforms:active"
STALE = "halocline:platforms:stale"
# What the summary of an alert calls the events, and the dashboard on which they are.
EVENTS = {"errors": "requests", "latency": "requests", "journey": "journeys", "freshness": "platforms"}
DASHBOARDS = {"errors": "overview", "latency": "traffic", "journey": "overview", "freshness": "data"}


def valid(objectives: Objectives, slo: Slo, window: str, function: str = "rate") -> str:
    """Return the rate of events that the objective covers, or with `increase` their number.

    Journeys and platforms are gauges: both functions return their number of samples, as only ratios and minima count.
    """
    if slo.indicator == "errors":
        return _requests(objectives, function, "count", window)
    if slo.indicator == "latency":
        return _requests(objectives, function, "count", window, 'http_response_status_code!~"5.."')
    if slo.indicator == "journey":
        return f"sum by (namespace) (count_over_time({_journeys(objectives)}[{window}]))"
    return f"sum_over_time({ACTIVE}[{window}])"


def bad(objectives: Objectives, slo: Slo, window: str, function: str = "rate") -> str:
    """Return the rate, or number, of events that spend the budget: 0 while there is no error series, not empty."""
    total = valid(objectives, slo, window, function)
    if slo.indicator == "errors":
        errors = _requests(objectives, function, "count", window, 'http_response_status_code=~"5.."')
        return f"{errors}\nor\n{total} * 0"
    if slo.indicator == "latency":
        # Prometheus 3 normalises integer bounds to 1.0, as the Python client writes them.
        bound = f'le="{slo.below_s}"'
        fast = _requests(objectives, function, "bucket", window, 'http_response_status_code!~"5.."', bound)
        return f"{total}\n-\n{fast}"
    if slo.indicator == "journey":
        return f"{total}\n-\nsum by (namespace) (sum_over_time({_journeys(objectives)}[{window}]))"
    return f"sum_over_time({STALE}[{window}])"


def ratio(objectives: Objectives, slo: Slo, window: str) -> str:
    """Return the share of bad events: no sample, instead of NaN, while there are no events."""
    return f"(\n{indent(bad(objectives, slo, window))}\n)\n/\n(\n{indent(valid(objectives, slo, window))} > 0\n)"


def platforms(objectives: Objectives) -> list[dict[str, Any]]:
    """Return rules that record the numbers of active platforms, and of those without new data."""
    # Every pod reads the same ages from MongoDB: the maximum, not the sum.
    ages = f'max by (namespace, platform) ({DATA_AGE}{{job="{objectives.job}"}})'
    limits_s = [slo.younger_s for slo in objectives.slos if slo.younger_s is not None]
    active = {"record": ACTIVE, "expr": f"count by (namespace) ({ages})\n"}
    stale = [
        {"record": STALE, "expr": f"count by (namespace) ({ages} > {limit_s:.0f})\nor\n{ACTIVE} * 0\n"}
        for limit_s in limits_s
    ]
    return [active, *stale]


def indent(text: str) -> str:
    """Return the text with two spaces before each line."""
    return "\n".join(f"  {line}" for line in text.splitlines())


def _requests(objectives: Objectives, function: str, suffix: str, window: str, *matchers: str) -> str:
    selector = ",".join((f'job="{objectives.job}"', *matchers))
    return f"sum by (namespace) ({function}({DURATION}_{suffix}{{{selector}}}[{window}]))"


def _journeys(objectives: Objectives) -> str:
    return f'probe_success{{job="{objectives.probe_job}"}}'
