"""Counts that Locust's statistics lack: requests sent and in flight, times and reasons of failures, statuses."""

import collections
import dataclasses
import datetime

# Enough to show a whole outage second by second; the counts stay exact beyond it.
MOST_FAILURES = 500

SHED = "status 503 with Retry-After"


@dataclasses.dataclass(slots=True)
class Tally:
    """Exact counts of one run: a request that was sent and never judged counts as `unanswered`."""

    sent: int = 0
    judged: int = 0
    # Requests over the rate limits of one client: 429 with Retry-After. The whole load is one client.
    limited: int = 0
    statuses: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    reasons: collections.Counter[tuple[str, str]] = dataclasses.field(default_factory=collections.Counter)
    failures: list[dict[str, str]] = dataclasses.field(default_factory=list)
    # Response times in whole milliseconds by name; the difference of two copies is that of one step.
    times_ms: dict[str, collections.Counter[int]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(collections.Counter)
    )
    # Seconds that users have waited for responses, all users together: the integral of the requests in flight.
    _waited_s: float = 0
    _changed_at_s: float = 0

    @property
    def unanswered(self) -> int:
        """The number of requests that the end of the run interrupted."""
        return self.sent - self.judged

    @property
    def shed(self) -> int:
        """The number of requests that the service shed: 503 with Retry-After."""
        return sum(count for (_, reason), count in self.reasons.items() if reason == SHED)

    def shed_of(self, name: str) -> int:
        """Return the number of shed requests of one name."""
        return self.reasons[name, SHED]

    def send(self, now_s: float) -> None:
        """Count one request that is being sent."""
        self.waited_s(now_s)
        self.sent += 1

    def waited_s(self, now_s: float) -> float:
        """Return the seconds that users have waited for responses until now, all users together."""
        self._waited_s += self.unanswered * (now_s - self._changed_at_s)
        self._changed_at_s = now_s
        return self._waited_s

    def set_waited(self, waited_s: float, now_s: float) -> None:
        """Set what `waited_s` returns for this moment: the sum of several tallies."""
        self._waited_s, self._changed_at_s = waited_s, now_s

    def judge(self, name: str, status: int, at_s: float, fault: object, taken_ms: float = 0) -> None:
        """Count one judged request that was sent at `at_s` and took `taken_ms`; fault is falsy for a good one."""
        self.waited_s(at_s + taken_ms / 1000)
        self.judged += 1
        self.times_ms[name][round(taken_ms)] += 1
        self.statuses[status] += 1
        if not fault:
            self.limited += status == 429
            return
        reason = str(fault)
        self.reasons[name, reason] += 1
        if len(self.failures) < MOST_FAILURES:
            at = datetime.datetime.fromtimestamp(at_s, datetime.UTC).isoformat(timespec="milliseconds")
            self.failures.append({"at": at.replace("+00:00", "Z"), "name": name, "reason": reason})
