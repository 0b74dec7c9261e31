"""pyglider's grid file: bins of depth, or of pressure, by profiles, in either order of the dimensions."""

import numpy as np

from app.ingest.formats import time_series, vocabulary
from app.ingest.formats.netcdf import NetCdf, as_floats
from app.ingest.formats.observations import GRID_FORMAT, Column, Coordinates, Floats, Observations
from app.ingest.refusals import Refused

_PRESSURES = ("pressure", "pres")


def matches(file: NetCdf) -> bool:
    """True if time and depth, or pressure, are separate dimensions and a variable spans both."""
    return _vertical(file) is not None


def _vertical(file: NetCdf) -> str | None:
    """The name of the vertical axis, None without one."""
    time = file.variables.get("time")
    if time is None or len(time.dimensions) != 1:
        return None
    for name in ("depth", *_PRESSURES):
        level = file.variables.get(name)
        if level is None or len(level.dimensions) != 1 or level.dimensions == time.dimensions:
            continue
        axes = {time.dimensions[0], level.dimensions[0]}
        if any(set(variable.dimensions) == axes for variable in file.variables.values()):
            return name
    return None


def read(file: NetCdf, coordinates: Coordinates) -> Observations:
    """A row for each bin with a measurement; a profile counts as one sample, because it has one time."""
    vertical = _vertical(file) or "depth"
    along, down = file.variables["time"].dimensions[0], file.variables[vertical].dimensions[0]
    profiles, bins = file.dimensions[along], file.dimensions[down]
    if profiles == 0 or bins == 0:
        raise Refused("no_samples", "there is no profile", "time")
    latitude, longitude = coordinates.latitude, coordinates.longitude
    number = next((n for n in ("profile", "profile_index", "profile_number") if _is_along(file, n, along)), None)
    used = {"time", vertical, latitude, longitude, *([number] if number else [])}
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
    levels = as_floats(file.floats(vertical))[level]
    levels[blank[profile]] = np.nan
    columns: list[Column] = []
    # A depth follows from the pressure later, as for any other file without depths.
    depth = np.full(levels.size, np.nan) if vertical in _PRESSURES else levels
    if vertical in _PRESSURES and (column := vocabulary.column(file, vertical, "pressure", levels)) is not None:
        columns.append(column)
    for name, canonical, plane in planes:
        if (column := vocabulary.column(file, name, canonical, plane[profile, level])) is not None:
            columns.append(column)
    raw_number = as_floats(file.floats(number)) if number else np.arange(1.0, profiles + 1)
    return Observations(
        format=GRID_FORMAT,
        scope="mission",
        attributes=file.attributes(),
        texts=time_series.texts(file),
        time_ms=file.times_ms("time")[profile],
        lon_deg=_positions(file, longitude, along)[profile],
        lat_deg=_positions(file, latitude, along)[profile],
        depth_m=depth,
        number=raw_number[profile],
        weight=(np.concatenate(([1], np.diff(profile))) > 0).astype(np.int64),
        columns=tuple(columns),
        names={
            "time": "time",
            "latitude": latitude,
            "longitude": longitude,
            "depth": vertical,
            **({"number": number} if number else {}),
        },
    )


def _is_along(file: NetCdf, name: str, along: str) -> bool:
    return name in file.variables and tuple(file.variables[name].dimensions) == (along,) and file.is_number(name)


def _plane(file: NetCdf, name: str, along: str) -> Floats:
    values = file.floats(name, narrow=True)
    return values if file.variables[name].dimensions[0] == along else values.T


def _positions(file: NetCdf, name: str, along: str) -> Floats:
    """One position for each profile; old files have one for each bin, of which the median is used."""
    if tuple(file.variables[name].dimensions) == (along,):
        return as_floats(file.floats(name))
    plane = _plane(file, name, along)
    if plane.ndim != 2:
        raise Refused("no_valid_position", "there is not one position for each profile", name)
    middle = np.full(plane.shape[0], np.nan)
    some = np.isfinite(plane).any(axis=1)
    middle[some] = np.nanmedian(plane[some], axis=1)
    return middle
