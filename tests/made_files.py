"""Write small glider files for tests: valid ones, unless a test passes invalid columns."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

SAMPLES_A_PROFILE = 6
STEP_S = 60


def rows(profiles: int = 4, lon: float = 15.5, lat: float = 55.5, start_s: float = 1.6e9) -> dict[str, Any]:
    """The columns of a time series: profiles down to 50 m and up again, 600 m apart, one sample a minute."""
    n = profiles * SAMPLES_A_PROFILE
    profile = np.arange(n) // SAMPLES_A_PROFILE
    step = np.arange(n) % SAMPLES_A_PROFILE
    depth = np.where(profile % 2 == 0, step, SAMPLES_A_PROFILE - 1 - step) * 10.0
    return {
        "time": start_s + STEP_S * np.arange(n, dtype=np.float64),
        "longitude": lon + 0.01 * profile,
        "latitude": np.full(n, lat),
        "depth": depth,
        "profile_index": profile + 1.0,
        "temperature": 10.0 - 0.1 * depth,
    }


def time_series(
    path: Path,
    columns: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
    units: Mapping[str, str] | None = None,
    dimension: str = "time",
) -> Path:
    """Write a mission's time series along one dimension: the columns of `rows` unless others are passed."""
    columns = rows() if columns is None else columns
    unit_of = {"time": "seconds since 1970-01-01T00:00:00Z", "depth": "m", "temperature": "Celsius", **(units or {})}
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension(dimension, len(columns.get("time", next(iter(columns.values())))))
        for name, values in columns.items():
            variable = file.createVariable(name, np.asarray(values).dtype, (dimension,), fill_value=np.nan)
            if name in unit_of:
                variable.units = unit_of[name]
            variable[:] = values
        for name, value in {"id": "made-20200913T1226", **(attributes or {})}.items():
            file.setncattr(name, value)
    return path


def looping_file(path: Path) -> Path:
    """Write a time series with one changed byte that makes libhdf5 loop for ever; random mutation discovered it."""
    sound = time_series(path).read_bytes()
    # The index of the second object in the global heap; 0 marks the free space at its end.
    second = sound.index(b"GCOL") + 40
    path.write_bytes(sound[:second] + b"\0" + sound[second + 1 :])
    return path


def profile_file(path: Path, number: int = 1, attributes: Mapping[str, Any] | None = None, **column: Any) -> Path:
    """Write one profile in the form of the IOOS data assembly center; `column` replaces columns."""
    whole = rows(profiles=number, **{key: column.pop(key) for key in ("lon", "lat", "start_s") if key in column})
    rename = {"longitude": "lon", "latitude": "lat"}
    columns = {
        rename.get(name, name): values[-SAMPLES_A_PROFILE:] for name, values in whole.items() if name != "profile_index"
    }
    time_series(path, {**columns, **column}, attributes)
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("profile_id", "i4")[...] = number
        moment = file.createVariable("profile_time", "f8")
        moment.units = "seconds since 1970-01-01T00:00:00Z"
        moment[...] = float(columns["time"][0])
    return path


def table(columns: Mapping[str, Any] | None = None, units: Mapping[str, str] | None = None) -> list[list[str]]:
    """Return the cells of an ERDDAP `.csvp` table: the columns of `rows` by default, times as ISO 8601."""
    columns = rows() if columns is None else columns
    unit_of = {"time": "UTC", "latitude": "degrees_north", "longitude": "degrees_east", "depth": "m", **(units or {})}
    names = [f"{name} ({unit_of[name]})" if name in unit_of else name for name in columns]
    cells = [
        [datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for value in values]
        if name == "time"
        else ["NaN" if value != value else str(value) for value in np.asarray(values).tolist()]
        for name, values in columns.items()
    ]
    return [names, *map(list, zip(*cells, strict=True))]


def csv_file(path: Path, cells: list[list[str]] | None = None, end: str = "\n") -> Path:
    """Write the cells as CSV, unquoted, one row per line."""
    text = "".join(",".join(row) + end for row in (table() if cells is None else cells))
    path.write_bytes(text.encode("utf-8"))
    return path


def dive_file(path: Path, dive: int = 1, attributes: Mapping[str, Any] | None = None, **column: Any) -> Path:
    """Write one dive of a Seaglider in the form of its basestation, to 50 m and up again; `column` replaces columns."""
    whole = rows(profiles=2, start_s=1.6e9 + 3600.0 * dive)
    rename = {"time": "ctd_time", "depth": "ctd_depth"}
    columns = {rename.get(name, name): values for name, values in whole.items() if name != "profile_index"}
    described = {"id": f"p001{dive:04d}_20200913", "platform_id": "SG001", "dive_number": np.int32(dive)}
    columns = {**columns, "time": whole["time"], **column}
    units = dict.fromkeys(("time", "ctd_time"), "seconds since 1970-1-1 00:00:00")
    return time_series(path, columns, {**described, **(attributes or {})}, units, "sg_data_point")


def part_file(
    path: Path,
    first: int,
    last: int,
    attributes: Mapping[str, Any] | None = None,
    later_s: float = 0.0,
    about: Mapping[str, Mapping[str, Any]] | None = None,
    **columns: Any,
) -> Path:
    """Write the profiles `first` to `last` - 1 of a mission, some seconds later, as a part that states its operator.

    `columns` replaces columns, `about` adds attributes of variables.
    """
    whole = {name: values[first * SAMPLES_A_PROFILE :] for name, values in rows(profiles=last).items()}
    whole["time"] = whole["time"] + later_s
    time_series(path, {**whole, **columns}, {"institution": "Made", **(attributes or {})})
    with netCDF4.Dataset(path, "a") as file:
        for name, of_variable in (about or {}).items():
            file[name].setncatts(of_variable)
    return path
