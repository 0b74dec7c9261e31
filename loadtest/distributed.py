"""The exact counts of a run with several processes: each worker reports its own to the master, which adds them up."""

import collections
import time
from typing import Any

import gevent
from locust import events
from tally import MOST_FAILURES, Tally

# Workers report every three seconds; the last report follows the end of the last request.
LAST_REPORT_S = 15

_KEY = "halocline"


def snapshot(tally: Tally, cpu_s: float, *, is_last: bool) -> dict[str, Any]:
    """Return the counts of a worker so far, in types that msgpack can carry."""
    return {
        "sent": tally.sent,
        "judged": tally.judged,
        "limited": tally.limited,
        "statuses": dict(tally.statuses),
        "reasons": [[name, reason, count] for (name, reason), count in tally.reasons.items()],
        "failures": list(tally.failures),
        "times_ms": {name: dict(counts) for name, counts in tally.times_ms.items()},
        "waited_s": tally.waited_s(time.time()),
        "cpu_s": cpu_s,
        "is_last": is_last,
    }


def added(snapshots: list[dict[str, Any]], now_s: float) -> Tally:
    """Return the sum of the counts of all workers."""
    total = Tally()
    for one in snapshots:
        total.sent += one["sent"]
        total.judged += one["judged"]
        total.limited += one["limited"]
        total.statuses.update(one["statuses"])
        total.reasons.update({(name, reason): count for name, reason, count in one["reasons"]})
        total.failures += one["failures"]
        for name, counts in one["times_ms"].items():
            total.times_ms[name].update(collections.Counter(counts))
    total.failures = sorted(total.failures, key=lambda failure: failure["at"])[:MOST_FAILURES]
    total.set_waited(sum(one["waited_s"] for one in snapshots), now_s)
    return total


class Worker:
    """Adds the counts of this process to the reports that Locust sends to the master."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._has_ended = False
        events.test_start.add_listener(self._started)
        events.test_stop.add_listener(self._ended)
        events.report_to_master.add_listener(self._report)

    def _started(self, **_: Any) -> None:
        self._has_ended = False

    def _ended(self, **_: Any) -> None:
        self._has_ended = True

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        data[_KEY] = snapshot(self._tally, time.process_time(), is_last=self._has_ended)


class Master:
    """The last counts of each worker. A worker that stops before the run ends is lost, and the run fails with it."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._snapshots: dict[str, dict[str, Any]] = {}
        self._left: set[str] = set()
        self._is_ending = False
        events.worker_report.add_listener(self._receive)
        events.test_stopping.add_listener(self._end)

    def tally(self) -> Tally:
        """Return the sum of all workers as of their last reports."""
        return added(list(self._snapshots.values()), time.time())

    def cpu_s(self) -> float:
        """Return the CPU time of the busiest worker: a worker is one process on one core."""
        return max((one["cpu_s"] for one in self._snapshots.values()), default=0.0)

    def wait(self) -> None:
        """Wait for the last report of each worker, at most `LAST_REPORT_S`."""
        deadline_s = time.monotonic() + LAST_REPORT_S
        while not all(one["is_last"] for one in self._snapshots.values()) and time.monotonic() < deadline_s:
            gevent.sleep(0.1)

    def lost(self) -> list[str]:
        """Return one line for each worker whose counts are incomplete, or that ended before the run."""
        silent = {worker for worker, one in self._snapshots.items() if not one["is_last"]}
        lines = [f"the worker {worker} was lost during the run" for worker in sorted(silent | self._left)]
        if (count := len(self._snapshots)) < self._expected:
            lines.append(f"{count} of {self._expected} workers have reported")
        return lines

    def _end(self, **_: Any) -> None:
        self._is_ending = True

    def _receive(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if (found := data.get(_KEY)) is None:
            return
        self._snapshots[client_id] = found
        if found["is_last"] and not self._is_ending:
            self._left.add(client_id)
