"""A generated test of the rules: requests with a daily cycle, few errors and three rollouts must not page."""

import math
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

NAME = "http_server_request_duration_seconds"
DAY_MIN = 24 * 60
PEAK_PER_MIN = 120
ERROR_SHARE = 0.0002
GOLDEN = (5**0.5 - 1) / 2
# A rollout closes some connections too early: more than the drills ever measured.
ERRORS_PER_ROLLOUT = 5
# Rollouts at the peak, in the evening and in the quietest hour; minutes since the first midnight.
ROLLOUTS_MIN = (15 * 60, DAY_MIN + 21 * 60, 3 * DAY_MIN + 3 * 60)

Document = dict[str, Any]


def week() -> Document:
    """Return the test of seven days."""
    return _test(7 * 24, ROLLOUTS_MIN)


def night() -> Document:
    """Return a test of the eight hours with the fewest requests and three rollouts, at a fraction of the cost."""
    return _test(8, (60, 3 * 60, 7 * 60))


def _test(hours: int, rollouts: tuple[int, ...]) -> Document:
    end = hours * 60
    starts = (0, *rollouts)
    pods = zip(starts, (*rollouts, end), strict=True)
    series = [one for number, (start, stop) in enumerate(pods, 1) for one in _pod(f"web-{number}", start, stop)]
    return {
        "name": f"{hours} h of normal traffic with three rollouts cause no page",
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [
            # At the end, over the whole time: no page fired at any moment.
            _expect(f"{hours}h", f'count_over_time(ALERTS{{severity="critical"}}[{hours}h])', []),
            # There were errors, so the test can fail.
            _expect(
                f"{hours}h",
                'slo:error_ratio:rate1d{slo="availability"} > bool 0',
                [{"labels": '{namespace="n",service="halocline",slo="availability"}', "value": 1}],
            ),
        ],
    }


def _expect(at: str, expr: str, samples: list[Document]) -> Document:
    return {"eval_time": at, "expr": expr, "exp_samples": samples}


def _pod(name: str, start: int, stop: int) -> Iterator[Document]:
    """Yield the series of a pod from one rollout to the next; the counters of a new pod begin at 0."""
    requests = [_per_minute(minute) for minute in range(start, stop)]
    # Multiples of the golden ratio spread the errors evenly and without a period; the file never changes.
    errors = [int(minute * GOLDEN % 1 < count * ERROR_SHARE) for minute, count in enumerate(requests, start)]
    errors[-1] += ERRORS_PER_ROLLOUT
    good = [count - failed for count, failed in zip(requests, errors, strict=True)]
    for labels, counts in (
        ('_count{status="200"}', good),
        ('_count{status="503"}', errors),
        ('_bucket{status="200",le="0.25"}', [count * 98 // 100 for count in good]),
        ('_bucket{status="200",le="1.0"}', [count - count // 200 for count in good]),
    ):
        suffix, _, rest = labels.partition("{")
        own = rest.replace("status", "http_response_status_code")
        yield {
            "series": f'{NAME}{suffix}{{job="halocline-web",namespace="n",pod="{name}",{own}',
            "values": " ".join([*([f"_x{start}"] if start else []), *_counter(counts), "stale"]),
        }


def _per_minute(minute: int) -> int:
    """Return the requests in a minute: the same number within each hour; a seventh of the peak at 3 o'clock."""
    hour = minute // 60 % 24
    cycle = 0.5 - 0.5 * math.cos(2 * math.pi * (hour - 3) / 24)
    return round(PEAK_PER_MIN * (0.15 + 0.85 * cycle))


def _counter(increments: Iterable[int]) -> Iterator[str]:
    """Yield a counter from 0 in promtool's notation; runs of equal increments are one word."""
    value = 0
    for increment, run in groupby(increments):
        length = len(list(run))
        yield f"{value}+{increment}x{length - 1}"
        value += increment * length
    yield str(value)
