"""Variables of an OceanGliders 1.0 file, and the columns of stored samples under their names.

Source: https://oceangliderscommunity.github.io/OG-format-user-manual/OG_Format.html
"""

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from math import nan
from typing import Any

from app.api.v1.netcdf import Value, Variable
from app.domain import records
from app.domain.columns import decoded, flags_of, good_values
from app.domain.quality_flags import MEANINGS, VALUES, Quality, left_out_rows

ROWS = "N_MEASUREMENTS"
TIME = "TIME"
# The category of a platform in the vocabulary of OceanGliders 1.0, by its kind.
PLATFORMS: dict[str, str] = {"glider": "sub-surface gliders", "sailbuoy": "autonomous surface vehicle"}
# Halocline's name: the name in OceanGliders 1.0. Other names are written in capitals.
_NAMES = {
    "temperature": "TEMP",
    "salinity": "PSAL",
    "conductivity": "CNDC",
    "pressure": "PRES",
    "oxygen": "DOXY",
    "chlorophyll": "CHLA",
    "potential_density": "POTDENS0",
    "potential_temperature": "THETA",
    "sigma_theta": "SIGTHETA",
    "backscatter_700": "BBP700",
    "par": "DOWNWELLING_PAR",
}
_STANDARD_NAMES = {
    "temperature": "sea_water_temperature",
    "salinity": "sea_water_practical_salinity",
    "conductivity": "sea_water_electrical_conductivity",
    "pressure": "sea_water_pressure",
    "density": "sea_water_density",
    "potential_density": "sea_water_potential_density",
    "potential_temperature": "sea_water_potential_temperature",
    "sigma_theta": "sea_water_sigma_theta",
}
_SUFFIXES = ("_adjusted", "_raw")
# The warning of missions with such depths, and how they were computed.
_FROM_PRESSURE = "depth_from_pressure"
_DEPTH_FROM_PRESSURE = "where no depth was measured: computed from pressure and latitude by TEOS-10, -gsw.z_from_p"
# The key of the flags of times that are not written: no name of a variable.
_TIME_FLAGS = "flags of TIME"
# The end of the names of flags. No measured variable has it.
_QC = "_QC"
_NO_PROFILE = -9999
_NO_TIME = -1.0
_COORDINATES = {
    "LATITUDE": ("latitude", "double"),
    "LONGITUDE": ("longitude", "double"),
    "DEPTH": ("depth", "double"),
}
# Names that a measured variable must not have: of the other variables and of the dimensions of all exports.
_TEXTS = (
    *("TRAJECTORY", "PLATFORM_SERIAL_NUMBER", "PLATFORM_NAME", "PLATFORM_MODEL", "WMO_IDENTIFIER", "DATA_MODE"),
    *("PLATFORM", "SOURCE_FILE", "SOURCE_SHA256", "LICENSE", "CITATION", "SIMULATED"),
)
_RESERVED = (
    *("TIME", "LATITUDE", "LONGITUDE", "DEPTH", "PROFILE_NUMBER", "ROW_SIZE", ROWS, "N_TRAJECTORIES"),
    *(name + end for name in _TEXTS for end in ("", "_LENGTH")),
)


def coordinates(
    highest_number: int, missions: Iterable[records.Mission] = (), flags: Mapping[str, str] | None = None
) -> list[Variable]:
    """Time, position, depth and profile number. The description of depth names its source in these missions.

    flags: the names of the variables with quality flags, by the names of the variables that they belong to.
    """
    flags = flags or {}
    depth_attributes: dict[str, Value] = {"axis": "Z", "positive": "down"}
    if any(warning.code == _FROM_PRESSURE for mission in missions for warning in mission.warnings):
        depth_attributes["comment"] = _DEPTH_FROM_PRESSURE
    # A profile number may be the second in which the profile begins.
    exceeds_int = highest_number >= 2**31
    return [
        Variable(
            "TIME",
            "double",
            {
                "standard_name": "time",
                "long_name": "time of measurement",
                "units": "seconds since 1970-01-01T00:00:00Z",
                "calendar": "gregorian",
                "axis": "T",
                **_ancillary(TIME, flags),
                "_FillValue": _NO_TIME,
            },
            fill=_NO_TIME,
        ),
        _coordinate("LATITUDE", "degrees_north", {"axis": "Y", **_ancillary("LATITUDE", flags)}),
        _coordinate("LONGITUDE", "degrees_east", {"axis": "X", **_ancillary("LONGITUDE", flags)}),
        _coordinate("DEPTH", "m", {**depth_attributes, **_ancillary("DEPTH", flags)}),
        Variable(
            "PROFILE_NUMBER",
            "double" if exceeds_int else "int",
            {
                "long_name": "profile number",
                "comment": "missing outside every profile",
                "coordinates": "TIME LONGITUDE LATITUDE DEPTH",
                "_FillValue": _NO_PROFILE,
            },
            fill=_NO_PROFILE,
        ),
    ]


def _coordinate(name: str, unit: str, others: Mapping[str, Value]) -> Variable:
    standard = name.lower()
    attributes: dict[str, Value] = {"standard_name": standard, "long_name": f"{standard} of each measurement"}
    attributes["units"] = unit
    return Variable(name, "double", {**attributes, **others, "_FillValue": nan}, fill=nan)


def measured(
    variables: Sequence[records.Variable], single: frozenset[str], flags: Mapping[str, str] | None = None
) -> list[Variable]:
    """The measured variables, NaN in rows without a value. single: those that hold only single-precision values."""
    return [
        Variable(
            name,
            "float" if variable.name in single else "double",
            _attributes(variable) | _ancillary(name, flags or {}),
            fill=nan,
        )
        for name, variable in zip(own_names(variables), variables, strict=True)
    ]


def flag_names(
    missions: Sequence[records.Mission], variables: Sequence[records.Variable], quality: Quality
) -> dict[str, str]:
    """The names of the variables with quality flags, by the names in the file of the variables that they belong to.

    Empty for `good`, whose values need no flags, and without flags in any of the missions.
    """
    if quality == "good":
        return {}
    having = {counts.variable for mission in missions for counts in mission.flags}
    canonical = {TIME: "time", **{name: own for name, (own, _) in _COORDINATES.items()}}
    canonical |= {name: variable.name for name, variable in zip(own_names(variables), variables, strict=True)}
    return {name: f"{name}{_QC}" for name, own in canonical.items() if own in having}


def flag_variables(flags: Mapping[str, str]) -> list[Variable]:
    """The variables with the quality flags of other variables: 0, not evaluated, in rows without a flag."""
    about: dict[str, Value] = {
        "standard_name": "status_flag",
        "flag_values": VALUES,
        "flag_meanings": MEANINGS,
        "conventions": "reference table 2 of Argo; 6: a flag of unknown meaning in the source",
    }
    return [Variable(flag, "byte", {"long_name": f"quality flag of {name}", **about}) for name, flag in flags.items()]


def _ancillary(name: str, flags: Mapping[str, str]) -> dict[str, Value]:
    return {"ancillary_variables": flags[name]} if name in flags else {}


def selection(missions: Iterable[records.Mission], quality: Quality) -> dict[str, Value]:
    """The attribute that names the selection of values, if any of the missions has quality flags."""
    texts = {
        "good": "values with a quality flag of bad, probably bad or missing are left out",
        "all": "all values, with their quality flags",
    }
    return {"quality": texts[quality]} if any(mission.flags for mission in missions) else {}


def _attributes(variable: records.Variable) -> dict[str, Value]:
    vocabulary = _NAMES.get(variable.name)
    texts = {
        "standard_name": variable.standard_name or _STANDARD_NAMES.get(variable.name),
        "long_name": variable.long_name or variable.name,
        "units": variable.unit,
        "coordinates": "TIME LONGITUDE LATITUDE DEPTH",
        "source_name": variable.source_name,
        "source_units": variable.source_unit,
        "vocabulary": f"https://vocab.nerc.ac.uk/collection/OG1/current/{vocabulary}/" if vocabulary else None,
    }
    return {**{name: text for name, text in texts.items() if text}, "_FillValue": nan}


def own_names(variables: Sequence[records.Variable]) -> list[str]:
    """The name of each variable in the file; all names differ, also if case is ignored, and none is that of flags."""
    used = set(_RESERVED)
    names: dict[int, str] = {}
    # The names of OceanGliders belong to the quantities that they mean, whatever else is called so.
    for i in sorted(range(len(variables)), key=lambda i: _vocabulary_name(variables[i].name) is None):
        name = _name(variables[i].name)
        name += "_VALUE" if name.endswith(_QC) else ""
        numbered = (f"{name}_{number}" for number in count(2))
        names[i] = next(free for free in chain([name], numbered) if free not in used)
        used.add(names[i])
    return [names[i] for i in range(len(variables))]


def _name(canonical: str) -> str:
    plain = _vocabulary_name(canonical) or re.sub(r"[^A-Za-z0-9_]", "_", canonical)
    return (plain if plain[:1].isalpha() else f"V_{plain}").upper()


def _vocabulary_name(canonical: str) -> str | None:
    """The name in OceanGliders 1.0, None for other quantities."""
    suffix = next((suffix for suffix in _SUFFIXES if canonical.endswith(suffix)), "")
    og1_name = _NAMES.get(canonical.removesuffix(suffix))
    return f"{og1_name}{suffix}" if og1_name else None


def columns(
    document: Mapping[str, Any],
    names: Mapping[str, tuple[str, str]],
    number_type: str,
    flags: Mapping[str, str],
    quality: Quality,
) -> dict[str, "array[Any]"]:
    """The columns of a sample document by their names in the file.

    names: (Halocline's name, type) of each measured variable. Times are those of `all`, with their flags for
    `good_times`. Raises ValueError for a wider type than declared, and for a column that does not have a value for each
    row.
    """
    stored = document["columns"]
    by_name: dict[str, array[Any]] = {}
    for name, (canonical, kind) in {**_COORDINATES, **names}.items():
        if canonical in stored:
            column = stored[canonical]
            values = good_values(column) if quality == "good" else decoded(column["data"], column["dtype"])
            if name in flags and (of_values := flags_of(column, len(values))) is not None:
                by_name[flags[name]] = array("b", of_values)
            if kind == "float" and values.typecode != "f":
                raise ValueError(f"{canonical} has values of double precision in a column of single precision")
            by_name[name] = values if values.typecode == kind[0] else array(kind[0], values)
    if "time" in stored:
        times = decoded(stored["time"]["data"], stored["time"]["dtype"])
        by_name[TIME] = array("d", [time_ms / 1000 for time_ms in times])
        if (of_times := flags_of(stored["time"], len(times))) is not None:
            by_name[flags.get(TIME, _TIME_FLAGS)] = array("b", of_times)
    numbers: array[Any] = array(number_type[0], [document["number"] or _NO_PROFILE])
    by_name["PROFILE_NUMBER"] = numbers * document["count"]
    by_name.setdefault(TIME, array("d", [_NO_TIME]) * document["count"])
    for name, values in by_name.items():
        if len(values) != document["count"]:
            raise ValueError(f"{len(values)} values instead of {document['count']} for {name}")
    return by_name


def good_times(columns: Mapping[str, "array[Any]"]) -> Mapping[str, "array[Any]"]:
    """The columns without the times that are flagged as bad: applied when the rows are in the order of time."""
    flags = columns.get(_TIME_FLAGS)
    if flags is None or not (rows := left_out_rows(flags.tobytes())):
        return columns
    times = columns[TIME][:]
    for row in rows:
        times[row] = _NO_TIME
    return {**columns, TIME: times}
