"""The simulated fleet: where each glider is at any moment, when it dives, and what it is called.

Everything follows from the clock: two simulators, or one that was stopped for an hour, make the same dives.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from app.ingest.interpret.identity import PlatformName
from app.ingest.sources.observations import Observations
from app.simulator import courses, dives, ocean
from app.simulator.dives import Dive
from app.simulator.labels import MISSION, attributes, label, mission_at
from app.simulator.ocean import Sea

# What a SeaExplorer sinks and climbs by at its common pitch angles; its deepest dives take the full time.
_VERTICAL_M_S = 0.28
# Pilots turn above the bottom or at a density: the last tenth differs.
_SHALLOWEST_TURN = 0.9
_COURSE_M_S = 0.3
# Wide enough for a picture, and well inside every sea.
_RING_M = 9_000.0
_SAMPLES = 90


@dataclass(frozen=True, slots=True)
class Glider:
    """A simulated glider: its address, its name, the sea it is in and what it carries."""

    platform: str
    name: str
    sea: Sea
    sensors: tuple[str, ...]

    @property
    def label(self) -> PlatformName:
        """What people read: nobody shall take it for a real one."""
        return label(self.platform, self.name, "Simulated glider", "glider")

    @property
    def dive_s(self) -> float:
        """How long it is on its way down, or up."""
        return self.sea.dive_m / _VERTICAL_M_S

    def lon_lat(self, at_s: float) -> tuple[float, float]:
        """Where it is, degrees: on a ring around its place, pushed about by the current."""
        return courses.ring(self.sea.lon_deg, self.sea.lat_deg, at_s, _COURSE_M_S, _RING_M)


FLEET = (
    Glider("sim001", "Ada", ocean.BORNHOLM, dives.ALL_SENSORS),
    Glider("sim002", "Bengt", ocean.GOTLAND, (*dives.CTD, "oxygen")),
    Glider("sim003", "Cecilia", ocean.ATLANTIC, dives.CTD),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When gliders dive: each begins a dive every `period_s`, one after the other, from the start of its mission on.

    A dive of 80 m takes five minutes. With a shorter period a glider stands for a pair or a pack that dives in turns:
    each dive is as slow as a real one, and they overlap.
    """

    period_s: float
    seed: int = 0

    def ended(self, glider: Glider, place: float, after: datetime, until: datetime) -> Iterator[tuple[datetime, Dive]]:
        """(mission, dive) for the dives that ended after one moment and until the other, in the order of missions.

        `place` (0..1) is the glider's among the others, so that they do not all report at once.
        """
        mission = mission_at(after - timedelta(seconds=glider.dive_s))
        while mission <= until:
            begin = mission.timestamp() + place * self.period_s
            count = math.ceil((MISSION.total_seconds() - place * self.period_s) / self.period_s)
            before, by = ((moment.timestamp() - glider.dive_s - begin) / self.period_s for moment in (after, until))
            for index in range(max(math.floor(before) + 1, 0), min(math.floor(by) + 1, count)):
                yield mission, self._dive(glider, index, begin + index * self.period_s)
            mission += MISSION

    def _dive(self, glider: Glider, index: int, start_s: float) -> Dive:
        start_ms = round(start_s * 1000)
        rng = np.random.default_rng([self.seed, *glider.platform.encode(), start_ms])
        return Dive(
            number=index + 1,
            start_ms=start_ms,
            duration_s=glider.dive_s,
            depth_m=float(glider.sea.dive_m * rng.uniform(_SHALLOWEST_TURN, 1.0)),
            down=index % 2 == 0,
            from_lon_lat=glider.lon_lat(start_s),
            to_lon_lat=glider.lon_lat(start_s + glider.dive_s),
        )

    def observations(self, glider: Glider, mission: datetime, made: Sequence[Dive]) -> Observations:
        """What a file with these dives of one mission would hold."""
        seed = (self.seed, *glider.platform.encode(), made[0].start_ms)
        said = attributes(glider.label, glider.platform, mission, glider.sea.name)
        return dives.observations(made, glider.sea, _SAMPLES, glider.sensors, said, "profiles", seed)
