"""The simulated sailbuoy: a fix and a measurement a minute, reported every ten minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.domain.records import Variable
from app.ingest.formats.observations import Column, Floats, Observations
from app.ingest.interpret.identity import PlatformName
from app.simulator import courses, ocean
from app.simulator.labels import MISSION, attributes, label, mission_at
from app.simulator.ocean import Sea

# The usual interval of sailbuoys' reports; fixes that are closer would be thinned anyway.
REPORT_EVERY = timedelta(minutes=10)
_ROW_EVERY = timedelta(minutes=1)
# Sailbuoys sail at about a metre a second in a moderate wind.
_COURSE_M_S, _RING_M = 0.9, 22_000.0
# Weather changes within a day, gusts within minutes.
_WEATHER_PERIOD_S = 30 * 3600.0
# Name, unit, standard name, the noise of the sensor, and the least possible value.
_MEASURED = (
    ("temperature", "degree_C", "sea_water_temperature", 0.02, -2.0),
    ("salinity", "1", "sea_water_practical_salinity", 0.005, 0.0),
    ("air_temperature", "degree_C", "air_temperature", 0.1, -40.0),
    ("wind_speed", "m s-1", "wind_speed", 0.6, 0.0),
    ("wave_height", "m", "sea_surface_wave_significant_height", 0.05, 0.1),
)


@dataclass(frozen=True, slots=True)
class Sailbuoy:
    """A simulated sailbuoy: its serial, its name and its sea."""

    platform: str
    name: str
    sea: Sea

    @property
    def label(self) -> PlatformName:
        """The label of the platform, which marks it as simulated."""
        return label(self.platform, self.name, "Simulated sailbuoy", "sailbuoy")

    def lon_lat(self, at_s: float) -> tuple[float, float]:
        """Longitude and latitude, degrees."""
        return courses.ring(self.sea.lon_deg, self.sea.lat_deg, at_s, _COURSE_M_S, _RING_M, phase=1.0)

    def observations(self, mission: datetime, until: datetime, seed: int) -> Observations:
        """The mission's rows until a moment, as a parser returns them; they begin with all earlier ones."""
        count = (until - mission) // _ROW_EVERY
        at_s = mission.timestamp() + np.arange(count, dtype=np.float64) * _ROW_EVERY.total_seconds()
        about = attributes(self.label, self.platform, mission, self.sea.name)
        return self.rows(at_s, about, (seed, *self.platform.encode(), int(mission.timestamp())))

    def rows(self, at_s: Floats, about: dict[str, Any], seed: Sequence[int]) -> Observations:
        """Fixes and measurements at these moments: the same numbers for the same arguments."""
        rng = np.random.default_rng(list(seed))
        lon, lat = np.array([self.lon_lat(second) for second in at_s]).round(6).T
        # Row by row, so that a longer file begins with the rows of a shorter one.
        noise = rng.normal(0, 1, (at_s.size, len(_MEASURED))) * np.array([row[3] for row in _MEASURED])
        values = np.maximum(self._weather(at_s) + noise, np.array([row[4] for row in _MEASURED]))
        absent = np.full(at_s.size, np.nan)
        return Observations(
            format="simulated sailbuoy",
            scope="mission",
            attributes=about,
            texts={},
            time_ms=np.round(at_s * 1000).astype(np.int64),
            lon_deg=lon,
            lat_deg=lat,
            depth_m=absent,
            number=absent,
            weight=np.ones(at_s.size, dtype=np.int64),
            columns=tuple(
                Column(Variable(name, unit, standard, None, name, unit), values[:, i].astype(np.float32))
                for i, (name, unit, standard, _, _) in enumerate(_MEASURED)
            ),
            names={"time": "time", "latitude": "latitude", "longitude": "longitude"},
            kind="sailbuoy",
        )

    def _weather(self, at_s: Floats) -> Floats:
        """(n, 5) the measured variables without noise; the wave height follows the wind."""
        surface = np.zeros(at_s.size)
        sea_c = self.sea.temperature(surface, at_s)
        wind_m_s = 7.0 + 4.0 * np.sin(2 * np.pi * at_s / _WEATHER_PERIOD_S)
        air_c = sea_c + 2.0 * np.sin(2 * np.pi * at_s / 86_400)
        return np.stack((sea_c, self.sea.salinity(surface, at_s), air_c, wind_m_s, 0.02 * wind_m_s**2), axis=1)


BUOYS = (Sailbuoy("sim004", "Disa", ocean.GOTLAND),)


def reported_missions(since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """(mission, end of its rows) of the missions between two moments, up to the last report before `now`."""
    last = now - (now - datetime(1970, 1, 1, tzinfo=UTC)) % REPORT_EVERY
    mission = mission_at(since)
    while mission < last:
        yield mission, min(last, mission + MISSION)
        mission += MISSION
