"""What a run must reach, what it reached, and whether that will do."""

import collections
import dataclasses
import math
import pathlib
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import routes
from locust.stats import calculate_response_time_percentile
from tally import Tally


class Unreadable(Exception):
    """The thresholds cannot be used; the text is the one line to show."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a kind of request, or one name, must reach. What is not set is not limited."""

    p95_ms: float = math.inf
    p99_ms: float = math.inf
    max_failed_ratio: float = math.inf

    def whenever(self) -> "Limits":
        """The same without limits on time."""
        return Limits(max_failed_ratio=self.max_failed_ratio)


@dataclasses.dataclass(frozen=True, slots=True)
class Thresholds:
    """What a shape must reach. Times are those of whole answers as the generator saw them."""

    max_failed_ratio: float
    p95_ms: float
    min_requests: int
    # 503 with Retry-After, where the shape provokes it on purpose; elsewhere it is a failure like any other.
    max_shed_ratio: float = 0
    kinds: Mapping[str, Limits] = dataclasses.field(default_factory=dict)
    names: Mapping[str, Limits] = dataclasses.field(default_factory=dict)


def thresholds(path: pathlib.Path, shape: str, **instead: float | None) -> Thresholds:
    """The shape's table of the file, with those of `instead` that are set. Raises Unreadable.

    A `p95_ms` instead is for everything: limits of kinds and names on time do not hold beside it.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))[shape]
        wanted = Thresholds(**(table | {field: value for field, value in instead.items() if value is not None}))
        if unknown := wanted.kinds.keys() - set(routes.KINDS):
            raise ValueError(f"no kind of request: {', '.join(sorted(unknown))}")
        kinds, names = (
            {key: Limits(**limits) for key, limits in part.items()}  # type: ignore[arg-type]
            for part in (wanted.kinds, wanted.names)
        )
    except (AttributeError, OSError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path}, table {shape}: {type(error).__name__}: {error}") from error
    if instead.get("p95_ms") is not None:
        kinds = {kind: limits.whenever() for kind, limits in kinds.items()}
        names = {}
    return dataclasses.replace(wanted, kinds=kinds, names=names)


def summary(stats: Any, tally: Tally, started_at_s: float) -> dict[str, Any]:
    """The figures of a run from Locust's statistics and the exact counts.

    `failed` includes `shed`. `limited` stands for itself, and its answers are in no percentile but its own.
    """
    entries = sorted(stats.entries.values(), key=lambda entry: entry.name)
    answered = [entry for entry in entries if routes.kind(entry.name) != routes.LIMITED]
    by_kind = {kind: [entry for entry in entries if routes.kind(entry.name) == kind] for kind in routes.KINDS}
    return {
        "started_at_s": round(started_at_s, 3),
        "duration_s": round(time.time() - started_at_s, 1),
        "sent": tally.sent,
        "requests": tally.judged,
        "failed": sum(tally.reasons.values()),
        "shed": tally.shed,
        "limited": tally.limited,
        "unanswered": tally.unanswered,
        "requests_per_s": round(stats.total.total_rps, 1),
        **_percentiles(answered),
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "kinds": {kind: _figures(members, tally) for kind, members in by_kind.items() if members},
        "names": {entry.name: {"kind": routes.kind(entry.name)} | _figures([entry], tally) for entry in entries},
        "reasons": [
            {"name": name, "reason": reason, "count": count} for (name, reason), count in tally.reasons.most_common()
        ],
        "failures": tally.failures,
    }


def _figures(entries: list[Any], tally: Tally) -> dict[str, int]:
    return {
        "requests": sum(entry.num_requests for entry in entries),
        "failed": sum(entry.num_failures for entry in entries),
        "shed": sum(tally.shed_of(entry.name) for entry in entries),
        **_percentiles(entries),
    }


def _percentiles(entries: Iterable[Any]) -> dict[str, int]:
    times: collections.Counter[int] = collections.Counter()
    for entry in entries:
        times.update(entry.response_times)
    return {
        f"p{percent}_ms": calculate_response_time_percentile(times, times.total(), percent / 100) if times else 0
        for percent in (50, 95, 99)
    }


def missed(found: Mapping[str, Any], wanted: Thresholds) -> list[str]:
    """One line for each threshold that a summary misses, with the name that misses it most."""
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
        offender = _slowest(found["names"], "p95_ms")
        lines.append(f"p95 {found['p95_ms']} ms, at most {wanted.p95_ms:g} ms wanted; slowest is {offender}")
    for kind, limits in wanted.kinds.items():
        members = {name: figures for name, figures in found["names"].items() if figures["kind"] == kind}
        lines += [f"{kind}: {line}" for line in _over(found["kinds"].get(kind), limits, members)]
    for name, limits in wanted.names.items():
        if name not in found["names"]:
            lines.append(f"{name}: no request, so nothing is known of its times")
        lines += [f"{name}: {line}" for line in _over(found["names"].get(name), limits, {})]
    return lines


def _over(figures: Mapping[str, Any] | None, limits: Limits, members: Mapping[str, Any]) -> Iterator[str]:
    """What is over its limits; `members` are those among whom to look for the cause."""
    if not figures or not figures["requests"]:
        return
    lost = figures["failed"] - figures["shed"]
    if lost / figures["requests"] > limits.max_failed_ratio:
        most = max(members, key=lambda name: members[name]["failed"] - members[name]["shed"], default=None)
        of = f"; most of them {most}" if most else ""
        yield f"{lost} of {figures['requests']} failed, at most {limits.max_failed_ratio:.2%} wanted{of}"
    for percentile, limit_ms in (("p95", limits.p95_ms), ("p99", limits.p99_ms)):
        if figures[f"{percentile}_ms"] > limit_ms:
            of = f"; slowest is {_slowest(members, f'{percentile}_ms')}" if members else ""
            yield f"{percentile} {figures[f'{percentile}_ms']} ms, at most {limit_ms:g} ms wanted{of}"


def _slowest(names: Mapping[str, Any], percentile: str) -> str:
    name = max(names, key=lambda name: names[name][percentile])
    return f"{name} ({names[name][percentile]} ms)"


def lines(result: Mapping[str, Any]) -> list[str]:
    """The verdict as a person reads it: the kinds, one line of all, one for each threshold missed."""
    verdict = "passed" if result["passed"] else "FAILED"
    rows = [f"{'':10}{'requests':>10}{'failed':>8}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}"]
    rows += [
        f"{kind:10}{figures['requests']:>10}{figures['failed']:>8}"
        f"{figures['p50_ms']:>8}{figures['p95_ms']:>8}{figures['p99_ms']:>8}"
        for kind, figures in result["kinds"].items()
    ]
    figures = (
        f"{result['shape']} {verdict}: {result['requests']} requests, {result['failed']} failed, "
        f"{result['shed']} of them shed, {result['limited']} limited, {result['unanswered']} unanswered, "
        f"p50 {result['p50_ms']} ms, p95 {result['p95_ms']} ms"
    )
    return [*rows, figures, *(f"  missed: {line}" for line in result["missed"])]
