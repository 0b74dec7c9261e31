"""The verdict on the summary of a run: which thresholds it missed, and the report. Does not import Locust."""

from collections.abc import Iterator, Mapping
from typing import Any

from thresholds import Limits, Thresholds


def missed(summary: Mapping[str, Any], thresholds: Thresholds) -> list[str]:
    """Return one line for each threshold that a summary misses, with the name that misses it most."""
    requests = summary["requests"]
    if requests == 0:
        return ["no request was made"]
    lost = summary["failed"] - summary["shed"] + summary["unanswered"]
    lines = []
    if requests < thresholds.min_requests:
        lines.append(f"{requests} requests, at least {thresholds.min_requests} wanted")
    if lost / requests > thresholds.max_failed_ratio:
        lines.append(f"{lost} of {requests} requests failed, at most {thresholds.max_failed_ratio:.2%} wanted")
    if summary["shed"] / requests > thresholds.max_shed_ratio:
        lines.append(f"{summary['shed']} of {requests} requests shed, at most {thresholds.max_shed_ratio:.2%} wanted")
    if summary["limited"]:
        lines.append(f"{summary['limited']} of {requests} requests over the limits of one client: switch them off")
    if summary["p95_ms"] > thresholds.p95_ms:
        slowest = _slowest(summary["names"], "p95_ms")
        lines.append(f"p95 {summary['p95_ms']} ms, at most {thresholds.p95_ms:g} ms wanted; slowest is {slowest}")
    for kind, limits in thresholds.kinds.items():
        members = {name: figures for name, figures in summary["names"].items() if figures["kind"] == kind}
        lines += [f"{kind}: {line}" for line in _exceeded(summary["kinds"].get(kind), limits, members)]
    for name, limits in thresholds.names.items():
        if name not in summary["names"]:
            lines.append(f"{name}: no request, so its times are unknown")
        lines += [f"{name}: {line}" for line in _exceeded(summary["names"].get(name), limits, {})]
    return lines


def _exceeded(figures: Mapping[str, Any] | None, limits: Limits, members: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each limit that the figures exceed; `members` are the names that may be the cause."""
    if not figures or not figures["requests"]:
        return
    lost = figures["failed"] - figures["shed"]
    if lost / figures["requests"] > limits.max_failed_ratio:
        most = max(members, key=lambda name: members[name]["failed"] - members[name]["shed"], default=None)
        cause = f"; most of them {most}" if most else ""
        yield f"{lost} of {figures['requests']} failed, at most {limits.max_failed_ratio:.2%} wanted{cause}"
    for percentile, limit_ms in (("p95", limits.p95_ms), ("p99", limits.p99_ms)):
        if figures[f"{percentile}_ms"] > limit_ms:
            cause = f"; slowest is {_slowest(members, f'{percentile}_ms')}" if members else ""
            yield f"{percentile} {figures[f'{percentile}_ms']} ms, at most {limit_ms:g} ms wanted{cause}"


def _slowest(names: Mapping[str, Any], percentile: str) -> str:
    name = max(names, key=lambda name: names[name][percentile])
    return f"{name} ({names[name][percentile]} ms)"


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return the report: a table of the kinds, one line of totals, one for each threshold missed."""
    outcome = "passed" if result["passed"] else "FAILED"
    rows = [f"{'':10}{'requests':>10}{'failed':>8}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}"]
    rows += [
        f"{kind:10}{figures['requests']:>10}{figures['failed']:>8}"
        f"{figures['p50_ms']:>8}{figures['p95_ms']:>8}{figures['p99_ms']:>8}"
        for kind, figures in result["kinds"].items()
    ]
    totals = (
        f"{result['shape']} {outcome}: {result['requests']} requests, {result['failed']} failed, "
        f"{result['shed']} of them shed, {result['limited']} limited, {result['unanswered']} unanswered, "
        f"p50 {result['p50_ms']} ms, p95 {result['p95_ms']} ms"
    )
    return [*rows, totals, *(f"  missed: {line}" for line in result["missed"])]
