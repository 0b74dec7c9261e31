"""Time series of a whole mission: pyglider's, and OceanGliders 1.0 in its dialects, upper or lower case."""

from collections import Counter
from collections.abc import Collection

import numpy as np

from app.domain.records import Kind, Variable
from app.ingest.formats import flag_variables, positions, profile_numbers, vertical_axis, vocabulary
from app.ingest.formats.flag_variables import RowFlags
from app.ingest.formats.observations import NUMBERING, Column, Coordinates, Flags, Floats, Observations
from app.ingest.formats.variable_source import Variables
from app.ingest.refusals import Refused

# The name of a vehicle that never dives in OG1's vocabulary of platforms (NERC L06); Halocline's exports use it, too.
_AT_SURFACE = "autonomous surface"
# A time series is long: a text variable beyond this is a table of texts, not a name.
_MAX_TEXT = 4096
# Names that are texts, although some files hold them as numbers.
_IDS = ("wmo_identifier", "platform_serial_number")


def coordinates(file: Variables) -> Coordinates:
    """The file's names of time and position. Raises Refused when one is missing or holds no numbers."""
    time = _named(file, ("time",), "time")
    latitude = _named(file, ("latitude", "lat"), "latitude")
    longitude = _named(file, ("longitude", "lon"), "longitude")
    if time is None:
        if latitude or longitude:
            raise Refused("no_time", "there is no such variable", "time")
        raise Refused("not_observations", "there is neither time nor position")
    if latitude is None or longitude is None:
        raise Refused("no_valid_position", "there is no such variable", "longitude" if latitude else "latitude")
    for name, code in ((time, "no_time"), (latitude, "no_valid_position"), (longitude, "no_valid_position")):
        if not file.is_number(name):
            raise Refused(code, "its values are not numbers", name)
    return Coordinates(time, latitude, longitude)


def _named(file: Variables, names: tuple[str, ...], standard: str) -> str | None:
    # Tools copy the attributes of a coordinate to its flags.
    flags = flag_variables.names(file)
    by_name = next((name for name in names if name in file.variables), None)
    return by_name or next(
        (
            name
            for name, variable in file.variables.items()
            if file.attribute(name, "standard_name") == standard and len(variable.dimensions) == 1 and name not in flags
        ),
        None,
    )


def read(
    file: Variables,
    coordinates: Coordinates,
    depths: tuple[str, ...] = vertical_axis.DEPTHS,
    hidden: Collection[str] = (),
) -> Observations:
    """The rows along the dimension of time. Raises Refused when there are none.

    `depths` are the possible names of depth, best first; `hidden` are the names of variables to omit.
    """
    time, latitude, longitude = coordinates.time, coordinates.latitude, coordinates.longitude
    shape = tuple(file.variables[time].dimensions)
    if len(shape) != 1:
        raise Refused(
            "not_observations", f"it has the dimensions ({', '.join(shape)}): write it along one dimension", time
        )
    rows = int(file.variables[time].shape[0])
    if rows == 0:
        raise Refused("no_samples", "there is no row", time)
    for name in (latitude, longitude):
        if tuple(file.variables[name].dimensions) != shape:
            raise Refused("no_valid_position", "there is not one position for each time", name)
    vertical = vertical_axis.of_rows(file, shape, rows, depths)
    depth = vertical.axis.name if vertical.axis and vertical.pressure_dbar is None else None
    warnings = Counter(vertical.warnings)
    time_ms = file.times_ms(time)
    attributes = file.attributes()
    used = {*hidden, time, latitude, longitude, *([depth] if depth else []), *profile_numbers.NAMES}
    flags = RowFlags(file, {shape: lambda values: values}, warnings)
    measured = columns(file, shape, used, warnings, flags)
    if vertical.pressure_dbar is not None and not any(column.about.name == "pressure" for column in measured):
        axis = str(vertical.axis and vertical.axis.name)
        measured = (*measured, pressure_column(file, axis, vertical.pressure_dbar, flags.of(axis)))
    warnings.update(_pressure_warnings(vertical.depth_m, measured))
    numbers = profile_numbers.of_rows(file, shape, time_ms, _depth_or_pressure(vertical.depth_m, measured), warnings)
    return Observations(
        format="OG1.0" if shape[0].lower() == "n_measurements" else "pyglider time series",
        scope="mission",
        attributes=attributes,
        texts=texts(file),
        kind=kind_of(attributes.get("platform")),
        time_ms=time_ms,
        lon_deg=positions.degrees(file, longitude, warnings),
        lat_deg=positions.degrees(file, latitude, warnings),
        depth_m=vertical.depth_m,
        number=numbers.values,
        weight=np.ones(rows, dtype=np.int64),
        columns=measured,
        names={
            "time": _name(file, time),
            "latitude": _name(file, latitude),
            "longitude": _name(file, longitude),
            **({"depth": _name(file, depth)} if depth else {}),
            **({"number": _name(file, numbers.name)} if numbers.name else {}),
            **({NUMBERING: _name(file, numbers.unused)} if numbers.unused else {}),
        },
        flags=flags.coordinates(time, latitude, longitude, depth),
        flag_variables=flags.used,
        warnings=dict(warnings),
    )


def kind_of(platform: object) -> Kind:
    """The kind of a vehicle by the name of its category in the attribute `platform`."""
    return "sailbuoy" if str(platform or "").strip().lower().startswith(_AT_SURFACE) else "glider"


def columns(
    file: Variables, shape: tuple[str, ...], used: set[str], warnings: Counter[str], flags: RowFlags
) -> tuple[Column, ...]:
    """Every measured variable along `shape`, with canonical names and units; `warnings` receives their flaws."""
    measured = (
        vocabulary.column(file, name, canonical, file.floats(name, narrow=True), warnings, flags.of(name))
        for name, canonical in vocabulary.measured(file, [shape], used)
    )
    return tuple(column for column in measured if column is not None)


def pressure_column(file: Variables, name: str, pressure_dbar: Floats, flags: Flags | None) -> Column:
    """The pressures of a vertical axis as a measured variable."""
    about = Variable(
        name="pressure",
        unit="dbar",
        standard_name="sea_water_pressure",
        source_name=_name(file, name),
        source_unit=str(file.attribute(name, "units") or "") or None,
    )
    return Column(about, pressure_dbar, flags)


def _depth_or_pressure(depth_m: Floats, measured: Collection[Column]) -> Floats:
    """The depths, or the pressures of a file without depths: both show how deep a profile is."""
    pressure = next((column.values for column in measured if column.about.name == "pressure"), None)
    return depth_m if pressure is None or np.isfinite(depth_m).any() else pressure.astype(np.float64)


def _pressure_warnings(depth_m: Floats, measured: Collection[Column]) -> dict[str, int]:
    """Warnings about a pressure whose unit is unknown or missing, where it has to stand for the depth."""
    pressure = next((column for column in measured if column.about.name == "pressure"), None)
    if pressure is None or pressure.about.unit == "dbar":
        return {}
    count = int((np.isnan(depth_m) & np.isfinite(pressure.values)).sum())
    return {"depth_unit_missing" if pressure.about.unit is None else "depth_unit_unknown": count}


def texts(file: Variables) -> dict[str, str]:
    """Scalar texts such as the trajectory's name, and the attributes of the variable `platform`."""
    scalars: dict[str, str] = {}
    for name, variable in file.variables.items():
        size = int(np.prod(variable.shape)) if variable.shape else 1
        kind = getattr(variable.dtype, "kind", "O")
        if (kind in "SUO" and size <= _MAX_TEXT and (kind == "S" or size == 1)) or (
            name in _IDS and size == 1 and kind in "fiu"
        ):
            scalars[name] = file.text(name)
    if "platform" in file.variables:
        for attribute in ("id", "wmo_id", "type", "long_name"):
            scalars[f"platform.{attribute}"] = str(file.attribute("platform", attribute) or "")
    return scalars


def _name(file: Variables, name: str) -> str:
    return str(file.variables[name].name)
