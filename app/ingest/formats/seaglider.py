"""Seaglider basestation dives: one file a dive, down and up again, which makes two profiles."""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from app.ingest.formats import depth_correction, time_series
from app.ingest.formats.netcdf import NetCdf
from app.ingest.formats.observations import NO_TIME, Floats, Observations
from app.ingest.refusals import Refused

# `p0050003_20080606`: glider 5, dive 3.
_ID = re.compile(r"^p\d{3}(\d{4})(?:_|$)", re.ASCII)
# Counts and frequencies of the electronics, from which the variables beside them were computed.
_RAW = "eng_"


def matches(file: NetCdf) -> bool:
    """True if the rows are a Seaglider's, by their dimension or by the log variables beside them."""
    dimensions = {name.lower() for name in file.dimensions}
    return "sg_data_point" in dimensions or {"log_gps_lat", "ctd_time"} <= file.variables.keys()


def read(file: NetCdf) -> Observations:
    """The rows of the dive. Raises Refused when there are none, or when the number of the dive is missing.

    Dive n is profiles 2n - 1, down to the deepest sample, and 2n. The file's `id` names the dive and no mission: it is
    omitted.
    """
    coordinates = time_series.coordinates(file)
    if "ctd_time" in file.variables and file.is_number("ctd_time"):
        # Depths and measurements are those of the CTD, which has a clock of its own.
        coordinates = replace(coordinates, time="ctd_time")
    raw = {name for name in file.variables if name.startswith(_RAW)}
    rows = time_series.read(file, coordinates, depths=("ctd_depth", "depth"), hidden=raw)
    return replace(
        rows,
        format="Seaglider basestation dive",
        scope="profiles",
        attributes={name: value for name, value in rows.attributes.items() if name.lower() != "id"},
        number=_halves(rows, _dive(file, rows.attributes)),
        names={**rows.names, "number": "dive_number"},
    )


def _dive(file: NetCdf, attributes: dict[str, Any]) -> int:
    """The number of the dive, from 1."""
    named = _ID.match(str(attributes.get("id") or ""))
    candidates = [attributes.get("dive_number"), named and named[1]]
    if "trajectory" in file.variables and file.is_number("trajectory"):
        candidates += np.ravel(file.floats("trajectory"))[:1].tolist()
    for value in candidates:
        try:
            number = int(str(value).removesuffix(".0"))
        except ValueError:
            continue
        if 0 < number < 2**31:
            return number
    raise Refused("not_profiles", "the number of the dive is missing", "dive_number")


def _halves(rows: Observations, dive: int) -> Floats:
    """(n,) profile numbers, from the same corrected depths that the import uses later."""
    depth_m = depth_correction.of_rows(rows).good_m
    if not np.isfinite(depth_m).any():
        raise Refused("not_profiles", "no sample has a depth", rows.names.get("depth", "depth"))
    depth_m = np.where(rows.time_ms == NO_TIME, -np.inf, depth_m)
    deepest_ms = rows.time_ms[int(np.nanargmax(depth_m))]
    return np.where(rows.time_ms <= deepest_ms, 2.0 * dive - 1, 2.0 * dive)
