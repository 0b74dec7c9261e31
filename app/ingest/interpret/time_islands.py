"""Times judged against the bulk of the file and the start of the mission: one bad time never sets the span.

Clocks that were reset write dates of 1970, 1980, 2000 or 2038; GPS receivers err by 1024 weeks, after which the number
of the week begins again; and files contain profiles of tests before the deployment.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.times import from_ms
from app.ingest.formats.observations import NO_TIME, Ints, Mask, Observations
from app.ingest.refusals import Refused

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
# A pause of a day separates a test from a deployment; gliders report several times a day.
_PAUSE_MS = _DAY_MS
# The start in an id and the first sample differ by the preparation of the deployment.
_NEAR_START_MS = 2 * _DAY_MS
# No mission is silent for a year: what lies farther away is another clock. The longest missions last for a year.
_ALWAYS_FAR_MS = 365 * _DAY_MS
# Few samples may be closer and are still wrong: a glider that was silent for a month would have more to report.
_FAR_MS, _FEW = 30 * _DAY_MS, 0.05
_ROLLOVER_MS = 1024 * 7 * _DAY_MS
_MINORITY = 0.5


@dataclass(frozen=True, slots=True)
class Times:
    """(n,) masks of the rows: those with an accepted time, and the reasons against the others that have a time."""

    accepted: Mask
    out_of_range: Mask
    before_deployment: Mask
    flagged: Mask


def judged(observations: Observations, earliest_ms: int, latest_ms: int, start_ms: int | None) -> Times:
    """The judgement of each time. `start_ms` is the start in the mission's name, None if it names none.

    Raises Refused when no time is accepted, and when all times err by the rollover of GPS weeks.
    """
    time_ms, name = observations.time_ms, observations.names["time"]
    timed = time_ms != NO_TIME
    if not timed.any():
        raise Refused("no_time", "no row has a time", name)
    flagged: Mask = timed & observations.left_out("time")
    if (flagged == timed).all():
        raise Refused("no_time", "the file flags all times as bad", name)
    possible: Mask = timed & ~flagged & (time_ms >= earliest_ms) & (time_ms <= latest_ms)
    impossible = timed & ~flagged & ~possible
    if not possible.any():
        first, last = from_ms(int(time_ms[timed].min())), from_ms(int(time_ms[timed].max()))
        raise Refused(
            "time_out_of_range",
            f"all times lie outside {from_ms(earliest_ms):%Y-%m-%d} to {from_ms(latest_ms):%Y-%m-%dT%H:%MZ}: "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}",
            name,
        )
    none = np.zeros(time_ms.size, dtype=bool)
    if observations.is_continuous:
        # A log of years is cut into missions at its pauses.
        return Times(possible, impossible, none, flagged)
    rows = np.flatnonzero(possible)
    rows = rows[np.argsort(time_ms[rows], kind="stable")]
    islands = _Islands(time_ms[rows], start_ms)
    _require_no_rollover(islands, start_ms, name)
    far, before = none.copy(), none.copy()
    far[rows] = islands.far()
    before[rows] = islands.before_deployment()
    before &= ~far
    return Times(possible & ~far & ~before, impossible | far, before, flagged)


class _Islands:
    """Times in order, divided at pauses; one of the islands is the bulk of the mission."""

    def __init__(self, time_ms: Ints, start_ms: int | None) -> None:
        self.time_ms, self.start_ms = time_ms, start_ms
        begins = np.flatnonzero(np.concatenate(([True], np.diff(time_ms) > _PAUSE_MS)))
        ends = np.append(begins[1:], time_ms.size) - 1
        self.of_row: NDArray[np.intp] = np.cumsum(np.concatenate(([False], np.diff(time_ms) > _PAUSE_MS))).astype(
            np.intp
        )
        self.first_ms, self.last_ms = time_ms[begins], time_ms[ends]
        self.count = ends - begins + 1
        self.bulk = self._bulk()

    def _bulk(self) -> int:
        """The index of the largest island, among those of the deployment if its start is known."""
        count = self.count.copy()
        if self.start_ms is not None:
            after = self.last_ms >= self.start_ms - _NEAR_START_MS
            within = after & (self.first_ms <= self.start_ms + _ALWAYS_FAR_MS)
            if within.any():
                count[~within] = 0
        # Of equal ones the last: a clock that was reset errs into the past.
        return int(count.size - 1 - np.argmax(count[::-1]))

    def far(self) -> Mask:
        """True for rows of islands far from the bulk: beyond a year, or few rows beyond a month.

        Islands join the bulk one after another from its ends outwards, so that a long mission with pauses is whole.
        """
        is_far = np.ones(self.count.size, dtype=bool)
        is_far[self.bulk] = False
        total = int(self.count.sum())
        for indexes in (range(self.bulk + 1, self.count.size), range(self.bulk - 1, -1, -1)):
            near = self.bulk
            for i in indexes:
                pause_ms = max(int(self.first_ms[i] - self.last_ms[near]), int(self.first_ms[near] - self.last_ms[i]))
                is_few = self._count_beyond(i, indexes.step) < _FEW * total
                if pause_ms > _ALWAYS_FAR_MS or (pause_ms > _FAR_MS and is_few):
                    break
                is_far[i], near = False, i
        far: Mask = is_far[self.of_row]
        return far

    def _count_beyond(self, island: int, step: int) -> int:
        """The number of rows from this island outwards."""
        return int(self.count[island:].sum() if step > 0 else self.count[: island + 1].sum())

    def before_deployment(self) -> Mask:
        """True for rows before a pause that ends at the start of the mission: less than half of all rows.

        If more rows are earlier, the name contains another time, such as that of the end.
        """
        none = np.zeros(self.of_row.size, dtype=bool)
        if self.start_ms is None:
            return none
        begins = np.flatnonzero(np.abs(self.first_ms - self.start_ms) <= _NEAR_START_MS)
        before: Mask = self.of_row < (begins[0] if begins.size and begins[0] <= self.bulk else 0)
        return before if before.mean() < _MINORITY else none


def _require_no_rollover(islands: _Islands, start_ms: int | None, name: str) -> None:
    """Raises Refused if the bulk is a whole number of times 1024 weeks away from the start of the mission."""
    if start_ms is None:
        return
    apart_ms = int(islands.first_ms[islands.bulk]) - start_ms
    times = round(apart_ms / _ROLLOVER_MS)
    if times and abs(apart_ms - times * _ROLLOVER_MS) <= 30 * _DAY_MS:
        raise Refused(
            "time_out_of_range",
            f"the times are {abs(times) * 1024} weeks {'before' if times < 0 else 'after'} the start in the id: the "
            "number of the GPS week began again; correct the times, or name the mission with --mission",
            name,
        )
