"""A synthetic sea that resembles a real one: stable stratification, seasons and internal waves.

It has no state and no randomness: the water at a depth, a time and a position is always the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.ingest.derive import seawater

Floats = NDArray[np.float64]

_YEAR_DAYS = 365.25
# The surface is warmest in the middle of August, in the northern hemisphere.
_WARMEST_DAY = 227
# Internal waves have the period of the principal lunar tide.
_WAVE_PERIOD_S = 12.42 * 3600


@dataclass(frozen=True, slots=True)
class Layer:
    """A boundary between two water masses: half of the change is above `depth_m`, most of it within `width_m`."""

    depth_m: float
    width_m: float

    def share_below(self, depth_m: Floats) -> Floats:
        """(n,) 0 far above the boundary, 1 far below it."""
        return np.asarray(1 / (1 + np.exp((self.depth_m - depth_m) / self.width_m)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Sea:
    """A position in the northern hemisphere with its water; `at_s` is (n,) seconds since 1970.

    Temperatures are degree_C: of the surface in winter and summer, between the layers, and at the bottom; salinities
    are practical, above and below the halocline; oxygen is mmol m-3 at the bottom. `dive_m` is the depth of dives.
    """

    name: str
    lon_deg: float
    lat_deg: float
    dive_m: float
    winter_c: float
    summer_c: float
    middle_c: float
    bottom_c: float
    surface_psu: float
    bottom_psu: float
    thermocline: Layer
    halocline: Layer
    bottom_oxygen: float

    def temperature(self, depth_m: Floats, at_s: Floats) -> Floats:
        """(n,) degree_C: seasonal above the thermocline, that of the bottom below the halocline."""
        depth_m = self._heaved(depth_m, at_s)
        surface = self.winter_c + (self.summer_c - self.winter_c) * _summer(at_s)
        # Cold water on top of warmer water of the same salinity is unstable: in winter the layers have mixed.
        middle = np.minimum(self.middle_c, surface)
        below = self.thermocline.share_below(depth_m)
        return surface + (middle - surface) * below + (self.bottom_c - middle) * self.halocline.share_below(depth_m)

    def salinity(self, depth_m: Floats, at_s: Floats) -> Floats:
        """(n,) practical salinity: fresher above the halocline in the Baltic."""
        below = self.halocline.share_below(self._heaved(depth_m, at_s))
        return self.surface_psu + (self.bottom_psu - self.surface_psu) * below

    def oxygen(self, depth_m: Floats, at_s: Floats) -> Floats:
        """(n,) mmol m-3: saturated above the halocline, `bottom_oxygen` below it."""
        surface = saturation(self.temperature(depth_m, at_s))
        below = self.halocline.share_below(self._heaved(depth_m, at_s))
        return surface + (self.bottom_oxygen - surface) * below

    def chlorophyll(self, depth_m: Floats, at_s: Floats) -> Floats:
        """(n,) mg m-3: a maximum just above the thermocline, higher in summer."""
        most_at_m = self.thermocline.depth_m * 0.6
        spread = np.exp(-(((self._heaved(depth_m, at_s) - most_at_m) / most_at_m) ** 2))
        return np.asarray(0.1 + (0.4 + 2.5 * _summer(at_s)) * spread, dtype=np.float64)

    def density(self, temperature_c: Floats, salinity: Floats) -> Floats:
        """(n,) kg m-3 at the pressure of the surface, by TEOS-10 (see `seawater.sigma0`). NaN stays NaN."""
        return np.asarray(1000 + seawater.sigma0(salinity, temperature_c, (self.lon_deg, self.lat_deg)))

    def _heaved(self, depth_m: Floats, at_s: Floats) -> Floats:
        """The depth of this water without waves, m. It increases with depth, so that the layers never overturn."""
        height_m = self.halocline.depth_m / 15
        wave = np.sin(2 * np.pi * at_s / _WAVE_PERIOD_S + self.lon_deg)
        return np.asarray(depth_m + height_m * wave * np.minimum(depth_m / (3 * height_m), 1.0), dtype=np.float64)


def saturation(temperature_c: Floats) -> Floats:
    """(n,) mmol m-3 of oxygen in water that is saturated with air, to about a tenth; salinity is neglected."""
    return np.asarray(450.0 * np.exp(-0.024 * temperature_c) - 20.0, dtype=np.float64)


def _summer(at_s: Floats) -> Floats:
    """(n,) 0 on the coldest day of a year, 1 on the warmest."""
    day = at_s / 86_400 % _YEAR_DAYS
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * (day - _WARMEST_DAY) / _YEAR_DAYS), dtype=np.float64)


BORNHOLM = Sea(
    "Bornholm Basin", 15.75, 55.30, 82.0, 3.6, 18.5, 4.5, 7.5, 7.4, 16.0, Layer(22, 3), Layer(60, 4), 60.0
)  # fmt: skip
GOTLAND = Sea(
    "Eastern Gotland Basin", 19.90, 57.10, 110.0, 3.2, 18.0, 4.2, 6.6, 7.1, 11.8, Layer(20, 3), Layer(70, 6), 25.0
)  # fmt: skip
ATLANTIC = Sea(
    "North Atlantic Ocean", -20.0, 52.0, 700.0, 11.5, 16.5, 11.2, 6.0, 35.45, 35.05, Layer(40, 7), Layer(480, 80), 210.0
)  # fmt: skip
