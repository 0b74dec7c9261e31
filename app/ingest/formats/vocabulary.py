"""Measured variables with canonical names and units; the file's own name and unit are stored, too."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.printable import encodable
from app.domain.records import Variable
from app.ingest.formats import fill_values, flag_variables, mission_limits, units
from app.ingest.formats.cf_time import counts_time
from app.ingest.formats.observations import Column, Flags
from app.ingest.formats.variable_source import Variables

# Coordinates, and variables that describe the layout of the file: not measurements.
_NOT_MEASURED = (
    "time", "latitude", "longitude", "lat", "lon", "depth", "profile_index", "profile_number", "profile_num",
    "profile_id", "profile", "profile_direction", "profile_time", "profile_lat", "profile_lon", "time_profile",
    "latitude_profile", "longitude_profile", "crs", "platform", "trajectory",
)  # fmt: skip
_NOT_MEASURED_PREFIXES = ("time_", "deployment_", "sensor_", "instrument_", "qartod_", "gps_")
_NOT_MEASURED_SUFFIXES = ("_uv", "_gps", "_gps_end", "_qc", "_qc_tests", "_quality_control", "_flag", "_time")
# Names of columns that every stored profile and every export has.
_RESERVED = frozenset({"time", "longitude", "latitude", "depth", "profile", "platform", "mission", "data_mode"})
_FLAGS = "_qc"
_ADJUSTED = "_adjusted"
_STEMS = (_ADJUSTED, "_raw")
# Lists of missions include these texts for every variable.
_MAX_NAME, _MAX_UNIT = 200, 80


@cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("app.ingest").joinpath("data/vocabulary.toml").read_text(encoding="utf-8"))


@cache
def _by_name() -> dict[str, str]:
    return {alias: canonical for canonical, entry in _entries().items() for alias in entry["names"]}


def _entry(canonical: str) -> dict[str, Any] | None:
    keys = (canonical, *(canonical.removesuffix(stem) for stem in _STEMS))
    return next((_entries()[key] for key in keys if key in _entries()), None)


def has(canonical: str) -> bool:
    """True if the vocabulary has the quantity, also adjusted or raw."""
    return _entry(canonical) is not None


def synonyms(canonical: str) -> list[str]:
    """The canonical name of a quantity and its names in files; empty for a name outside the vocabulary."""
    return [canonical, *_entries()[canonical]["names"]] if canonical in _entries() else []


def measured(file: Variables, dimensions: Iterable[tuple[str, ...]], coordinates: set[str]) -> list[tuple[str, str]]:
    """(name in the file, canonical name) of every measured variable with one of these shapes; the latter are unique.

    `coordinates` are the lower-case names that the reader itself uses.
    """
    shapes = set(dimensions)
    flags = flag_variables.names(file)
    names = [
        name
        for name, variable in file.variables.items()
        if tuple(variable.dimensions) in shapes
        and file.is_number(name)
        and name not in coordinates
        and name not in flags
        and not _is_auxiliary(name)
        and not counts_time(file.attribute(name, "units"))
    ]
    mission_limits.require_few_variables(len(names))
    canonical_names: dict[str, str] = {}
    for name in names:
        if (listed := known(name)) and listed not in canonical_names.values():
            canonical_names[name] = listed
    for name in names:
        standard = str(file.attribute(name, "standard_name") or "").lower()
        by_standard = next((key for key, entry in _entries().items() if standard in entry["standard_names"]), None)
        if (
            name not in canonical_names
            and by_standard
            and by_standard not in canonical_names.values()
            and not name.endswith(_STEMS)
        ):
            canonical_names[name] = by_standard
    for name in names:
        if name not in canonical_names:
            canonical_names[name] = own_name(name, canonical_names.values())
    return sorted(canonical_names.items(), key=lambda pair: pair[1])


def own_name(name: str, used: Collection[str]) -> str:
    """A canonical name for a variable outside the vocabulary: its own in plain characters, numbered if it is in use."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name[:_MAX_NAME]).strip("_") or "unnamed"
    # Exports name the flags of a variable like this.
    plain += "_value" if plain.endswith(_FLAGS) else ""
    numbered = (f"{plain}_{number}" for number in count(2))
    return next(own for own in chain([plain], numbered) if own not in used and own not in _RESERVED)


def known(name: str) -> str | None:
    """The canonical name that the vocabulary has for a variable of this name, None without one."""
    for stem in _STEMS:
        if name.endswith(stem) and name[: -len(stem)] in _by_name():
            return _by_name()[name[: -len(stem)]] + stem
    return _by_name().get(name)


def quantity(standard_name: str) -> str:
    """The canonical name of the quantity that a standard name means, itself outside the vocabulary."""
    standard = standard_name.lower()
    return next((key for key, entry in _entries().items() if standard in entry["standard_names"]), standard)


def column(
    file: Variables,
    name: str,
    canonical: str,
    values: NDArray[Any],
    warnings: Counter[str],
    flags: Flags | None = None,
) -> Column | None:
    """The variable with its values in the unit of the vocabulary, and their flags; None if no value is finite.

    `warnings` receives the number of values that are no measurements, which are NaN in the result.
    """
    values = fill_values.cleaned(values, file.valid_range(name), warnings)
    if not np.isfinite(values).any():
        return None
    source_unit = _unit(file, name)
    unit, values = converted(canonical, source_unit or _unit_of_raw(file, name), values)
    standard_name, long_name = file.attribute(name, "standard_name"), file.attribute(name, "long_name")
    about = Variable(
        name=canonical,
        unit=unit,
        standard_name=encodable(str(standard_name))[:_MAX_NAME] if standard_name else None,
        long_name=encodable(str(long_name))[:_MAX_NAME] if long_name else None,
        source_name=encodable(file.variables[name].name)[:_MAX_NAME],
        source_unit=source_unit,
    )
    return Column(about, values, flags)


def _unit(file: Variables, name: str) -> str | None:
    """The unit that the file declares for a variable."""
    declared = file.attribute(name, "units")
    return None if declared is None else encodable(str(declared))[:_MAX_UNIT]


def _unit_of_raw(file: Variables, name: str) -> str | None:
    """The unit of the raw variable of an adjusted one: some files declare it only there."""
    raw = name.removesuffix(_ADJUSTED)
    return _unit(file, raw) if raw != name and raw in file.variables else None


def _is_auxiliary(name: str) -> bool:
    return name in _NOT_MEASURED or name.startswith(_NOT_MEASURED_PREFIXES) or name.endswith(_NOT_MEASURED_SUFFIXES)


def converted(canonical: str, source_unit: str | None, values: NDArray[Any]) -> tuple[str | None, NDArray[Any]]:
    """The unit and the values in the unit of the vocabulary; unchanged if it lacks the quantity or the unit."""
    entry = _entry(canonical)
    if entry is None or source_unit is None:
        return source_unit, values
    key = " ".join(source_unit.lower().split())
    if key in ("k", "kelvin") and entry["unit"] == "degree_C":
        return "degree_C", values - values.dtype.type(273.15)
    # Units of pressure differ by their case: mPa is not MPa.
    is_pressure = entry["unit"] == "dbar"
    factor = units.factor(source_unit, "pressure") if is_pressure else entry["units"].get(key)
    if factor is None:
        return source_unit, values
    return entry["unit"], values if factor == 1 else values * values.dtype.type(factor)
