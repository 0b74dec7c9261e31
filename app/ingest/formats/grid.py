"""pyglider's grid file: bins of depth or of pressure by profiles, in either order of the dimensions."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import flag_variables, positions, time_series, vertical_axis, vocabulary
from app.ingest.formats.flag_variables import RowFlags
from app.ingest.formats.netcdf import NetCdf, as_floats
from app.ingest.formats.observations import GRID_FORMAT, Coordinates, Floats, Observations
from app.ingest.refusals import Refused

_NUMBERS = ("profile", "profile_index", "profile_number")
_VERTICAL = ("depth", *vertical_axis.PRESSURES)


def matches(file: NetCdf) -> bool:
    """True if time and a vertical axis are separate dimensions, and a variable spans both."""
    return _axes(file) is not None


def read(file: NetCdf, coordinates: Coordinates) -> Observations:
    """A row for each bin with a measurement; a profile counts as one sample, because it has one time."""
    along, down = _axes(file) or ("", "")
    profiles, bins = file.dimensions[along], file.dimensions[down]
    if profiles == 0 or bins == 0:
        raise Refused("no_samples", "there is no profile", "time")
    latitude, longitude = coordinates.latitude, coordinates.longitude
    vertical = vertical_axis.of_rows(file, (down,), bins, _VERTICAL)
    axis = vertical.axis.name if vertical.axis else "depth"
    number = next((n for n in _NUMBERS if _is_along(file, n, along)), None)
    used = {"time", axis, latitude, longitude, *([number] if number else [])}
    warnings = Counter(vertical.warnings)
    planes: list[tuple[str, str, Floats]] = []
    filled = np.zeros((profiles, bins), dtype=bool)
    for name, canonical in vocabulary.measured(file, [(down, along), (along, down)], used):
        plane = _plane(file, name, along)
        filled |= np.isfinite(plane)
        planes.append((name, canonical, plane))
    # A profile without any measurement still has one row: it is a sample, though without depth.
    blank = ~np.any(filled, axis=1)
    filled[blank, 0] = True
    profile, level = np.nonzero(filled)
    depth = vertical.depth_m[level]
    depth[blank[profile]] = np.nan
    flags = RowFlags(file, _picks(along, down, profile, level), warnings)
    measured = (
        vocabulary.column(file, name, canonical, plane[profile, level], warnings, flags.of(name))
        for name, canonical, plane in planes
    )
    columns = [column for column in measured if column is not None]
    if vertical.pressure_dbar is not None and not any(column.about.name == "pressure" for column in columns):
        pressure = vertical.pressure_dbar[level]
        pressure[blank[profile]] = np.nan
        columns.append(time_series.pressure_column(file, axis, pressure, flags.of(axis)))
    raw_number = as_floats(file.floats(number)) if number else np.arange(1.0, profiles + 1)
    return Observations(
        format=GRID_FORMAT,
        scope="mission",
        attributes=file.attributes(),
        texts=time_series.texts(file),
        time_ms=file.times_ms("time")[profile],
        lon_deg=_positions(file, longitude, along, warnings)[profile],
        lat_deg=_positions(file, latitude, along, warnings)[profile],
        depth_m=depth,
        number=raw_number[profile],
        weight=(np.concatenate(([1], np.diff(profile))) > 0).astype(np.int64),
        columns=tuple(columns),
        names={
            "time": "time",
            "latitude": latitude,
            "longitude": longitude,
            "depth": axis,
            **({"number": number} if number else {}),
        },
        flags=flags.coordinates("time", latitude, longitude, None if vertical.pressure_dbar is not None else axis),
        flag_variables=flags.used,
        warnings=dict(warnings),
    )


def _picks(
    along: str, down: str, profile: NDArray[np.intp], level: NDArray[np.intp]
) -> dict[tuple[str, ...], flag_variables.Pick]:
    """The rows of a variable by its dimensions."""
    return {
        (along, down): lambda values: values[profile, level],
        (down, along): lambda values: values[level, profile],
        (along,): lambda values: values[profile],
        (down,): lambda values: values[level],
    }


def _axes(file: NetCdf) -> tuple[str, str] | None:
    """The dimensions of time and of the vertical axis if they differ and a variable spans both, else None."""
    time = file.variables.get("time")
    if time is None or len(time.dimensions) != 1:
        return None
    along = str(time.dimensions[0])
    # A current profiler of a time series has bins, too, but its rows have depths of their own.
    if any(_is_along(file, name, along) for name in (*vertical_axis.DEPTHS, *vertical_axis.PRESSURES)):
        return None
    planes = {tuple(map(str, v.dimensions)) for v in file.variables.values() if len(v.dimensions) == 2}
    downs = [next(iter(set(plane) - {along})) for plane in sorted(planes) if along in plane and len(set(plane)) == 2]
    axes = ((down, vertical_axis.best(file, (down,), _VERTICAL)) for down in downs)
    return next(((along, down) for down, axis in axes if axis is not None), None)


def _is_along(file: NetCdf, name: str, along: str) -> bool:
    return name in file.variables and tuple(file.variables[name].dimensions) == (along,) and file.is_number(name)


def _plane(file: NetCdf, name: str, along: str) -> Floats:
    values = file.floats(name, narrow=True)
    return values if file.variables[name].dimensions[0] == along else values.T


def _positions(file: NetCdf, name: str, along: str, warnings: Counter[str]) -> Floats:
    """One position for each profile; old files have one for each bin, of which the median is used."""
    values = positions.degrees(file, name, warnings)
    if tuple(file.variables[name].dimensions) == (along,):
        return values
    plane = values if file.variables[name].dimensions[0] == along else values.T
    if plane.ndim != 2:
        raise Refused("no_valid_position", "there is not one position for each profile", name)
    middle = np.full(plane.shape[0], np.nan)
    some = np.isfinite(plane).any(axis=1)
    middle[some] = np.nanmedian(plane[some], axis=1)
    return middle
