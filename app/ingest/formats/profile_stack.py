"""Profiles by levels: each profile is a row of an array, with a depth or a pressure of its own at each level.

The incomplete multidimensional array of CF 1.11, 9.3.2, which Argo's files and other archives use.
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import positions, time_series, vertical_axis, vocabulary
from app.ingest.formats.flag_variables import Pick, RowFlags
from app.ingest.formats.netcdf import NetCdf, as_floats
from app.ingest.formats.observations import Coordinates, Floats, Observations
from app.ingest.formats.sampling_geometry import NUMBERS
from app.ingest.refusals import Refused

_VERTICAL = (*vertical_axis.DEPTHS, *vertical_axis.PRESSURES)


def matches(file: NetCdf, coordinates: Coordinates) -> bool:
    """True if depth or pressure has the dimension of the profiles and that of their levels."""
    return _axes(file, coordinates) is not None


def read(file: NetCdf, coordinates: Coordinates) -> Observations:
    """A row for each level with a depth or a measurement. Raises Refused without any."""
    axes = _axes(file, coordinates)
    if axes is None:
        raise Refused("no_samples", "there are no levels", coordinates.time)
    shape = (file.dimensions[axes[0]], file.dimensions[axes[1]])
    vertical = vertical_axis.of_rows(file, axes, 0, _VERTICAL)
    axis = vertical.axis.name if vertical.axis else ""
    number = next((name for name in NUMBERS if _is_by_profile(file, name, axes)), None)
    names = (coordinates.time, coordinates.latitude, coordinates.longitude)
    used = {*names, axis, *([number] if number else [])}
    warnings = Counter(vertical.warnings)
    depth_m = vertical.depth_m if vertical.depth_m.shape == shape else np.full(shape, np.nan)
    filled = np.isfinite(depth_m)
    planes: list[tuple[str, str, Floats]] = []
    for name, canonical in vocabulary.measured(file, [axes], used):
        plane = file.floats(name, narrow=True)
        filled |= np.isfinite(plane)
        planes.append((name, canonical, plane))
    if vertical.pressure_dbar is not None:
        filled |= np.isfinite(vertical.pressure_dbar)
    profile, level = np.nonzero(filled)
    if profile.size == 0:
        raise Refused("no_samples", "there are neither depths nor measurements", axis or coordinates.time)
    picks: dict[tuple[str, ...], Pick] = {
        axes: lambda values: values[profile, level],
        axes[:1]: lambda values: values[profile],
    }
    flags = RowFlags(file, picks, warnings)
    measured = (
        vocabulary.column(file, name, canonical, plane[profile, level], warnings, flags.of(name))
        for name, canonical, plane in planes
    )
    columns = [column for column in measured if column is not None]
    if vertical.pressure_dbar is not None and not any(column.about.name == "pressure" for column in columns):
        pressure = vertical.pressure_dbar[profile, level]
        columns.append(time_series.pressure_column(file, axis, pressure, flags.of(axis)))
    raw_number = as_floats(file.floats(number)) if number else np.arange(1.0, shape[0] + 1)
    spelled = [str(file.variables[name].name) for name in names]
    return Observations(
        format="profiles by levels",
        scope="mission",
        attributes=file.attributes(),
        texts=time_series.texts(file),
        time_ms=_picked(file.times_ms(coordinates.time), profile, level),
        lon_deg=_picked(positions.degrees(file, coordinates.longitude, warnings), profile, level),
        lat_deg=_picked(positions.degrees(file, coordinates.latitude, warnings), profile, level),
        depth_m=depth_m[profile, level],
        number=raw_number[profile],
        weight=np.ones(profile.size, dtype=np.int64),
        columns=tuple(columns),
        names={
            **dict(zip(("time", "latitude", "longitude"), spelled, strict=True)),
            "depth": str(file.variables[axis].name) if axis else axes[1],
            "number": str(file.variables[number].name) if number else axes[0],
        },
        flags=flags.coordinates(*names, axis if vertical.pressure_dbar is None and axis else None),
        flag_variables=flags.used,
        warnings=dict(warnings),
    )


def _axes(file: NetCdf, coordinates: Coordinates) -> tuple[str, str] | None:
    """The dimensions of the profiles and of their levels, which a vertical axis has; None for another layout."""
    along = tuple(map(str, file.variables[coordinates.time].dimensions))
    planes = {tuple(map(str, v.dimensions)) for v in file.variables.values() if len(v.dimensions) == 2}
    for profile, level in sorted(planes):
        is_along = {(profile, level), (profile,)}
        of_position = (coordinates.latitude, coordinates.longitude)
        is_stack = along in is_along and all(tuple(file.variables[name].dimensions) in is_along for name in of_position)
        if is_stack and vertical_axis.best(file, (profile, level), _VERTICAL) is not None:
            return profile, level
    return None


def _is_by_profile(file: NetCdf, name: str, axes: tuple[str, ...]) -> bool:
    return name in file.variables and tuple(file.variables[name].dimensions) == axes[:1] and file.is_number(name)


def _picked(values: NDArray[Any], profile: NDArray[np.intp], level: NDArray[np.intp]) -> NDArray[Any]:
    picked: NDArray[Any] = values[profile] if values.ndim == 1 else values[profile, level]
    return picked
