"""What Locust's own statistics leave out: requests sent, when and why some failed, which statuses came."""

import collections
import dataclasses
import datetime

# Enough to see an outage from its first to its last second; the counts stay exact beyond it.
MOST_FAILURES = 500

SHED = "status 503 with Retry-After"


@dataclasses.dataclass(slots=True)
class Tally:
    """Counts of one run, exact: a request that was sent and never judged shows as `unanswered`."""

    sent: int = 0
    judged: int = 0
    # Beyond what one client may ask for: 429 with Retry-After. All of this load is one client.
    limited: int = 0
    statuses: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    reasons: collections.Counter[tuple[str, str]] = dataclasses.field(default_factory=collections.Counter)
    failures: list[dict[str, str]] = dataclasses.field(default_factory=list)

    @property
    def unanswered(self) -> int:
        """Requests that were cut off by the end of the run."""
        return self.sent - self.judged

    @property
    def shed(self) -> int:
        """Requests that the service turned away on purpose: 503 with Retry-After."""
        return sum(count for (_, reason), count in self.reasons.items() if reason == SHED)

    def shed_of(self, name: str) -> int:
        """The same of one name."""
        return self.reasons[name, SHED]

    def judge(self, name: str, status: int, at_s: float, fault: object) -> None:
        """Takes one judged request in; fault is falsy for a good one."""
        self.judged += 1
        self.statuses[status] += 1
        if not fault:
            self.limited += status == 429
            return
        reason = str(fault)
        self.reasons[name, reason] += 1
        if len(self.failures) < MOST_FAILURES:
            at = datetime.datetime.fromtimestamp(at_s, datetime.UTC).isoformat(timespec="milliseconds")
            self.failures.append({"at": at.replace("+00:00", "Z"), "name": name, "reason": reason})
