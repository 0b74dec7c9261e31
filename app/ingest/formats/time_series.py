"""Time series of a whole mission: pyglider's, and OceanGliders 1.0 in its dialects, upper or lower case."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Kind
from app.ingest.formats import vocabulary
from app.ingest.formats.netcdf import as_floats
from app.ingest.formats.observations import Column, Coordinates, Observations
from app.ingest.formats.variable_source import Variables
from app.ingest.refusals import Refused

_NUMBERS = ("profile_number", "profile_index", "profile_num", "profile_id")
_DEPTHS = ("depth", "glider_depth", "depth_z")
# The name of a vehicle that never dives in OG1's vocabulary of platforms (NERC L06); Halocline's exports use it, too.
_AT_SURFACE = "autonomous surface"
_METRES = {"m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "km": 1000.0, "cm": 0.01}
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
    by_name = next((name for name in names if name in file.variables), None)
    return by_name or next(
        (
            name
            for name, variable in file.variables.items()
            if file.attribute(name, "standard_name") == standard and len(variable.dimensions) == 1
        ),
        None,
    )


def read(
    file: Variables,
    coordinates: Coordinates,
    depths: tuple[str, ...] = _DEPTHS,
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
    depth = next((name for name in depths if _is_along(file, name, shape)), None)
    number = next((name for name in _NUMBERS if _is_along(file, name, shape)), None)
    attributes = file.attributes()
    used = {*hidden, time, latitude, longitude, *([depth] if depth else []), *([number] if number else [])}
    return Observations(
        format="OG1.0" if shape[0].lower() == "n_measurements" else "pyglider time series",
        scope="mission",
        attributes=attributes,
        texts=texts(file),
        kind=kind_of(attributes.get("platform")),
        time_ms=file.times_ms(time),
        lon_deg=as_floats(file.floats(longitude)),
        lat_deg=as_floats(file.floats(latitude)),
        depth_m=depth_m(file, depth, rows),
        number=as_floats(file.floats(number)) if number else np.zeros(rows),
        weight=np.ones(rows, dtype=np.int64),
        columns=columns(file, shape, used),
        names={
            "time": _name(file, time),
            "latitude": _name(file, latitude),
            "longitude": _name(file, longitude),
            **({"depth": _name(file, depth)} if depth else {}),
            **({"number": _name(file, number)} if number else {}),
        },
    )


def kind_of(platform: object) -> Kind:
    """The kind of a vehicle by the name of its category in the attribute `platform`."""
    return "sailbuoy" if str(platform or "").strip().lower().startswith(_AT_SURFACE) else "glider"


def columns(file: Variables, shape: tuple[str, ...], used: set[str]) -> tuple[Column, ...]:
    """Every measured variable along `shape`, with canonical names and units."""
    measured = (
        vocabulary.column(file, name, canonical, file.floats(name, narrow=True))
        for name, canonical in vocabulary.measured(file, [shape], used)
    )
    return tuple(column for column in measured if column is not None)


def depth_m(file: Variables, name: str | None, rows: int) -> NDArray[np.float64]:
    """Depth in metres, all NaN when there is no such variable."""
    if name is None:
        return np.full(rows, np.nan)
    unit = str(file.attribute(name, "units") or "m").strip().lower()
    return as_floats(file.floats(name)) * _METRES.get(unit, 1.0)


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


def _is_along(file: Variables, name: str, shape: tuple[str, ...]) -> bool:
    return name in file.variables and tuple(file.variables[name].dimensions) == shape and file.is_number(name)


def _name(file: Variables, name: str) -> str:
    return str(file.variables[name].name)
