"""A circuit breaker: while a dependency does not answer, callers fail at once instead of waiting for its timeout.

No library is used: pybreaker holds a lock during each call, and lets a caller make the first attempt after an outage.
"""

import threading
from collections.abc import Callable
from time import monotonic

# One failure may be one lost connection. Each further one before the breaker opens holds a thread for a timeout.
FAILURES_UNTIL_OPEN = 3
# A failure soon after an answer is one slow operation, or one that the driver would retry during an election. The
# change log is read every half second, so a dependency that works is never silent for so long.
SILENT_S = 1.0
# Callers succeed again at most this time after the dependency answers.
PROBE_PERIOD_S = 0.25


class CircuitBreaker:
    """Opens after three failures in a row of a silent dependency, and closes at its next answer.

    While it is open, a thread of its own calls `probe`, which must raise nothing and have a deadline; a probe that gets
    an answer calls `answered`. `on_change` is called with the new state, under a lock.
    """

    def __init__(self, probe: Callable[[], object], clock: Callable[[], float] = monotonic) -> None:
        self.on_change: Callable[[bool], None] | None = None
        self._probe = probe
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
            if self._is_open or self._clock() - self._answered_at_s < SILENT_S:
                return
            self._failures += 1
            if self._failures < FAILURES_UNTIL_OPEN:
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
        while self._is_open:
            # At once, too: a breaker that opened by mistake closes within milliseconds.
            self._probe()
            if self._is_open:
                pause.wait(PROBE_PERIOD_S)
