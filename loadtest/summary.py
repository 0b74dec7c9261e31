"""The figures of a run, from Locust's statistics and the exact counts."""

import collections
import time
from collections.abc import Iterable
from typing import Any

import routes
from locust.stats import calculate_response_time_percentile
from tally import Tally


def of(stats: Any, tally: Tally, started_at_s: float) -> dict[str, Any]:
    """Return the summary of a run.

    `failed` includes `shed`. `limited` is counted separately: its responses count only in their own percentiles.
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
