"""Missions with their right figures, written with the traits of many tools. Independent of `app`: it imports nothing.

A mission is made as plain arrays. Its figures are computed from them with numpy and pyproj by the definitions of
docs/data.md; the traits only change how a file represents the arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cftime
import gsw
import netCDF4
import numpy as np
from pyproj import Geod

from tests.made_flags import BAD, GOOD, LEFT_OUT, PROBABLY_GOOD, SUSPECT, UNCHECKED, Convention

_GEOD = Geod(ellps="WGS84")
Array = np.ndarray[Any, np.dtype[Any]]
CODES = (GOOD, SUSPECT, PROBABLY_GOOD, BAD, UNCHECKED)


@dataclass(frozen=True, repr=False)
class Truth:
    """A mission: (n,) arrays in time order, NaN where missing; `number` is 0 outside profiles."""

    start: datetime
    time_s: Array
    lon: Array
    lat: Array
    depth: Array
    number: Array
    temperature: Array

    def figures(self) -> dict[str, Any]:
        """The figures of the mission by their names in the report."""
        placed = np.isfinite(self.lon) & np.isfinite(self.lat)
        with_depth = [
            n for n in np.unique(self.number[self.number > 0]) if np.isfinite(self.depth[self.number == n]).any()
        ]
        rows = [np.flatnonzero(self.number == n) for n in with_depth]
        deepest = [max(float(np.nanmax(self.depth[each])), 0.0) for each in rows]
        means = [self._mean(each[placed[each]]) for each in rows if placed[each].any()]
        lons, lats = zip(*means, strict=True) if means else ((), ())
        east, north = _unwrapped(self.lon[placed]), self.lat[placed]
        return {
            "samples": self.time_s.size,
            "profiles": len(rows),
            # With fewer positions than that, the path between profiles is unknown.
            "distance_m": _GEOD.line_length(lons, lats) if len(means) >= min(len(rows), 2) > 0 else None,
            "max_depth_m": float(np.nanmax(np.maximum(self.depth, 0))),
            "vertical_m": sum(deepest),
            "start_at": _iso(self.start + timedelta(seconds=float(self.time_s[0]))),
            "end_at": _iso(self.start + timedelta(seconds=float(self.time_s[-1]))),
            "bbox": [_wrapped(east.min()), north.min(), _wrapped(east.max()), north.max()],
        }  # fmt: skip

    def _mean(self, rows: Array) -> tuple[float, float]:
        return float(_wrapped(_unwrapped(self.lon[rows]).mean())), float(self.lat[rows].mean())


@dataclass
class Layout:
    """The variables of a file: name: (values, type, attributes); its global attributes, form and expected warnings.

    `name` is the id of the mission, which `identity` states: `id`, `title` or `trajectory`.
    """

    name: str = "made-20230601T0000"
    variables: dict[str, tuple[Array, str, dict[str, Any]]] = field(default_factory=dict, repr=False)
    traits: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    identity: str = "id"
    geometry: str = "flat"
    is_table: bool = False
    warnings: set[str] = field(default_factory=set)

    def repeat(self, row: int, is_bad_time: bool) -> None:
        """Append a row again: with a time of a clock that was reset, or exactly as it is."""
        for name, (values, dtype, attributes) in self.variables.items():
            appended = np.append(values, values[row])
            if is_bad_time and name == "time":
                unit = attributes["units"]
                calendar = attributes.get("calendar", "standard")
                reset = cftime.datetime(2000, 1, 4, calendar="standard").change_calendar(calendar)
                name_of_unit, _, reference = unit.partition(" since ")
                appended[-1] = cftime.date2num(reset, f"{name_of_unit} since {reference[:10]}", calendar=calendar)
            self.variables[name] = (appended, dtype, attributes)
        self.warnings.add("time_out_of_range" if is_bad_time else "duplicate_rows")

    def precede(self, rows: int, days: float) -> None:
        """Put copies of the first rows before all others, as of a test at another position."""
        for name, (values, dtype, attributes) in self.variables.items():
            copies = values[:rows].copy()
            if name == "time":
                a_day = {"days": 1, "hours": 24, "minutes": 1440, "seconds": 86_400, "milliseconds": 86_400_000}
                copies -= days * a_day[attributes["units"].split()[0]]
            elif name == "latitude":
                copies = np.where(np.abs(copies) > 90, copies, copies * 0.9)
            self.variables[name] = (np.append(values, copies), dtype, attributes)
        self.warnings.add("time_before_deployment" if days < 365 else "time_out_of_range")

    def write_table(self, path: Path, order: Array) -> Path:
        """Write the variables as a table of ERDDAP (`.csvp`): names with units, no other attributes."""
        units = {name: attributes.get("units") for name, (_, _, attributes) in self.variables.items()}
        header = [f"{name} ({unit})" if unit else name for name, unit in units.items()]
        columns = [np.asarray(values)[order].tolist() for values, _, _ in self.variables.values()]
        cells = [["NaN" if value != value else repr(value) for value in row] for row in zip(*columns, strict=True)]
        lines = [["trajectory", *header], *([self.name, *row] for row in cells)]
        path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="ascii")
        return path

    def write(self, path: Path, order: Array) -> Path:
        """Write the variables with their rows in this order."""
        if self.is_table:
            return self.write_table(path, order)
        with netCDF4.Dataset(path, "w") as file:
            dimensions = self._form(file, order.size)
            for name, (values, dtype, attributes) in self.variables.items():
                fill = attributes.get("_FillValue", False)
                variable = file.createVariable(name, dtype, dimensions, fill_value=fill)
                variable.setncatts({key: value for key, value in attributes.items() if key != "_FillValue"})
                variable.set_auto_maskandscale(False)
                with np.errstate(over="ignore"):  # Fuzzed values may be too large for the type of the variable.
                    variable[:] = np.asarray(values)[order].reshape(variable.shape)
        return path

    def _form(self, file: Any, rows: int) -> tuple[str, ...]:
        """Write identity and geometry; the dimensions of the variables."""
        file.setncatts(self.attributes)
        if self.identity != "trajectory":
            file.setncattr(self.identity, self.name)
        if self.identity == "trajectory" or self.geometry != "flat":
            file.createDimension("trajectory", 1)
            names = file.createVariable("trajectory", str, ("trajectory",))
            names.cf_role = "trajectory_id"
            names[:] = np.array([self.name], dtype=object)
        along = "time" if self.geometry == "flat" else "obs"
        file.createDimension(along, rows)
        if self.geometry == "ragged":
            file.createVariable("rowSize", "i4", ("trajectory",))[:] = [rows]
            file["rowSize"].sample_dimension = along
        return ("trajectory", along) if self.geometry == "trajectory of one" else (along,)


GEOMETRIES = ("flat", "flat", "trajectory of one", "ragged")
IDENTITIES = ("id", "title", "trajectory")


# A table has units, but no other attributes of variables.
IN_TABLES = {
    "calendars": {"standard", "gregorian", ""},
    "verticals": {"m", "feet", "km", "altitude", "dbar", "MPa", "kPa", "undeclared -999", "undeclared 9999"},
}


def with_flags(layout: Layout, truth: Truth, seed: int, convention: Convention, vertical: str) -> Truth:
    """Add flags to depths, positions and temperatures, and return the mission without the values that are left out.

    The deepest depth is among those, so that a figure that includes it is wrong. vertical: the name of the depth.
    """
    random = np.random.default_rng(seed)
    depth, lon, lat = truth.depth.copy(), truth.lon.copy(), truth.lat.copy()
    columns = {
        vertical: (depth, "depth_flagged"),
        "latitude": (lat, "position_flagged"),
        "temperature": (truth.temperature, "value_flagged"),
    }
    for name, (values, code) in columns.items():
        judgements = random.choice([*CODES], size=values.size, p=[0.7, 0.05, 0.1, 0.05, 0.1])
        if name == vertical:
            judgements[np.nanargmax(values)] = BAD
        elif name == "latitude":
            judgements[np.flatnonzero(np.isfinite(values))[:3]] = GOOD
        left_out = np.isin(judgements, LEFT_OUT) & np.isfinite(values)
        layout.variables[convention.name_of(name)] = (convention.values(judgements.tolist()), convention.dtype, {
            **convention.attributes
        })  # fmt: skip
        if convention.is_linked:
            layout.variables[name][2]["ancillary_variables"] = convention.name_of(name)
        if left_out.any():
            layout.warnings.add(code)
            if name == "pressure":
                layout.warnings.add("value_flagged")
        if name != "temperature":
            values[left_out] = np.nan
    lon[np.isnan(lat)] = np.nan
    return replace(truth, depth=depth, lon=lon, lat=lat)


def mission(seed: int, dives: int, deepest_m: float, lon: float, lat: float, start: datetime) -> Truth:
    """A mission of dives down and up, with samples at the surface between them that are in no profile."""
    random = np.random.default_rng(seed)
    step_s = float(random.choice([15, 20, 30]))
    depth: list[float] = []
    number: list[int] = []
    for dive in range(dives):
        half = np.linspace(0.0, deepest_m * random.uniform(0.7, 1.0), 12)
        depth += [*half, *half[::-1][1:], *np.zeros(3)]
        number += [2 * dive + 1] * 12 + [2 * dive + 2] * 11 + [0] * 3
    count = len(depth)
    # Whole tenths of seconds, so that every unit of time can hold them.
    time_s = np.arange(count) * step_s
    east, north = random.uniform(-2e-4, 2e-4, 2)
    return Truth(
        start,
        time_s,
        _wrapped(lon + east * np.arange(count)),
        lat + north * np.arange(count),
        np.round(np.array(depth), 2),
        np.array(number),
        10 - 0.05 * np.array(depth),
    )


def with_holes(truth: Truth, seed: int, share: float) -> Truth:
    """The mission without some of its depths and positions."""
    random = np.random.default_rng(seed)
    depth, lon, lat = truth.depth.copy(), truth.lon.copy(), truth.lat.copy()
    depth[random.random(depth.size) < share] = np.nan
    lost = random.random(depth.size) < share
    lon[lost] = lat[lost] = np.nan
    return Truth(truth.start, truth.time_s, lon, lat, depth, truth.number, truth.temperature)


TIMES = {
    "seconds since 1970-01-01T00:00:00Z": "standard",
    "days since 0001-01-01": "standard",
    "days since 0001-01-01 00:00:00": "proleptic_gregorian",
    "hours since 1950-01-01 00:00:00 0:00": "gregorian",
    "minutes since 2000-01-01": "julian",
    "milliseconds since 1970-01-01": "",
}


def add_time(layout: Layout, truth: Truth, unit: str) -> None:
    """Add the times counted in this unit, by cftime."""
    calendar = TIMES[unit] or "standard"
    name, _, reference = unit.partition(" since ")
    first = truth.start.replace(tzinfo=None)
    moments = [
        cftime.datetime(*(first + timedelta(seconds=float(s))).timetuple()[:6], calendar="standard").change_calendar(
            calendar
        )
        for s in truth.time_s
    ]
    values = np.asarray(cftime.date2num(moments, f"{name} since {reference[:10]}", calendar=calendar), dtype=np.float64)
    attributes = {"units": unit, **({"calendar": TIMES[unit]} if TIMES[unit] else {})}
    layout.variables["time"] = (values, "f8", attributes)


def _depth_named(name: str, attributes: dict[str, Any], factor: float) -> Callable[[Layout, Truth], None]:
    def add(layout: Layout, truth: Truth) -> None:
        layout.variables[name] = (truth.depth * factor, "f8", attributes)

    return add


def _pressure(unit: str, factor: float) -> Callable[[Layout, Truth], None]:
    def add(layout: Layout, truth: Truth) -> None:
        finite = np.isfinite(truth.lat)
        latitude = np.interp(truth.time_s, truth.time_s[finite], truth.lat[finite])
        layout.variables["pressure"] = (gsw.p_from_z(-truth.depth, latitude) * factor, "f8", {"units": unit})
        layout.warnings.add("depth_from_pressure")

    return add


def _packed(dtype: str, scale: float, offset: float, fill: int, is_unsigned: bool) -> Callable[[Layout, Truth], None]:
    def add(layout: Layout, truth: Truth) -> None:
        packed = np.round((truth.depth - offset) / scale)
        stored = np.where(np.isfinite(packed), packed, fill)
        attributes: dict[str, Any] = {"units": "m", "scale_factor": scale, "add_offset": offset}
        values = stored.astype(f"u{dtype[1:]}").view(dtype) if is_unsigned else stored.astype(dtype)
        if is_unsigned:
            attributes["_Unsigned"] = "true"
        attributes["_FillValue"] = np.array(fill).astype(f"u{dtype[1:]}").view(dtype)[()] if is_unsigned else fill
        layout.variables["depth"] = (values, dtype, attributes)

    return add


def _filled(fill: float, attributes: dict[str, Any], code: str | None) -> Callable[[Layout, Truth], None]:
    def add(layout: Layout, truth: Truth) -> None:
        layout.variables["depth"] = (
            np.where(np.isfinite(truth.depth), truth.depth, fill),
            "f8",
            {"units": "m", **attributes},
        )
        if code and np.isnan(truth.depth).any():
            layout.warnings.add(code)

    return add


VERTICALS: dict[str, Callable[[Layout, Truth], None]] = {
    "m": _depth_named("depth", {"units": "m"}, 1.0),
    "feet": _depth_named("depth", {"units": "feet"}, 1 / 0.3048),
    "km": _depth_named("DEPTH", {"units": "km", "positive": "down"}, 1e-3),
    "altitude": _depth_named("altitude", {"units": "m"}, -1.0),
    "height": _depth_named("z", {"units": "cm", "axis": "Z", "positive": "up"}, -100.0),
    "standard name": _depth_named("z", {"units": "m", "standard_name": "depth"}, 1.0),
    "dbar": _pressure("dbar", 1.0),
    "MPa": _pressure("MPa", 0.01),
    "kPa": _pressure("kPa", 10.0),
    "packed i4": _packed("i4", 0.01, 50.0, -999999, False),
    "packed unsigned": _packed("i2", 0.01, 0.0, 65535, True),
    "missing_value": _filled(-1.0e10, {"_FillValue": np.nan, "missing_value": -1.0e10}, None),
    "undeclared -999": _filled(-999.0, {}, "depth_invalid"),
    "undeclared 9999": _filled(9999.0, {}, "depth_invalid"),
    "undeclared 1e20": _filled(1e20, {}, "depth_invalid"),
}


def _numbers(values: Callable[[Array], Array], dtype: str, code: str | None = None) -> Callable[[Layout, Truth], None]:
    def add(layout: Layout, truth: Truth) -> None:
        layout.variables["profile_index"] = (values(truth.number), dtype, {})
        if code:
            layout.warnings.add(code)

    return add


def _phases(codes: tuple[int, int], is_numbered: bool) -> Callable[[Layout, Truth], None]:
    def add(layout: Layout, truth: Truth) -> None:
        down = truth.number % 2 == 1
        phase = np.where(truth.number == 0, 0, np.where(down, codes[0], codes[1]))
        layout.variables["PHASE"] = (phase, "i1", {})
        if is_numbered:
            layout.variables["PHASE_NUMBER"] = (np.cumsum(np.diff(phase, prepend=-1) != 0), "i4", {})

    return add


def _again(layout: Layout, truth: Truth) -> None:
    """Number the profiles of the second half like those of the first."""
    half = int(truth.number.max()) // 2
    layout.variables["profile_id"] = (np.where(truth.number > 0, (truth.number - 1) % half + 1, 0), "i4", {})
    layout.warnings.add("profile_number_repeated")


def _directions(layout: Layout, truth: Truth) -> None:
    signs = np.where(truth.number == 0, 0, np.where(truth.number % 2 == 1, 1, -1))
    layout.variables["profile_direction"] = (signs, "i1", {})


NUMBERS: dict[str, Callable[[Layout, Truth], None]] = {
    "from one": _numbers(lambda n: n, "i4"),
    "NaN between": _numbers(lambda n: np.where(n > 0, n, np.nan), "f8"),
    "from zero": _numbers(lambda n: n - 1, "i4", "profile_number_from_zero"),
    "halves": _numbers(lambda n: np.where(n > 0, n, 0.5), "f8"),
    "gaps": _numbers(lambda n: np.where(n > 0, 7 * n + 30, 0), "i4"),
    "nanoseconds": _numbers(lambda n: np.where(n > 0, 1_685_577_600_000_000_000 + n * 1_200_000_000_000, 0), "i8"),
    "again": lambda layout, truth: _again(layout, truth),
    "none": lambda layout, _: layout.warnings.add("profile_number_missing"),
    "OG1 phases": _phases((2, 1), False),
    "EGO phases": _phases((1, 4), True),
    "directions": _directions,
}


def add_positions(layout: Layout, truth: Truth, kind: str) -> None:
    """Add the positions: in degrees, in degrees up to 360, in radians, or with an undeclared fill value."""
    lon, lat, unit = truth.lon, truth.lat, ("degrees_east", "degrees_north")
    if kind == "360":
        lon = np.where(lon < 0, lon + 360, lon)
    elif kind == "radians":
        lon, lat, unit = np.radians(lon), np.radians(lat), ("radians", "radians")
    elif kind == "undeclared":
        if np.isnan(lon).any():
            layout.warnings.add("position_fill")
        lon, lat = np.nan_to_num(lon, nan=-999.0), np.nan_to_num(lat, nan=-999.0)
    layout.variables["longitude"] = (lon, "f8", {"units": unit[0]})
    layout.variables["latitude"] = (lat, "f8", {"units": unit[1]})
    if np.isnan(truth.lon).any():
        layout.warnings.add("position_missing")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _unwrapped(lon: Array) -> Array:
    return lon[0] + (lon - lon[0] + 180) % 360 - 180


def _wrapped(lon: Any) -> Any:
    return (lon + 180) % 360 - 180
