"""The simulated fleet: where each glider is at any moment, when it dives, and what it is called.

Everything follows from the clock: two simulators, or one that was stopped for an hour, make the same dives.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.ingest.identity import Identity, PlatformName
from app.ingest.sources.observations import Observations
from app.trial import dives, ocean
from app.trial.dives import Dive
from app.trial.ocean import Sea

# A mission of a few thousand profiles is as long as real ones; the merge of a profile reads the others of its mission.
MISSION = timedelta(hours=12)
# What a SeaExplorer sinks and climbs by at its common pitch angles; its deepest dives take the full time.
_VERTICAL_M_S = 0.28
# Pilots turn above the bottom or at a density: the last tenth differs.
_SHALLOWEST_TURN = 0.9
_COURSE_M_S = 0.3
# A glider turns in a ring of this size and drifts with the earth's turn, 14 h in the Baltic.
_RING_M, _DRIFT_M = 9_000.0, 700.0
_DRIFT_PERIOD_S = 14.2 * 3600
_M_PER_DEG = 111_195.0
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
        return PlatformName(self.platform.upper(), f"Simulated {self.name}", "Simulated glider", "Halocline simulator")

    @property
    def dive_s(self) -> float:
        """How long it is on its way down, or up."""
        return self.sea.dive_m / _VERTICAL_M_S

    def lon_lat(self, at_s: float) -> tuple[float, float]:
        """Where it is, degrees: on a ring around its place, pushed about by the current."""
        turn = at_s * _COURSE_M_S / _RING_M + self.sea.lat_deg
        drift = -2 * math.pi * at_s / _DRIFT_PERIOD_S
        east_m = _RING_M * math.cos(turn) + _DRIFT_M * math.cos(drift)
        north_m = _RING_M * math.sin(turn) + _DRIFT_M * math.sin(drift)
        lat = self.sea.lat_deg + north_m / _M_PER_DEG
        return self.sea.lon_deg + east_m / _M_PER_DEG / math.cos(math.radians(self.sea.lat_deg)), lat


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

    def mission(self, at: datetime) -> datetime:
        """The start of the mission that a dive at that moment belongs to."""
        since = at - datetime(1970, 1, 1, tzinfo=UTC)
        return at - since % MISSION

    def ended(self, glider: Glider, place: float, after: datetime, until: datetime) -> Iterator[tuple[datetime, Dive]]:
        """(mission, dive) for the dives that ended after one moment and until the other, in the order of missions.

        `place` (0..1) is the glider's among the others, so that they do not all report at once.
        """
        mission = self.mission(after - timedelta(seconds=glider.dive_s))
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
        attributes = attributes_of(glider, mission)
        return dives.observations(made, glider.sea, _SAMPLES, glider.sensors, attributes, "profiles", seed)


def stamp(mission: datetime) -> str:
    """The mission's name in addresses."""
    return f"{mission:%Y%m%dT%H%M}"


def attributes_of(glider: Glider, mission: datetime) -> dict[str, Any]:
    """What a file of this mission would say of itself."""
    return {
        "id": f"{glider.platform}-{stamp(mission)}",
        "title": f"Simulated {glider.name} in the {glider.sea.name}",
        "summary": "Made up by Halocline's simulator to show a portal at work. Nothing here was measured.",
        "project": "Simulation",
        "institution": "Halocline simulator",
        "license": "Free to use for any purpose. These are not observations.",
        "platform_name": glider.label.name,
        "platform_type": glider.label.model,
        "simulated": "true",
    }


def identity_of(glider: Glider, mission: datetime) -> Identity:
    """The mission as the store knows it."""
    return Identity(glider.platform, stamp(mission), "R")
