"""The shape `breakpoint`: raises the number of users until the service misses a threshold, and reports the knee.

The knee is the highest achieved rate of a step that met every threshold. No Locust.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import steps
import verdict
from thresholds import Thresholds

NAME = "breakpoint"
# From 10 users to 1,000 in 14 steps; the fine steps then find the knee within 6 %.
GROWTH, FINE_GROWTH = 1.4, 1.06
# The first quarter of a step is not measured: users are added, and earlier responses arrive.
SETTLING = 0.25
# Locust warns at the same share: a busier generator measures itself.
MOST_GENERATOR_CORES = 0.9


@dataclasses.dataclass(slots=True)
class Ramp:
    """The numbers of users of the steps: coarse growth until a step fails, then fine growth from the last good one.

    The fine steps do not end where the coarse one failed: that may have been an accident. For the same reason a fine
    step that fails is repeated once.
    """

    users: int
    most: int
    _good: int | None = None
    _is_fine: bool = False
    _is_repeated: bool = False

    def following(self, has_passed: bool) -> int | None:
        """Return the users of the next step, given the outcome of this one; None ends the run."""
        if has_passed:
            self._good, self._is_repeated = self.users, False
            growth = FINE_GROWTH if self._is_fine else GROWTH
            return self._go(growth) if self.users < self.most else None
        if self._good is None or self._is_repeated:
            return None
        if self._is_fine:
            self._is_repeated = True
            return self.users
        self._is_fine, self.users = True, self._good
        return self._go(FINE_GROWTH)

    def _go(self, growth: float) -> int:
        self.users = min(self.most, max(self.users + 1, math.ceil(self.users * growth)))
        return self.users


class Breakpoint:
    """A run of the shape: reads the counts at the borders of each step and decides on the next one."""

    def __init__(self, ramp: Ramp, thresholds: Thresholds, step_s: float, read: Callable[[], steps.Reading]) -> None:
        self._ramp, self._thresholds, self._step_s, self._read = ramp, thresholds, step_s, read
        self._users: int | None = ramp.users
        self._began_s = 0.0
        self._before: steps.Reading | None = None
        self._is_warm = False
        self._steps: list[dict[str, Any]] = []

    def users_at(self, elapsed_s: float) -> int | None:
        """Return the number of users at a time; None when the run is over. Called about once a second."""
        if self._users is not None:
            in_step_s = elapsed_s - self._began_s
            if self._before is None and in_step_s >= SETTLING * self._step_s:
                self._before = self._read()
            elif self._before is not None and in_step_s >= self._step_s:
                self._users = self._close(self._before)
                self._began_s, self._before = elapsed_s, None
        return self._users

    def _close(self, before: steps.Reading) -> int | None:
        """Judge the step that ends; return the users of the next one."""
        after = self._read()
        if not self._is_warm:
            # The first step fills the caches; its times are those of misses.
            self._is_warm = True
            return self._ramp.users
        step = steps.figures(self._ramp.users, before, after)
        step["missed"] = list(_missed(step, self._thresholds))
        del step["names"]
        self._steps.append(step)
        return self._ramp.following(not step["missed"])

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The measured steps in order; each has the thresholds that it missed."""
        return self._steps

    def knee(self) -> dict[str, Any] | None:
        """Return the step with the highest achieved rate of those that met every threshold; None if none did."""
        good = [step for step in self._steps if not step["missed"]]
        best = max(good, key=lambda step: step["achieved_per_s"], default=None)
        if best is None:
            return None
        knee = {name: best[name] for name in ("users", "achieved_per_s", "offered_per_s", "p95_ms", "cpu_s")}
        return knee | per_core(best)

    def missed(self) -> Iterator[str]:
        """Yield one line for each reason for which the run found no knee."""
        if not self._steps:
            yield "no step was measured: the run ended too early"
        elif self._steps[0]["missed"]:
            first = self._steps[0]
            yield f"the first step, of {first['users']} users, misses already: {first['missed'][0]}"
        elif self._steps[-1]["missed"] and self._steps[-1]["generator_cores"] > MOST_GENERATOR_CORES:
            yield f"the generator reached its limit before the target did: {self._steps[-1]['missed'][-1]}"
        elif not any(step["missed"] for step in self._steps):
            yield f"no step up to {self._steps[-1]['users']} users missed a threshold: raise --max-users"


def _missed(step: Mapping[str, Any], thresholds: Thresholds) -> Iterator[str]:
    yield from verdict.missed(step, thresholds)
    if step["generator_cores"] > MOST_GENERATOR_CORES:
        yield f"generator: {step['generator_cores']} cores, at most {MOST_GENERATOR_CORES} wanted"


def per_core(step: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the cores that the service used in a step, and its requests a second for each; None if not measured."""
    if not step["cpu_s"]:
        return {"cores": None, "requests_per_core_s": None}
    cores = step["cpu_s"] / (step["to_s"] - step["from_s"])
    return {"cores": round(cores, 3), "requests_per_core_s": round(step["achieved_per_s"] / cores, 1)}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return a table of the steps and a line with the knee."""
    rows = [f"{'users':>6}{'offered/s':>11}{'achieved/s':>12}{'p95 ms':>8}{'failed':>8}{'shed':>6}{'cores':>7}  missed"]
    for step in result["steps"]:
        cores = per_core(step)["cores"]
        rows.append(
            f"{step['users']:>6}{step['offered_per_s']:>11}{step['achieved_per_s']:>12}{step['p95_ms']:>8}"
            f"{step['failed']:>8}{step['shed']:>6}{'' if cores is None else cores:>7}  {'; '.join(step['missed'][:1])}"
        )
    if (knee := result["knee"]) is None:
        return rows
    line = f"knee: {knee['achieved_per_s']} requests/s with {knee['users']} users, p95 {knee['p95_ms']} ms"
    if knee["cores"] is not None:
        line += f", {knee['cores']} cores, {knee['requests_per_core_s']} requests/s per core"
    return [*rows, line]
