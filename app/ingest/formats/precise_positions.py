"""Times and positions of samples beside those of their profile, as in NGDAC's tables: `precise_time`, `precise_lat`.

There, `time`, `latitude` and `longitude` are those of the profile, the same in all of its rows.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats.flag_variables import RowFlags
from app.ingest.formats.netcdf import as_floats
from app.ingest.formats.observations import NO_TIME, Observations
from app.ingest.formats.variable_source import Variables

_TIME, _LATITUDE, _LONGITUDE = "precise_time", "precise_lat", "precise_lon"
NAMES = (_TIME, _LATITUDE, _LONGITUDE)


def refined(file: Variables, rows: Observations) -> Observations:
    """The rows with the time and position of each sample; that of its profile where a sample has none."""
    present = [name for name in NAMES if _is_by_sample(file, name, rows)]
    if not present:
        return rows
    columns = tuple(column for column in rows.columns if str(column.about.source_name).lower() not in present)
    refined_rows = replace(rows, columns=columns)
    warnings = Counter(rows.warnings)
    row_flags = RowFlags(file, {tuple(map(str, file.variables[present[0]].dimensions)): lambda v: v}, warnings)
    flags = dict(rows.flags)
    if _TIME in present:
        time_ms = file.times_ms(_TIME)
        if (of_time := row_flags.of(_TIME)) is not None:
            flags["time"] = _chosen(time_ms != NO_TIME, of_time, flags.get("time", np.zeros_like(of_time)))
        time_ms = np.where(time_ms == NO_TIME, rows.time_ms, time_ms)
        refined_rows = replace(refined_rows, time_ms=time_ms, names={**rows.names, "time": _spelled(file, _TIME)})
    if _LATITUDE in present and _LONGITUDE in present:
        lat, lon = as_floats(file.floats(_LATITUDE)), as_floats(file.floats(_LONGITUDE))
        is_whole = np.isfinite(lat) & np.isfinite(lon)
        if (of_position := row_flags.of_position(_LATITUDE, _LONGITUDE)) is not None:
            flags["position"] = _chosen(is_whole, of_position, flags.get("position", np.zeros_like(of_position)))
        names = {"latitude": _spelled(file, _LATITUDE), "longitude": _spelled(file, _LONGITUDE)}
        refined_rows = replace(
            refined_rows,
            lat_deg=_chosen(is_whole, lat, rows.lat_deg),
            lon_deg=_chosen(is_whole, lon, rows.lon_deg),
            names={**refined_rows.names, **names},
        )
    used = rows.flag_variables | row_flags.used
    return replace(refined_rows, flags=flags, flag_variables=used, warnings=dict(warnings))


def _is_by_sample(file: Variables, name: str, rows: Observations) -> bool:
    return name in file.variables and file.is_number(name) and tuple(file.variables[name].shape) == rows.time_ms.shape


def _chosen(mask: NDArray[np.bool_], values: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    return np.where(mask, values, others)


def _spelled(file: Variables, name: str) -> str:
    return str(file.variables[name].name)
