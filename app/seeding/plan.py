"""The plan of a seeded store: realistic missions over years, seas, projects and modes, computed from its arguments."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from app.domain.records import DataMode
from app.errors import Invalid
from app.ingest.formats.observations import Observations
from app.ingest.interpret.identity import Identity
from app.simulator import dives, ocean
from app.simulator.dives import Dive
from app.simulator.gliders import Glider
from app.simulator.sailbuoys import Sailbuoy

# A typical number of missions of a glider after some years.
MISSIONS_A_PLATFORM = 8
# Shares as in archives: most missions have been through delayed-mode processing.
_MODES: tuple[tuple[DataMode, float], ...] = (("D", 0.6), ("A", 0.15), ("P", 0.1), ("R", 0.15))
_PROCESSED_AFTER: dict[DataMode, timedelta] = {
    "R": timedelta(0),
    "P": timedelta(days=20),
    "A": timedelta(days=60),
    "D": timedelta(days=180),
}
_SENSORS = (dives.CTD, (*dives.CTD, "oxygen"), dives.ALL_SENSORS)
_SHORTEST_DAYS, _LONGEST_DAYS = 5.0, 60.0
# One in eight platforms stays at the surface, the third first.
_SAILBUOY_EVERY, _FIRST_SAILBUOY = 8, 2
# The latest data of active missions are at most so many hours old.
_SILENT_AT_MOST_H = 6.0
# Completed missions ended at least so long before the plan's `until`.
_OVER_FOR = timedelta(days=3)
# Gliders' usual vertical speed: a dive to 100 m and back takes twelve minutes, one to 1 000 m two hours.
_VERTICAL_M_S = 0.28

_SEAS = (
    ("Seed Baltic", ocean.BORNHOLM),
    ("Seed Baltic", ocean.GOTLAND),
    ("Seed Baltic", replace(ocean.GOTLAND, name="Western Gotland Basin", lon_deg=17.6, lat_deg=57.9)),
    ("Seed Baltic", replace(ocean.GOTLAND, name="Northern Baltic Proper", lon_deg=20.6, lat_deg=58.9)),
    ("Seed Gulf of Bothnia", replace(ocean.GOTLAND, name="Bothnian Sea", lon_deg=19.4, lat_deg=61.6, dive_m=90.0)),
    ("Seed Skagerrak", replace(ocean.ATLANTIC, name="Skagerrak", lon_deg=9.4, lat_deg=58.1, dive_m=300.0)),
    ("Seed Atlantic", ocean.ATLANTIC),
    ("Seed Atlantic", replace(ocean.ATLANTIC, name="Labrador Sea", lon_deg=-53.0, lat_deg=57.5)),
    ("Seed Nordic Seas", replace(ocean.ATLANTIC, name="Norwegian Sea", lon_deg=3.0, lat_deg=66.5)),
    ("Seed Mediterranean", replace(ocean.ATLANTIC, name="Balearic Sea", lon_deg=2.6, lat_deg=40.3)),
    ("Seed Pacific", replace(ocean.ATLANTIC, name="North Pacific Ocean", lon_deg=-140.0, lat_deg=45.0)),
    # Tracks that cross 180 degrees must work at every size.
    ("Seed Pacific", replace(ocean.ATLANTIC, name="North Pacific Ocean", lon_deg=179.9, lat_deg=42.0)),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The arguments of a seed. The same plan makes the same documents, byte for byte."""

    missions: int
    profiles: int
    samples: int
    active: int
    start: datetime
    until: datetime
    seed: int
    # Profiles of each mission at sea; None: as many as the others.
    active_profiles: int | None = None
    # False: gliders alone, so that every mission has profiles.
    sailbuoys: bool = True

    def __post_init__(self) -> None:
        if self._part < timedelta(days=2 * _SHORTEST_DAYS):
            raise Invalid("start", f"eight missions need {2 * MISSIONS_A_PLATFORM * _SHORTEST_DAYS:.0f} days until now")

    @property
    def _part(self) -> timedelta:
        return (self.until - _OVER_FOR - self.start) / MISSIONS_A_PLATFORM

    @property
    def platforms(self) -> int:
        """The number of platforms that the missions need."""
        return -(-self.missions // MISSIONS_A_PLATFORM)

    def described(self) -> dict[str, Any]:
        """The plan as a document."""
        return asdict(self)

    def of_platform(self, index: int) -> Iterator["Seeded"]:
        """The missions of a platform, oldest first: one in each of eight equal parts of the time.

        The last mission of the first platforms is at sea until now.
        """
        rng = np.random.default_rng([self.seed, index])
        project, sea = _SEAS[int(rng.integers(len(_SEAS)))]
        platform, sensors = f"seed{index + 1:04d}", _SENSORS[int(rng.integers(len(_SENSORS)))]
        at_surface = self.sailbuoys and index % _SAILBUOY_EVERY == _FIRST_SAILBUOY
        vessel = Sailbuoy(platform, "", sea) if at_surface else Glider(platform, "", sea, sensors)
        count = min(MISSIONS_A_PLATFORM, self.missions - index * MISSIONS_A_PLATFORM)
        part = self._part
        for order in range(count):
            days = float(rng.uniform(_SHORTEST_DAYS, min(_LONGEST_DAYS, part / timedelta(days=2))))
            length = timedelta(seconds=round(days * 86_400))
            mode = _chosen(float(rng.random()))
            begin = self.start + part * order + (part - length) * float(rng.random())
            silent_h = float(rng.uniform(0, _SILENT_AT_MOST_H))
            at_sea = order == count - 1 and index < self.active
            if at_sea:
                mode, begin = "R", self.until - length - timedelta(hours=silent_h)
            begin = begin.replace(second=0, microsecond=0)
            yield Seeded(self, vessel, project, mode, begin, length, at_sea, (self.seed, index, order))


@dataclass(frozen=True, slots=True)
class Seeded:
    """A mission of the plan."""

    plan: Plan
    vessel: Glider | Sailbuoy
    project: str
    mode: DataMode
    begin: datetime
    length: timedelta
    at_sea: bool
    seed: tuple[int, ...]

    @property
    def identity(self) -> Identity:
        """The identity of the mission in the store."""
        return Identity(self.vessel.platform, f"{self.begin:%Y%m%dT%H%M}", self.mode)

    @property
    def imported_at(self) -> datetime:
        """When its file was imported: at the mission's end in real time, later for other modes, not after `until`."""
        return min(self.begin + self.length + _PROCESSED_AFTER[self.mode], self.plan.until)

    @property
    def profiles(self) -> int:
        """The number of profiles, if it is a glider's."""
        return (self.at_sea and self.plan.active_profiles) or self.plan.profiles

    @property
    def sha256(self) -> str:
        """A digest in place of its file's SHA-256."""
        text = repr((self.profiles, self.plan.samples, self.seed, self.begin, self.length))
        return hashlib.sha256(text.encode()).hexdigest()

    def observations(self) -> Observations:
        """Its observations, as a parser of files would return them."""
        return self._fixes(self.vessel) if isinstance(self.vessel, Sailbuoy) else self._dives(self.vessel)

    def _fixes(self, buoy: Sailbuoy) -> Observations:
        count = self.profiles * self.plan.samples
        at_s = self.begin.timestamp() + np.linspace(0, self.length.total_seconds(), count).round(3)
        return buoy.rows(at_s, self._attributes(), self.seed)

    def _dives(self, glider: Glider) -> Observations:
        rng = np.random.default_rng([*self.seed, 1])
        sea, count = glider.sea, self.profiles
        duration_s = min(sea.dive_m / _VERTICAL_M_S, self.length.total_seconds() / count)
        # The first begins with the mission, the last ends with it.
        period_s = (self.length.total_seconds() - duration_s) / max(count - 1, 1)
        depths_m = sea.dive_m * rng.uniform(0.9, 1.0, count)
        planned = []
        for k in range(count):
            start_s = self.begin.timestamp() + (k if count > 1 else 1) * period_s
            positions = glider.lon_lat(start_s), glider.lon_lat(start_s + duration_s)
            planned.append(Dive(k + 1, round(start_s * 1000), duration_s, float(depths_m[k]), k % 2 == 0, *positions))
        return dives.observations(
            planned, sea, self.plan.samples, glider.sensors, self._attributes(), "mission", self.seed
        )

    def _attributes(self) -> dict[str, Any]:
        return {
            "id": f"{self.vessel.platform}-{self.identity.mission}",
            "title": f"Seeded mission in the {self.vessel.sea.name}",
            "summary": "Generated for performance measurements of the portal. Nothing here was measured at sea.",
            "project": self.project,
            "institution": "Halocline seed",
            "license": "Free to use for any purpose. These are not observations.",
            "platform_type": "Seeded sailbuoy" if isinstance(self.vessel, Sailbuoy) else "Seeded glider",
        }


def _chosen(share: float) -> DataMode:
    for mode, width in _MODES:
        share -= width
        if share < 0:
            return mode
    return _MODES[-1][0]
