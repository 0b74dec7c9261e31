"""Odd files of parts, flags and axes, with the right columns as numpy computes them. Independent of `app`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gsw
import netCDF4
import numpy as np

from tests.made_files import rows

Array = np.ndarray[Any, Any]
SINCE = "seconds since 1970-01-01T00:00:00Z"


@dataclass
class Var:
    """A variable: its values, attributes, type and further dimensions."""

    values: Any
    about: dict[str, Any] = field(default_factory=dict)
    dtype: str = "f8"
    last: tuple[str, int] | None = None


@dataclass
class Odd:
    """Files and the right columns in the order of time; NaN where `good` has no value."""

    files: list[dict[str, Var]]
    expected: dict[str, Array]
    max_depth_m: float
    profiles: int
    order: Sequence[int] | None = None
    flags: dict[str, dict[str, int]] = field(default_factory=dict)


def base(first: int = 0, last: int = 4) -> dict[str, Var]:
    """The variables of the profiles `first` to `last` - 1."""
    whole = {name: np.asarray(values)[6 * first :] for name, values in rows(profiles=last).items()}
    about = {"time": {"units": SINCE}, "depth": {"units": "m"}, "temperature": {"units": "Celsius"}}
    return {name: Var(values, about.get(name, {})) for name, values in whole.items()}


def truth(last: int = 8) -> dict[str, Array]:
    return {name: np.asarray(values, dtype=np.float64) for name, values in rows(profiles=last).items()}


def write(path: Path, variables: dict[str, Var]) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts({"id": "made-20200913T1226", "institution": "Made"})
        file.createDimension("time", len(variables["time"].values))
        for name, var in variables.items():
            dimensions = ["time"]
            if var.last is not None:
                if var.last[0] not in file.dimensions:
                    file.createDimension(*var.last)
                dimensions.append(var.last[0])
            fill = var.about.get("_FillValue", False)
            dtype = str if var.dtype == "str" else var.dtype
            variable = file.createVariable(name, dtype, dimensions, fill_value=fill)
            variable.set_auto_maskandscale(False)
            variable.set_auto_chartostring(False)
            variable.setncatts({key: value for key, value in var.about.items() if key != "_FillValue"})
            variable[:] = np.asarray(var.values)
    return path


def two(change: Callable[[dict[str, Var]], None], both: Callable[[dict[str, Var]], None] | None = None) -> list[Any]:
    files = [base(0, 4), base(4, 8)]
    change(files[1])
    for each in files:
        if both:
            both(each)
    return files


def left_out(values: Array, at: Sequence[int]) -> Array:
    values = values.copy()
    values[list(at)] = np.nan
    return values


def single(change: Callable[[dict[str, Var]], None]) -> list[Any]:
    file = base(0, 4)
    change(file)
    return [file]


def flags(bad: Sequence[int], count: int = 24, good: int = 1, worst: int = 4) -> Array:
    values = np.full(count, good)
    values[list(bad)] = worst
    return values


def narrow_then_wide() -> Odd:
    files = [base(0, 4), base(4, 8)]
    files[0]["temperature"].dtype = "f4"
    t = truth()
    t["temperature"][:24] = t["temperature"][:24].astype("f4")
    return Odd(files, t, 50.0, 8)


def kelvin() -> Odd:
    def change(f: dict[str, Var]) -> None:
        f["temperature"] = Var(np.asarray(f["temperature"].values) + 273.15, {"units": "K"})

    return Odd(two(change), truth(), 50.0, 8)


def two_conventions() -> Odd:
    files = [base(0, 4), base(4, 8)]
    files[0]["qartod_temperature_primary_flag"] = Var([2, 3, 4] + [1] * 21, {}, "i1")
    files[1]["temperature_qc"] = Var([2, 3, 4] + [1] * 21, {}, "i1")
    t = truth()
    t["temperature"] = left_out(t["temperature"], [1, 2, 25, 26])
    counts = {"not_evaluated": 1, "probably_bad": 2, "bad": 2, "good": 42, "probably_good": 1}
    return Odd(files, t, 50.0, 8, flags={"temperature": counts})


def depth_of_pressure_in_one_part() -> Odd:
    files = [base(0, 4), base(4, 8)]
    files[0]["pressure"] = Var(files[0].pop("depth").values, {"units": "dbar"})
    files[1]["pressure"] = Var(np.asarray(files[1]["depth"].values) + 0.5, {"units": "dbar"})
    t = truth()
    t["pressure"] = t["depth"] + np.repeat([0.0, 0.5], 24)
    t["depth"][:24] = -gsw.z_from_p(t["depth"][:24], 55.5)
    return Odd(files, t, 50.0, 8)


def altitude_in_one_part() -> Odd:
    def change(f: dict[str, Var]) -> None:
        depth = np.asarray(f.pop("depth").values)
        f["altitude"] = Var(-depth, {"units": "m", "positive": "up", "standard_name": "altitude"})

    return Odd(two(change), truth(), 50.0, 8)


def other_time_unit() -> Odd:
    def change(f: dict[str, Var]) -> None:
        f["time"] = Var((np.asarray(f["time"].values) - 1.6e9) / 60, {"units": "minutes since 2020-09-13 12:26:40"})

    return Odd(two(change), truth(), 50.0, 8)


def longitudes_of_360() -> Odd:
    files, t = [base(0, 4), base(4, 8)], truth()
    for n, f in enumerate(files):
        f["longitude"] = Var(360.0 * n - np.asarray(f["longitude"].values))
    t["longitude"] = -t["longitude"]
    return Odd(files, t, 50.0, 8)


def positions_flagged_in_one_part() -> Odd:
    def change(f: dict[str, Var]) -> None:
        f["POSITION_QC"] = Var(flags([0, 7]), {}, "i1")

    t = truth()
    for name in ("longitude", "latitude"):
        t[name] = left_out(t[name], [24, 31])
    return Odd(two(change), t, 50.0, 8)


def three_from_zero() -> Odd:
    files = [base(0, 4), base(4, 8), base(8, 12)]
    for f in files:
        f["profile_index"] = Var(np.arange(24) // 6, {}, "i4")
    return Odd(files, truth(12), 50.0, 12, (0, 2, 1))


def packed_differently() -> Odd:
    files = [base(0, 4), base(4, 8)]
    for n, f in enumerate(files):
        scale, offset = (0.001, 5.0) if n else (0.01, 0.0)
        raw = np.round((np.asarray(f["temperature"].values) - offset) / scale)
        f["temperature"] = Var(raw, {"units": "Celsius", "scale_factor": scale, "add_offset": offset}, "i2")
    return Odd(files, truth(), 50.0, 8)


def bad_time_at_the_border() -> Odd:
    files = [base(0, 4), base(4, 8)]
    files[0]["time_qc"] = Var(flags([23]), {}, "i1")
    t = truth()
    t["time"] = left_out(t["time"], [23])
    return Odd(files, t, 50.0, 8)


def equal_border() -> Odd:
    files = [base(0, 4), base(4, 8)]
    files[1]["time"] = Var(np.asarray(files[1]["time"].values) - 60, {"units": SINCE})
    t = truth()
    t["time"][24:] -= 60
    return Odd(files, t, 50.0, 8)


def shuffled_part() -> Odd:
    files = [base(0, 4), base(4, 8)]
    order = np.random.default_rng(1).permutation(24)
    files[1] = {name: Var(np.asarray(v.values)[order], v.about, v.dtype) for name, v in files[1].items()}
    return Odd(files, truth(), 50.0, 8)


def characters_with_blanks() -> Odd:
    texts = [b"4 ", b"  ", b"1\0", *[b"1 "] * 21]
    values = np.array([[bytes([c]) for c in t] for t in texts], "S1")
    t = truth(4)
    t["temperature"] = left_out(t["temperature"], [0])

    def change(f: dict[str, Var]) -> None:
        f["temperature_qc"] = Var(values, {"_Encoding": "ascii"}, "S1", ("STRING2", 2))

    return Odd(single(change), t, 50.0, 4, flags={"temperature": {"bad": 1, "not_evaluated": 1, "good": 22}})


def float_flags_with_nan() -> Odd:
    t = truth(4)
    t["temperature"] = left_out(t["temperature"], [0])

    def change(f: dict[str, Var]) -> None:
        f["temperature_qc"] = Var([4.0, np.nan, *[1.0] * 22], {"_FillValue": np.nan})

    return Odd(single(change), t, 50.0, 4, flags={"temperature": {"bad": 1, "not_evaluated": 1, "good": 22}})


def unsigned_flags() -> Odd:
    t = truth(4)
    t["temperature"] = left_out(t["temperature"], [0])

    def change(f: dict[str, Var]) -> None:
        f["temperature_qc"] = Var([4, -1, *[1] * 22], {"_Unsigned": "true", "_FillValue": np.int8(-1)}, "i1")

    return Odd(single(change), t, 50.0, 4, flags={"temperature": {"bad": 1, "not_evaluated": 1, "good": 22}})


def shared_flags() -> Odd:
    t = truth(4)
    t["salinity"] = np.linspace(7, 8, 24)
    for name in ("temperature", "salinity"):
        t[name] = left_out(t[name], [5])

    def change(f: dict[str, Var]) -> None:
        meanings = {"flag_values": np.array([1, 4], "i1"), "flag_meanings": "good bad"}
        f["ctd_verdict"] = Var(flags([5]), meanings, "i1")
        f["salinity"] = Var(np.linspace(7, 8, 24), {"ancillary_variables": "ctd_verdict", "units": "1"})
        f["temperature"].about["ancillary_variables"] = "ctd_verdict"

    return Odd(single(change), t, 50.0, 4)


def worst_of_two() -> Odd:
    t = truth(4)
    t["temperature"] = left_out(t["temperature"], [2, 3])

    def change(f: dict[str, Var]) -> None:
        f["t_spike_qc"], f["t_range_qc"] = Var(flags([2]), {}, "i1"), Var(flags([3], worst=3), {}, "i1")
        f["temperature"].about["ancillary_variables"] = "t_spike_qc t_range_qc"

    return Odd(single(change), t, 50.0, 4)


def bad_depth_with_good_pressure() -> Odd:
    t = truth(4)
    t["pressure"] = t["depth"].copy()
    t["depth"] = left_out(t["depth"], [5])

    def change(f: dict[str, Var]) -> None:
        f["pressure"] = Var(np.asarray(f["depth"].values), {"units": "dbar"})
        f["depth_qc"] = Var(flags([5]), {}, "i1")

    return Odd(single(change), t, 50.0, 4)


def flags_of_an_axis_up() -> Odd:
    t = truth(4)
    t["depth"][5] = 990.0
    t["depth"] = left_out(t["depth"], [5])

    def change(f: dict[str, Var]) -> None:
        z = -np.asarray(f.pop("depth").values)
        z[5] = -990.0
        f["z flag"] = Var(flags([5], good=0, worst=1), {
            "flag_values": np.array([0, 1], "i1"), "flag_meanings": "fine, really bad", "axis": "Z", "positive": "up",
            "units": "m", "standard_name": "height",
        }, "i1")  # fmt: skip
        f["z"] = Var(z, {"units": "m", "axis": "Z", "positive": "up"})

    return Odd(single(change), t, 50.0, 4)


def pressure_axis_in_pascal() -> Odd:
    t = truth(4)
    t["pressure"] = t["depth"].copy()
    t["depth"] = left_out(-gsw.z_from_p(t["pressure"], 55.5), [4])
    t["pressure"] = left_out(t["pressure"], [4])

    def change(f: dict[str, Var]) -> None:
        f["z_status_flag"] = Var(flags([4]), {"standard_name": "sea_water_pressure status_flag", "units": "Pa"}, "i1")
        about = {"units": "Pa", "axis": "Z", "standard_name": "sea_water_pressure"}
        f["z"] = Var(np.asarray(f.pop("depth").values) * 1e4, {**about, "ancillary_variables": "z_status_flag"})

    return Odd(single(change), t, float(np.nanmax(t["depth"])), 4)


def depth_in_centimetres_with_integers() -> Odd:
    t = truth(4)

    def change(f: dict[str, Var]) -> None:
        f["depth"] = Var(np.asarray(f["depth"].values) * 100, {"units": "cm"}, "i4")

    return Odd(single(change), t, 50.0, 4)


def time_qc_with_a_blank() -> Odd:
    t = truth(4)
    t["time"], t["temperature"] = left_out(t["time"], [3]), left_out(t["temperature"], [6])

    def change(f: dict[str, Var]) -> None:
        f["Time QC"], f["Temperature QC"] = Var(flags([3]), {}, "i1"), Var(flags([6]), {}, "i1")

    return Odd(single(change), t, 50.0, 4)


def flags_with_shuffled_values() -> Odd:
    t = truth(4)
    t["temperature"] = left_out(t["temperature"], [0])

    def change(f: dict[str, Var]) -> None:
        f["temperature_qc"] = Var([9, 4, *[4] * 22], {
            "flag_values": np.array([9, 4, 1], "i1"), "flag_meanings": "bad_data; good data; not evaluated",
        }, "i1")  # fmt: skip

    return Odd(single(change), t, 50.0, 4, flags={"temperature": {"bad": 1, "good": 23}})


def meanings_in_one_part_alone() -> Odd:
    files = [base(0, 4), base(4, 8)]
    files[0]["temperature_qc"] = Var(
        [1, 1, *[2] * 22], {"flag_values": np.array([1, 2], "i1"), "flag_meanings": "fail pass"}, "i1"
    )
    files[1]["temperature_qc"] = Var(flags([0]), {}, "i1")
    t = truth()
    t["temperature"] = left_out(t["temperature"], [0, 1, 24])
    return Odd(files, t, 50.0, 8, flags={"temperature": {"bad": 3, "good": 45}})


def strings_as_flags() -> Odd:
    t = truth(4)
    t["temperature"] = left_out(t["temperature"], [0])

    def change(f: dict[str, Var]) -> None:
        f["temperature_qc"] = Var(np.array(["4", *["1"] * 23], dtype=object), {}, "str")

    return Odd(single(change), t, 50.0, 4)


def a_part_of_one_profile_at_the_surface() -> Odd:
    files = [base(0, 4), base(4, 5)]
    files[1]["depth"] = Var(np.full(6, -0.2), {"units": "m"})
    t = truth(5)
    t["depth"][24:] = -0.2
    return Odd(files, t, 50.0, 5)


# The most different ones; the others take as long and find less.
FEW = [
    kelvin,
    two_conventions,
    depth_of_pressure_in_one_part,
    three_from_zero,
    bad_time_at_the_border,
    characters_with_blanks,
    shared_flags,
    flags_of_an_axis_up,
    time_qc_with_a_blank,
    meanings_in_one_part_alone,
]
OTHERS = [
    narrow_then_wide,
    altitude_in_one_part,
    other_time_unit,
    longitudes_of_360,
    positions_flagged_in_one_part,
    packed_differently,
    equal_border,
    shuffled_part,
    float_flags_with_nan,
    unsigned_flags,
    worst_of_two,
    bad_depth_with_good_pressure,
    pressure_axis_in_pascal,
    depth_in_centimetres_with_integers,
    flags_with_shuffled_values,
    strings_as_flags,
    a_part_of_one_profile_at_the_surface,
]
