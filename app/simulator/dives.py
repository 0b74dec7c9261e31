"""Simulated dives as observations, in the form that the parsers of files return and the import path expects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.domain.records import Scope, Variable
from app.ingest.formats.observations import Column, Floats, Ints, Observations
from app.simulator.ocean import Sea

# Name, unit and standard name of the variables that sensors can measure, in the order of the columns.
_SENSORS: dict[str, tuple[str, str]] = {
    "temperature": ("degree_C", "sea_water_temperature"),
    "salinity": ("1", "sea_water_practical_salinity"),
    "density": ("kg m-3", "sea_water_density"),
    "oxygen": ("mmol m-3", "mole_concentration_of_dissolved_molecular_oxygen_in_sea_water"),
    "chlorophyll": ("mg m-3", "mass_concentration_of_chlorophyll_a_in_sea_water"),
}
CTD = ("temperature", "salinity", "density")
ALL_SENSORS = tuple(_SENSORS)
# Noise of the sensors: the last digits of a CTD; one per cent of the value for an optode and a fluorometer.
_SCATTER_C, _SCATTER_PSU, _SCATTER_SHARE = 0.004, 0.002, 0.01
# A glider measures only once its antenna is under water.
_SHALLOWEST_M = 0.5


@dataclass(frozen=True, slots=True)
class Dive:
    """A descent or an ascent, which becomes one profile. The positions are those of its start and its end."""

    number: int
    start_ms: int
    duration_s: float
    depth_m: float
    down: bool
    from_lon_lat: tuple[float, float]
    to_lon_lat: tuple[float, float]


def observations(
    dives: Sequence[Dive],
    sea: Sea,
    samples: int,
    sensors: Sequence[str],
    attributes: dict[str, Any],
    scope: Scope,
    seed: Sequence[int],
) -> Observations:
    """The rows of these dives, `samples` each: the same numbers for the same arguments."""
    rng = np.random.default_rng(list(seed))
    share = np.linspace(0.0, 1.0, samples)
    number = np.repeat(np.array([dive.number for dive in dives], dtype=np.float64), samples)
    time_ms: Ints = np.concatenate([dive.start_ms + np.round(share * dive.duration_s * 1000) for dive in dives]).astype(
        np.int64
    )
    depth = np.concatenate([_depths(dive, share) for dive in dives])
    lon, lat = (np.concatenate([_between(dive, share, axis) for dive in dives]) for axis in (0, 1))
    at_s = np.repeat(np.array([dive.start_ms / 1000 for dive in dives]), samples)
    return Observations(
        format="simulated dives",
        scope=scope,
        attributes=attributes,
        texts={},
        time_ms=time_ms,
        lon_deg=lon,
        lat_deg=lat,
        depth_m=depth,
        number=number,
        weight=np.ones(time_ms.size, dtype=np.int64),
        columns=_measured(sea, depth, at_s, sensors, rng),
        names={"time": "time", "latitude": "latitude", "longitude": "longitude", "number": "profile_index"},
    )


def _depths(dive: Dive, share: Floats) -> Floats:
    below = share if dive.down else share[::-1]
    return np.round(_SHALLOWEST_M + (dive.depth_m - _SHALLOWEST_M) * below, 2)


def _between(dive: Dive, share: Floats, axis: int) -> Floats:
    start, end = dive.from_lon_lat[axis], dive.to_lon_lat[axis]
    return np.round(start + (end - start) * share, 6)


def _measured(
    sea: Sea, depth_m: Floats, at_s: Floats, sensors: Sequence[str], rng: np.random.Generator
) -> tuple[Column, ...]:
    temperature = sea.temperature(depth_m, at_s) + rng.normal(0, _SCATTER_C, depth_m.size)
    salinity = sea.salinity(depth_m, at_s) + rng.normal(0, _SCATTER_PSU, depth_m.size)
    values = {"temperature": temperature, "salinity": salinity, "density": sea.density(temperature, salinity)}
    for name, water in (("oxygen", sea.oxygen), ("chlorophyll", sea.chlorophyll)):
        if name in sensors:
            values[name] = water(depth_m, at_s) * rng.normal(1, _SCATTER_SHARE, depth_m.size)
    return tuple(
        Column(
            Variable(name, _SENSORS[name][0], _SENSORS[name][1], None, name, _SENSORS[name][0]),
            values[name].astype(np.float32),
        )
        for name in sensors
    )
