"""A circuit breaker: while a dependency does not answer, callers fail at once instead of waiting for its timeout.

No library is used: pybreaker holds a lock during each call, and lets a caller make the first attempt after an outage.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When a breaker opens, and how often it probes.

    `failures_until_open`: failures in a row; each of them holds a thread for a timeout.
    `silent_s`: a failure sooner after an answer does not count.
    `first_probe_s`: time from the opening to the first probe.
    `probe_period_s`: time between two probes; callers succeed again at most this time after the dependency answers.
    """

    failures_until_open: int
    silent_s: float
    first_probe_s: float
    probe_period_s: float


# For a dependency without which a request fails. One failure may be one lost connection, and one soon after an answer
# is one slow operation, or one that the driver would retry during an election. The change log is read every half
# second, so a dependency that works is never silent for a second. A breaker that opened by mistake closes at once.
NEEDED = Policy(failures_until_open=3, silent_s=1.0, first_probe_s=0.0, probe_period_s=0.25)
# For a dependency that requests can do without: the first failure is reason enough to leave it for a second.
OPTIONAL = Policy(failures_until_open=1, silent_s=0.0, first_probe_s=1.0, probe_period_s=1.0)


class CircuitBreaker:
    """Opens after failures of a dependency, as its policy says, and closes at the next answer.

    While it is open, a thread of its own calls `probe`, which must raise nothing and have a deadline; a probe that gets
    an answer calls `answered`. `on_change` is called with the new state, under a lock.
    """

    def __init__(
        self, probe: Callable[[], object], policy: Policy = NEEDED, clock: Callable[[], float] = monotonic
    ) -> None:
        self.on_change: Callable[[bool], None] | None = None
        self._probe = probe
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._is_open = False
        self._failures = 0
        self._answered_at_s = float("-inf")

    @property
    def is_open(self) -> bool:
        """True while callers should fail at once."""
        return self._is_open

    def failed(self) -> None:
        """Count an operation that got no answer."""
        with self._lock:
            if self._is_open or self._clock() - self._answered_at_s < self._policy.silent_s:
                return
            self._failures += 1
            if self._failures < self._policy.failures_until_open:
                return
            self._change_to(True)
        threading.Thread(target=self._probe_until_closed, name="circuit-breaker", daemon=True).start()

    def answered(self) -> None:
        """Record an answer, which closes the breaker. Cheap, because it is called for each answer."""
        self._answered_at_s = self._clock()
        if self._failures:
            self.close()

    def close(self) -> None:
        """Let operations pass again."""
        with self._lock:
            self._failures = 0
            if self._is_open:
                self._change_to(False)

    def _change_to(self, is_open: bool) -> None:
        self._is_open = is_open
        if self.on_change is not None:
            self.on_change(is_open)

    def _probe_until_closed(self) -> None:
        pause = threading.Event()
        pause.wait(self._policy.first_probe_s)
        while self._is_open:
            self._probe()
            if self._is_open:
                pause.wait(self._policy.probe_period_s)
