"""What a run must reach, what it reached, and whether that will do."""

import dataclasses
import pathlib
import time
import tomllib
from collections.abc import Mapping
from typing import Any

from tally import Tally


class Unreadable(Exception):
    """The thresholds cannot be used; the text is the one line to show."""


@dataclasses.dataclass(frozen=True, slots=True)
class Thresholds:
    """What a shape must reach. Times are those of whole answers as the generator saw them."""

    max_failed_ratio: float
    p95_ms: float
    min_requests: int
    # 503 with Retry-After, where the shape provokes it on purpose; elsewhere it is a failure like any other.
    max_shed_ratio: float = 0
    p95_ms_by_name: Mapping[str, float] = dataclasses.field(default_factory=dict)


def thresholds(path: pathlib.Path, shape: str, **instead: float | None) -> Thresholds:
    """The shape's table of the file, with those of `instead` that are set. Raises Unreadable."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))[shape]
        return Thresholds(**(table | {field: value for field, value in instead.items() if value is not None}))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path}, table {shape}: {type(error).__name__}: {error}") from error


def summary(stats: Any, tally: Tally, started_at_s: float) -> dict[str, Any]:
    """The figures of a run from Locust's statistics and the exact counts. `failed` includes `shed` and `limited`."""
    total = stats.total
    return {
        "started_at_s": round(started_at_s, 3),
        "duration_s": round(time.time() - started_at_s, 1),
        "sent": tally.sent,
        "requests": tally.judged,
        "failed": sum(tally.reasons.values()),
        "shed": tally.shed,
        "limited": tally.limited,
        "unanswered": tally.unanswered,
        "requests_per_s": round(total.total_rps, 1),
        **_percentiles(total),
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "names": {
            entry.name: {"requests": entry.num_requests, "failed": entry.num_failures, **_percentiles(entry)}
            for entry in sorted(stats.entries.values(), key=lambda entry: entry.name)
        },
        "reasons": [
            {"name": name, "reason": reason, "count": count} for (name, reason), count in tally.reasons.most_common()
        ],
        "failures": tally.failures,
    }


def _percentiles(entry: Any) -> dict[str, int]:
    return {f"p{percent}_ms": entry.get_response_time_percentile(percent / 100) or 0 for percent in (50, 95, 99)}


def missed(found: Mapping[str, Any], wanted: Thresholds) -> list[str]:
    """One line for each threshold that a summary misses."""
    requests = found["requests"]
    if requests == 0:
        return ["no request was made"]
    lost = found["failed"] - found["shed"] + found["unanswered"]
    lines = []
    if requests < wanted.min_requests:
        lines.append(f"{requests} requests, at least {wanted.min_requests} wanted")
    if lost / requests > wanted.max_failed_ratio:
        lines.append(f"{lost} of {requests} requests failed, at most {wanted.max_failed_ratio:.2%} wanted")
    if found["shed"] / requests > wanted.max_shed_ratio:
        lines.append(f"{found['shed']} of {requests} requests shed, at most {wanted.max_shed_ratio:.2%} wanted")
    if found["limited"]:
        lines.append(f"{found['limited']} of {requests} requests over the limits of one client: switch them off")
    if found["p95_ms"] > wanted.p95_ms:
        lines.append(f"p95 {found['p95_ms']} ms, at most {wanted.p95_ms:g} ms wanted")
    for name, limit_ms in wanted.p95_ms_by_name.items():
        found_ms = found["names"].get(name, {}).get("p95_ms", 0)
        if found_ms > limit_ms:
            lines.append(f"{name}: p95 {found_ms} ms, at most {limit_ms:g} ms wanted")
    return lines


def lines(result: Mapping[str, Any]) -> list[str]:
    """The verdict as a person reads it, one line and one for each threshold missed."""
    verdict = "passed" if result["passed"] else "FAILED"
    figures = (
        f"{result['shape']} {verdict}: {result['requests']} requests, {result['failed']} failed, "
        f"{result['unanswered']} unanswered, p50 {result['p50_ms']} ms, p95 {result['p95_ms']} ms"
    )
    return [figures, *(f"  missed: {line}" for line in result["missed"])]
