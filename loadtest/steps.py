"""The figures of one step of the shape `breakpoint`: the difference of two readings of the counts. No Locust."""

import collections
import copy
import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

import routes
from tally import SHED, Tally

Times = collections.Counter[int]


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """All counts at one moment, with the CPU time of the generator and, if it is measured, of the service."""

    at_s: float
    waited_s: float
    generator_cpu_s: float
    cpu_s: float | None
    times_ms: Mapping[str, Times]
    reasons: collections.Counter[tuple[str, str]]


def reading(tally: Tally, at_s: float, generator_cpu_s: float, cpu_s: float | None) -> Reading:
    """Return a copy of the counts: the run continues to change the tally."""
    times_ms = copy.deepcopy(tally.times_ms)
    return Reading(at_s, tally.waited_s(at_s), generator_cpu_s, cpu_s, times_ms, tally.reasons.copy())


def figures(users: int, before: Reading, after: Reading) -> dict[str, Any]:
    """Return the figures of the requests that were judged between two readings.

    `achieved_per_s` counts good responses. `offered_per_s` is the rate of the same users if each response came at once:
    users wait for a response before they continue, so that a slow service receives fewer requests than they offer.
    `verdict.missed` accepts the result as a summary.
    """
    seconds = after.at_s - before.at_s
    times = {name: counts - before.times_ms.get(name, Times()) for name, counts in after.times_ms.items()}
    times = {name: counts for name, counts in sorted(times.items()) if counts}
    reasons = after.reasons - before.reasons
    members = {kind: [name for name in times if routes.kind(name) == kind] for kind in routes.KINDS}
    answered = [name for name in times if routes.kind(name) != routes.LIMITED]
    requests, failed = sum(counts.total() for counts in times.values()), reasons.total()
    limited = sum(times[name].total() for name in members[routes.LIMITED])
    # At least a hundredth of the time: a service that answers nothing leaves no pauses to divide by.
    pauses_s = max(users * seconds - (after.waited_s - before.waited_s), 0.01 * users * seconds)
    return {
        "users": users,
        "from_s": round(before.at_s, 3),
        "to_s": round(after.at_s, 3),
        "requests": requests,
        "failed": failed,
        "shed": sum(count for (_, reason), count in reasons.items() if reason == SHED),
        "limited": limited,
        # The next step judges what is in flight.
        "unanswered": 0,
        "offered_per_s": round(requests * users / pauses_s, 1),
        "achieved_per_s": round((requests - failed - limited) / seconds, 1),
        **_percentiles(answered, times),
        "generator_cores": round((after.generator_cpu_s - before.generator_cpu_s) / seconds, 2),
        "cpu_s": None if before.cpu_s is None or after.cpu_s is None else round(after.cpu_s - before.cpu_s, 2),
        "kinds": {kind: _of(named, times, reasons) for kind, named in members.items() if named},
        "names": {name: {"kind": routes.kind(name), **_of([name], times, reasons)} for name in times},
    }


def _of(names: list[str], times: Mapping[str, Times], reasons: collections.Counter[tuple[str, str]]) -> dict[str, int]:
    faults = [(reason, count) for (name, reason), count in reasons.items() if name in names]
    return {
        "requests": sum(times[name].total() for name in names),
        "failed": sum(count for _, count in faults),
        "shed": sum(count for reason, count in faults if reason == SHED),
        **_percentiles(names, times),
    }


def _percentiles(names: Iterable[str], times: Mapping[str, Times]) -> dict[str, int]:
    together = Times()
    for name in names:
        together.update(times[name])
    return {f"p{percent}_ms": percentile(together, percent) for percent in (50, 95, 99)}


def percentile(times: Times, percent: int) -> int:
    """Return the time that this share of the requests does not exceed (nearest rank), in ms; 0 without requests."""
    rank, seen = math.ceil(times.total() * percent / 100), 0
    for taken_ms in sorted(times):
        seen += times[taken_ms]
        if seen >= rank:
            return taken_ms
    return 0
