"""The simulated gliders: their positions, the schedule of their dives, and their labels.

Everything is computed from the clock: two simulators, or one that was stopped for an hour, produce the same dives.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from app.ingest.formats.observations import Observations
from app.ingest.interpret.identity import PlatformName
from app.simulator import courses, dives, ocean
from app.simulator.dives import Dive
from app.simulator.labels import MISSION, attributes, label, mission_at
from app.simulator.ocean import Sea

# Vertical speed of a SeaExplorer at its usual pitch angles. The duration of a dive follows from the deepest one.
_VERTICAL_M_S = 0.28
# Gliders turn above the bottom or at a density, so dives end within the last tenth of the greatest depth.
_SHALLOWEST_TURN = 0.9
_COURSE_M_S = 0.3
# Wide enough to show on a map, and well inside every sea.
_RING_M = 9_000.0
_SAMPLES = 90


@dataclass(frozen=True, slots=True)
class Glider:
    """A simulated glider: its serial, its name, its sea and its sensors."""

    platform: str
    name: str
    sea: Sea
    sensors: tuple[str, ...]

    @property
    def label(self) -> PlatformName:
        """The label of the platform, which marks it as simulated."""
        return label(self.platform, self.name, "Simulated glider", "glider")

    @property
    def dive_s(self) -> float:
        """Duration of a descent or an ascent, s."""
        return self.sea.dive_m / _VERTICAL_M_S

    def lon_lat(self, at_s: float) -> tuple[float, float]:
        """Longitude and latitude, degrees: on a ring around the centre of its sea, with a drift by the current."""
        return courses.ring(self.sea.lon_deg, self.sea.lat_deg, at_s, _COURSE_M_S, _RING_M)


FLEET = (
    Glider("sim001", "Ada", ocean.BORNHOLM, dives.ALL_SENSORS),
    Glider("sim002", "Bengt", ocean.GOTLAND, (*dives.CTD, "oxygen")),
    Glider("sim003", "Cecilia", ocean.ATLANTIC, dives.CTD),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of dives: each glider begins one every `period_s`, from the start of its mission on.

    A dive to 80 m takes five minutes. With a shorter period the dives of a glider overlap, as if several gliders dived
    in turns: each dive is as slow as a real one.
    """

    period_s: float
    seed: int = 0

    def ended(self, glider: Glider, phase: float, after: datetime, until: datetime) -> Iterator[tuple[datetime, Dive]]:
        """(mission, dive) for the dives that ended after one moment and until the other, in the order of missions.

        `phase` (0..1) is the glider's offset within the period, so that the gliders do not all report at once.
        """
        mission = mission_at(after - timedelta(seconds=glider.dive_s))
        while mission <= until:
            begin = mission.timestamp() + phase * self.period_s
            count = math.ceil((MISSION.total_seconds() - phase * self.period_s) / self.period_s)
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

    def observations(self, glider: Glider, mission: datetime, ended: Sequence[Dive]) -> Observations:
        """The observations of these dives of one mission, as a parser of files would return them."""
        seed = (self.seed, *glider.platform.encode(), ended[0].start_ms)
        about = attributes(glider.label, glider.platform, mission, glider.sea.name)
        return dives.observations(ended, glider.sea, _SAMPLES, glider.sensors, about, "profiles", seed)
