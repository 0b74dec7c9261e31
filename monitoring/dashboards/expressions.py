"""Expressions that several dashboards use, or whose metrics have no other home: one place for each."""

from monitoring.dashboards.selectors import APP, DURATION, NAMESPACE, POD, PROBE, ROUTED, WINDOW

SUCCESSFUL = 'http_response_status_code="200"'
# The first digit of a status, whether the label has the whole status (503) or its class (5xx).
BY_CLASS = '"status", "${1}xx", "http_response_status_code", "(.).+"'


def none_is_zero(expr: str, label: str) -> str:
    """Return the expression, or a 0 labelled `none` while it has no series and the app is scraped.

    Without the app there is no value: a gap in monitoring never looks like a healthy zero.
    """
    # `on ()`: without it, the 0 would be one more series beside the others.
    return f'({expr}) or on () label_replace(0 * sum(up{{{APP}}}), "{label}", "none", "", "")'


def requests(selector: str = ROUTED, by: str = "") -> str:
    """Return the request rate, in total or by a label."""
    return f"{_sum(by)}(rate({DURATION}_count{{{selector}}}[{WINDOW}]))"


def errors(selector: str = ROUTED, by: str = "") -> str:
    """Return the share of requests with a status of 500 and above: no value without requests, 0 without errors."""
    bad = requests(f'{selector},http_response_status_code=~"5.."', by)
    total = requests(selector, by)
    return f"({bad} or {total} * 0) / ({total} > 0)"


def quantile(share: float, selector: str = ROUTED, by: str = "") -> str:
    """Return a quantile of the latency of successful requests, of all selected ones or by a label.

    Other statuses have coarse buckets: over all of them, the quantile could be one of these too high.
    """
    labels = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile({share}, sum by ({labels}) (rate({DURATION}_bucket{{{selector},{SUCCESSFUL}}}[{WINDOW}])))"
    )


def within(limit_s: float) -> str:
    """Return the share of requests without a server error that were answered within a limit, as the objectives do."""
    good = f'{ROUTED},http_response_status_code!~"5.."'
    fast = f'sum(rate({DURATION}_bucket{{{good},le="{limit_s}"}}[{WINDOW}]))'
    return f"{fast} / ({requests(good)} > 0)"


def by_version(metric: str, matchers: str = "") -> str:
    """Return the rate of a histogram's series with version and revision of the pod that served the requests."""
    selector = f"{APP},{matchers}" if matchers else APP
    return (
        f"rate({metric}{{{selector}}}[{WINDOW}])"
        f" * on (namespace, pod) group_left (version, revision)"
        f" max by (namespace, pod, version, revision) (halocline_build_info{{{APP}}})"
    )


def saturation(by: str = "") -> str:
    """Return busy threads divided by the concurrency limit: in total, or by a label."""
    return (
        f"{_sum(by)}(halocline_worker_threads_busy{{{APP}}})"
        f" / ({_sum(by)}(halocline_worker_concurrency_limit{{{APP}}}) > 0)"
    )


def cpu(by: str = "") -> str:
    """Return the cores that the app's containers use."""
    return f"{_sum(by)}(rate(container_cpu_usage_seconds_total{{{POD}}}[{WINDOW}]))"


def fresh(within_s: float) -> str:
    """Return the share of platforms at sea whose latest data are younger."""
    return f"(count({DATA_AGE} < {within_s:g}) or count({DATA_AGE}) * 0) / count({DATA_AGE})"


def read_from_mongodb(metric: str, by: str = "") -> str:
    """Return a value that every pod reads from MongoDB: the maximum, because a sum would count it once for each pod."""
    return f"max by ({by}) ({metric}{{{APP}}})" if by else f"max({metric}{{{APP}}})"


def since(metric: str) -> str:
    """Return the seconds since the time in a gauge that every pod reads from MongoDB."""
    return f"time() - {read_from_mongodb(metric)}"


def counted_in_mongodb(metric: str, window: str, by: str = "") -> str:
    """Return the increase of a counter that every pod reads from MongoDB."""
    return f"max{f' by ({by})' if by else ''} (increase({metric}{{{APP}}}[{window}]))"


def _sum(by: str) -> str:
    return f"sum by ({by}) " if by else "sum"


# Of the process, and of its dependencies.
DEPENDENCY = "halocline_dependency_request_duration_seconds"
DEPENDENCY_P95 = (
    f"histogram_quantile(0.95, sum by (le, dependency, operation) (rate({DEPENDENCY}_bucket{{{APP}}}[{WINDOW}])))"
)
DEPENDENCY_FAILURES = f'sum by (dependency, outcome) (rate({DEPENDENCY}_count{{{APP},outcome!="ok"}}[{WINDOW}]))'
POOL_CONNECTIONS = f"sum by (state) (halocline_mongodb_pool_connections{{{APP}}})"
POOL_LIMIT = f"sum(halocline_mongodb_pool_limit{{{APP}}})"
# The mean, which a histogram and a summary both have.
POOL_WAIT = (
    f"sum(rate(halocline_mongodb_pool_wait_seconds_sum{{{APP}}}[{WINDOW}]))"
    f" / (sum(rate(halocline_mongodb_pool_wait_seconds_count{{{APP}}}[{WINDOW}])) > 0)"
)
POOL_FAILURES = f"sum(increase(halocline_mongodb_pool_checkout_failures_total{{{APP}}}[{WINDOW}]))"
PROCESS_MEMORY = f"sum by (pod) (halocline_process_resident_memory_bytes{{{APP}}})"
PROCESS_CPU = f"sum by (pod) (rate(halocline_process_cpu_seconds_total{{{APP}}}[{WINDOW}]))"
LOG_MESSAGES = f"sum by (level) (rate(halocline_log_messages_total{{{APP}}}[{WINDOW}]))"

# Of the data.
DATA_AGE = read_from_mongodb("halocline_data_age_seconds", "platform")
PLATFORMS = read_from_mongodb("halocline_platforms", "state")
PROFILES_PER_HOUR = counted_in_mongodb("halocline_profiles_ingested_total", "1h")
IMPORTS_PER_HOUR = counted_in_mongodb("halocline_imports_total", "1h", "outcome")
DERIVED_AGE = read_from_mongodb("halocline_derived_age_seconds", "document")
# Of the queue, which every pod reads.
QUEUE_DEPTH = read_from_mongodb("halocline_queue_depth", "queue")
QUEUE_AGE = read_from_mongodb("halocline_queue_oldest_age_seconds", "queue")
TASKS_RUNNING = read_from_mongodb("halocline_tasks_running")
TASKS_PARKED = read_from_mongodb("halocline_tasks_parked")
TASKS_PER_HOUR = f"sum by (outcome) ({counted_in_mongodb('halocline_tasks_total', '1h', 'task, outcome')})"
SCHEDULE_LATENESS = f"time() - {read_from_mongodb('halocline_schedule_due_timestamp_seconds', 'entry')}"
CHANGE_LAG = f"max(halocline_change_lag_seconds{{{APP}}})"
_READ = f"halocline_change_log_read_timestamp_seconds{{{APP}}}"
# At the time of the scrape: at the present time, the age would include the time since the scrape.
# A worker that has not read it yet reports 0.
PAGE_AGE = f"max(timestamp({_READ}) - ({_READ} > 0))"

# Of the black-box journey.
JOURNEY = f"min(avg_over_time(probe_success{{{PROBE}}}[{WINDOW}]))"
JOURNEY_STEPS = f"max by (step) (halocline_probe_step_duration_seconds{{{PROBE}}})"

RESTARTS = f"sum by (container) (increase(kube_pod_container_status_restarts_total{{{NAMESPACE}}}[{WINDOW}]))"
OUT_OF_MEMORY = none_is_zero(
    f'sum by (container) (kube_pod_container_status_last_terminated_reason{{{NAMESPACE},reason="OOMKilled"}})',
    "container",
)
