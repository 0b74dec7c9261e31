"""Profiles by levels: each profile is a row of an array, with a depth or a pressure of its own at each level.

The incomplete multidimensional array of CF 1.11, 9.3.2, which Argo's files and other archives use.
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import time_series, vertical_axis, vocabulary
from app.ingest.formats.netcdf import NetCdf, as_floats
from app.ingest.formats.observations import Column, Coordinates, Floats, Observations
from app.ingest.formats.sampling_geometry import NUMBERS
from app.ingest.refusals import Refused

_VERTICAL = (*vertical_axis.DEPTHS, *vertical_axis.PRESSURES)


def matches(file: NetCdf, coordinates: Coordinates) -> bool:
    """True if depth or pressure has the dimension of the profiles and that of their levels."""
    return _vertical(file, coordinates) is not None


def read(file: NetCdf, coordinates: Coordinates) -> Observations:
    """A row for each level with a depth or a measurement. Raises Refused without any."""
    vertical = _vertical(file, coordinates)
    if vertical is None:
        raise Refused("no_samples", "there are no levels", coordinates.time)
    axes = tuple(file.variables[vertical].dimensions)
    shape = tuple(int(length) for length in file.variables[vertical].shape)
    number = next((name for name in NUMBERS if _is_by_profile(file, name, axes)), None)
    depths = vertical_axis.of_rows(file, axes, shape, (vertical,))
    is_depth = depths.pressure_dbar is None
    warnings = Counter(depths.warnings)
    names = (coordinates.time, coordinates.latitude, coordinates.longitude)
    used = {*names, *([vertical] if is_depth else []), *([number] if number else [])}
    depth_m = depths.depth_m
    filled = np.isfinite(depth_m)
    planes: list[tuple[str, str, Floats]] = []
    for name, canonical in vocabulary.measured(file, [axes], used):
        plane = file.floats(name, narrow=True)
        filled |= np.isfinite(plane)
        planes.append((name, canonical, plane))
    profile, level = np.nonzero(filled)
    if profile.size == 0:
        raise Refused("no_samples", "there are neither depths nor measurements", vertical)
    columns: list[Column] = []
    for name, canonical, plane in planes:
        if (column := vocabulary.column(file, name, canonical, plane[profile, level], warnings)) is not None:
            columns.append(column)
    if depths.pressure_dbar is not None and not any(column.about.name == "pressure" for column in columns):
        columns.append(time_series.pressure_column(file, vertical, depths.pressure_dbar[profile, level]))
    raw_number = as_floats(file.floats(number)) if number else np.arange(1.0, shape[0] + 1)
    spelled = [str(file.variables[name].name) for name in names]
    return Observations(
        format="profiles by levels",
        scope="mission",
        attributes=file.attributes(),
        texts=time_series.texts(file),
        time_ms=_picked(file.times_ms(coordinates.time), profile, level),
        lon_deg=_picked(as_floats(file.floats(coordinates.longitude)), profile, level),
        lat_deg=_picked(as_floats(file.floats(coordinates.latitude)), profile, level),
        depth_m=depth_m[profile, level],
        number=raw_number[profile],
        weight=np.ones(profile.size, dtype=np.int64),
        columns=tuple(columns),
        names={
            **dict(zip(("time", "latitude", "longitude"), spelled, strict=True)),
            "depth": str(file.variables[vertical].name),
            "number": str(file.variables[number].name) if number else axes[0],
        },
        warnings=dict(warnings),
    )


def _vertical(file: NetCdf, coordinates: Coordinates) -> str | None:
    along = tuple(file.variables[coordinates.time].dimensions)
    for name in _VERTICAL:
        variable = file.variables.get(name)
        if variable is None or len(variable.dimensions) != 2 or not file.is_number(name):
            continue
        axes = tuple(variable.dimensions)
        if along in (axes, axes[:1]) and all(
            tuple(file.variables[each].dimensions) in (axes, axes[:1])
            for each in (coordinates.latitude, coordinates.longitude)
        ):
            return name
    return None


def _is_by_profile(file: NetCdf, name: str, axes: tuple[str, ...]) -> bool:
    return name in file.variables and tuple(file.variables[name].dimensions) == axes[:1] and file.is_number(name)


def _picked(values: NDArray[Any], profile: NDArray[np.intp], level: NDArray[np.intp]) -> NDArray[Any]:
    picked: NDArray[Any] = values[profile] if values.ndim == 1 else values[profile, level]
    return picked
