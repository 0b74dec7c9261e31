"""Potential density of sea water by TEOS-10, for the lines of equal density (isopycnals) of a T-S diagram."""

from dataclasses import dataclass

import gsw
import numpy as np
from numpy.typing import NDArray

from app.domain.records import LonLat

Floats = NDArray[np.float64]

# Practical salinity (PSS-78) and TEOS-10 are defined up to a salinity of 42, TEOS-10 from -6 to 40 °C. Outside, the
# polynomials return numbers without a meaning.
_VALID_SALINITY = (0.0, 42.0)
_VALID_TEMPERATURE_C = (-6.0, 40.0)
# A file's practical salinity has the unit 1 or none; the vocabulary has converted all synonyms.
_SALINITY_UNITS = ("1", None)
_TEMPERATURE_UNIT = "degree_C"


@dataclass(frozen=True, slots=True)
class DensityGrid:
    """Potential density anomaly in kg m-3, (temperature_c.size, salinity.size), over two axes of increasing values."""

    salinity: Floats
    temperature_c: Floats
    sigma0: Floats


def sigma0(salinity: Floats, temperature_c: Floats, position: LonLat | None) -> Floats:
    """Potential density at 0 dbar less 1000, kg m-3, of the shape of both arguments; NaN where an argument is NaN.

    salinity: practical, PSS-78; negative values count as 0. temperature_c: potential temperature at 0 dbar, ITS-90,
    degrees Celsius. position: longitude and latitude in degrees, for the regional composition of sea salt; without one,
    and south of 86° S, which the atlas of the toolbox does not cover, the composition is that of the Atlantic surface
    water that defines Standard Seawater.

    Formula: SA = gsw.SA_from_SP(salinity, 0 dbar, longitude, latitude) or gsw.SR_from_SP(salinity),
    CT = gsw.CT_from_pt(SA, temperature_c), gsw.sigma0(SA, CT) with the 75-term polynomial of Roquet et al. (2015).
    In the Baltic, SA_from_SP uses Feistel et al. (2010). Source: IOC, SCOR and IAPSO (2010), The international
    thermodynamic equation of seawater - 2010, Manuals and Guides 56; Gibbs SeaWater toolbox, package gsw 3.6.23.
    """
    practical = np.maximum(salinity, 0)
    reference: Floats = gsw.SR_from_SP(practical)
    regional: Floats = reference if position is None else gsw.SA_from_SP(practical, 0, *position)
    absolute = np.where(np.isfinite(regional), regional, reference)
    density: Floats = gsw.sigma0(absolute, gsw.CT_from_pt(absolute, temperature_c))
    return density


def has_expected_units(salinity_unit: str | None, temperature_unit: str | None) -> bool:
    """True if these are the units that `sigma0` needs: files may have others, which the vocabulary cannot convert."""
    return salinity_unit in _SALINITY_UNITS and temperature_unit == _TEMPERATURE_UNIT


def density_grid(
    salinity: tuple[float, float], temperature_c: tuple[float, float], position: LonLat | None, size: int
) -> DensityGrid | None:
    """The density over the part of these ranges for which TEOS-10 is defined, `size` values along each axis.

    None if no part of the ranges is within the definition. For the arguments see `sigma0`.
    """
    (fresh, salty), (cold, warm) = _common(salinity, _VALID_SALINITY), _common(temperature_c, _VALID_TEMPERATURE_C)
    if fresh >= salty or cold >= warm:
        return None
    across, up = np.linspace(fresh, salty, size), np.linspace(cold, warm, size)
    return DensityGrid(across, up, sigma0(*np.meshgrid(across, up), position))


def mean_position(lon_deg: Floats, lat_deg: Floats) -> LonLat | None:
    """Mean longitude, -180 to 180, and latitude in degrees; pairs with NaN are left out. None without any pair.

    The longitude is the direction of the mean of unit vectors, so that a track across 180° has its mean there.
    """
    is_valid = np.isfinite(lon_deg) & np.isfinite(lat_deg)
    if not is_valid.any():
        return None
    direction = np.exp(1j * np.radians(lon_deg[is_valid])).mean()
    return float(np.degrees(np.angle(direction))), float(lat_deg[is_valid].mean())


def _common(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), min(one[1], other[1])
