"""Files for each row of the tables of dialects in docs/data.md, with what the import makes of them.

A key is the begin of a row, `format | dialect`. A row needs a case, and its cases must cause each warning and refusal
that it names.
"""

import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from app.ingest.interpret.identity import Options
from tests import made_truth
from tests.made_files import SAMPLES_A_PROFILE, csv_file, profile_file, rows, table, time_series
from tests.made_truth import Layout

Write = Callable[[Path], Path | list[Path]]
UNNAMED, NAMED = Options(), Options("made", "m1")
SINCE = "seconds since 1970-01-01T00:00:00Z"
COUNT = 4 * SAMPLES_A_PROFILE
FIRSTS = np.arange(4) * SAMPLES_A_PROFILE


@dataclass(frozen=True)
class Case:
    """A file, or several that are imported in their order, and the warnings of the last one, or its refusal."""

    write: Write
    codes: frozenset[str] = frozenset()
    is_refused: bool = False
    options: Options = UNNAMED
    # Profiles of each mission of the last file.
    profiles: tuple[int, ...] = (4,)


def read(write: Write, *codes: str, profiles: Sequence[int] = (4,), options: Options = UNNAMED) -> Case:
    """A file that is read, with these warnings."""
    return Case(write, frozenset(codes), options=options, profiles=tuple(profiles))


def refused(write: Write, code: str, options: Options = UNNAMED) -> Case:
    """A file that is refused with this code."""
    return Case(write, frozenset({code}), is_refused=True, options=options)


def content(name: str, data: bytes | Callable[[Path], bytes]) -> Write:
    """A file with these bytes."""

    def write(folder: Path) -> Path:
        (folder / name).write_bytes(data if isinstance(data, bytes) else data(folder))
        return folder / name

    return write


def sound(folder: Path) -> bytes:
    """The bytes of a sound file."""
    return time_series(folder / "sound.nc").read_bytes()


def tar() -> bytes:
    """A tar archive of one file."""
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.nc"), BytesIO())
    return stream.getvalue()


def zipped(count: int) -> Write:
    """A zip archive with so many sound files."""

    def write(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "a.zip", "w") as archive:
            for number in range(count):
                archive.writestr(f"{number}.nc", sound(folder))
        return folder / "a.zip"

    return write


def series(
    columns: dict[str, Any] | None = None,
    attributes: dict[str, Any] | None = None,
    units: dict[str, str] | None = None,
    without: Sequence[str] = (),
    about: dict[str, dict[str, Any]] | None = None,
) -> Write:
    """The sound time series with other columns, attributes and units; `about` are attributes of its variables."""

    def write(folder: Path) -> Path:
        chosen = {name: values for name, values in {**rows(), **(columns or {})}.items() if name not in without}
        path = time_series(folder / "a.nc", chosen, attributes, units)
        with netCDF4.Dataset(path, "a") as file:
            for name, of_variable in (about or {}).items():
                file[name].setncatts(of_variable)
        return path

    return write


def changed(name: str, at: Sequence[int], values: Any) -> np.ndarray[Any, Any]:
    """A column of the sound time series with other values in some rows."""
    column = rows()[name].astype(np.float64)
    column[list(at)] = values
    return column


def flags(other: int) -> np.ndarray[Any, Any]:
    """Good flags, and another one at the surface before a dive."""
    return np.where(np.arange(COUNT) == 0, float(other), 1.0)


def made(
    time: str = SINCE,
    vertical: str = "m",
    numbers: str = "from one",
    position: str = "degrees",
    holes: bool = False,
    change: Callable[[Layout], None] | None = None,
) -> Write:
    """A mission of two dives with these traits of `made_truth`."""

    def write(folder: Path) -> Path:
        truth = made_truth.mission(1, 2, 80.0, 17.0, 57.0, datetime(2023, 6, 1, tzinfo=UTC))
        truth = made_truth.with_holes(truth, 1, 0.05) if holes else truth
        layout = Layout()
        made_truth.add_time(layout, truth, time)
        made_truth.add_positions(layout, truth, position)
        made_truth.VERTICALS[vertical](layout, truth)
        made_truth.NUMBERS[numbers](layout, truth)
        layout.variables["temperature"] = (truth.temperature, "f8", {"units": "Celsius"})
        if change is not None:
            change(layout)
        return layout.write(folder / "a.nc", np.arange(layout.variables["time"][0].size))

    return write


def tabled(columns: dict[str, Any] | None = None, separator: str = ",", name: str = "a.csv") -> Write:
    """The sound time series as a table with more columns."""

    def write(folder: Path) -> Path:
        cells = table({**rows(), **(columns or {})})
        if separator == ",":
            return csv_file(folder / name, cells)
        (folder / name).write_text("".join(separator.join(row) + "\n" for row in cells), encoding="utf-8")
        return folder / name

    return write


def precise(folder: Path) -> Path:
    """A table with the time and position of each profile, and those of each sample beside them."""
    whole = rows()
    columns = {
        **whole,
        "time": np.repeat(whole["time"][FIRSTS], SAMPLES_A_PROFILE),
        "longitude": np.full(COUNT, 15.5),
        "precise_lat": whole["latitude"],
        "precise_lon": whole["longitude"],
    }
    times = [row[0] for row in table(whole)]
    cells = [[*row, "precise_time (UTC)" if i == 0 else times[i]] for i, row in enumerate(table(columns))]
    return csv_file(folder / "a.csv", cells)


def ragged(indexed: bool = False, owners: Sequence[int] = (), is_of_profiles: bool = True) -> Write:
    """A ragged array: of profiles, which `owners` assign to trajectories, or of trajectories with 12 rows each."""

    def write(folder: Path) -> Path:
        whole = rows()
        trajectories = max(owners, default=-1) + 1
        instances = 4 if is_of_profiles else trajectories
        with netCDF4.Dataset(folder / "a.nc", "w") as file:
            file.createDimension("instance", instances)
            file.createDimension("obs", COUNT)
            along = "instance" if is_of_profiles else "obs"
            names = {"time": "time", "latitude": "lat", "longitude": "lon"}
            for name, own in names.items():
                file.createVariable(own, "f8", (along,))[:] = whole[name][FIRSTS] if is_of_profiles else whole[name]
            file["time"].units = SINCE
            for name in ("depth", "temperature", *([] if is_of_profiles else ["profile_index"])):
                file.createVariable(name, "f8", ("obs",))[:] = whole[name]
            file["depth"].units = "m"
            index = np.repeat(np.arange(instances), COUNT // instances)
            if indexed:
                file.createVariable("index", "i4", ("obs",))[:] = index
                file["index"].instance_dimension = "instance"
            else:
                file.createVariable("rowSize", "i4", ("instance",))[:] = np.bincount(index)
                file["rowSize"].sample_dimension = "obs"
            _name_trajectories(file, owners, trajectories, is_of_profiles)
        return folder / "a.nc"

    return write


def _name_trajectories(file: netCDF4.Dataset, owners: Sequence[int], count: int, is_of_profiles: bool) -> None:
    if not count:
        file.id = "made-20200913T1226"
        return
    dimension = "instance"
    if is_of_profiles:
        dimension = "trajectory"
        file.createDimension("trajectory", count)
        file.createVariable("trajectoryIndex", "i4", ("instance",))[:] = owners
        file["trajectoryIndex"].instance_dimension = "trajectory"
    names = file.createVariable("trajectory", str, (dimension,))
    names.cf_role = "trajectory_id"
    names[:] = np.array([f"sp{number}-20200913T1226" for number in range(count)], dtype=object)


def cube(trajectories: int, is_of_profiles: bool) -> Write:
    """Arrays by trajectory and sample, or by trajectory, profile and sample."""

    def write(folder: Path) -> Path:
        shape = {"trajectory": trajectories, **({"profile": 4, "obs": 6} if is_of_profiles else {"obs": COUNT})}
        with netCDF4.Dataset(folder / "a.nc", "w") as file:
            for name, length in shape.items():
                file.createDimension(name, length)
            names = file.createVariable("trajectory", str, ("trajectory",))
            names.cf_role = "trajectory_id"
            names[:] = np.array([f"sp{number}-20200913T1226" for number in range(trajectories)], dtype=object)
            for name in ("time", "latitude", "longitude", "depth", "profile_index"):
                values = np.stack([rows()[name]] * trajectories).reshape(*shape.values())
                file.createVariable(name, "f8", tuple(shape))[:] = values
            file["time"].units = SINCE
            file["depth"].units = "m"
        return folder / "a.nc"

    return write


def levels(vertical: str, unit: str, is_grid: bool = False) -> Write:
    """Profiles by levels, with a vertical axis for each level, or one for all profiles as in a grid."""

    def write(folder: Path) -> Path:
        whole = rows()
        along = "time" if is_grid else "profile"
        with netCDF4.Dataset(folder / "a.nc", "w") as file:
            file.id = "made-20200913T1226"
            file.createDimension(along, 4)
            file.createDimension(vertical if is_grid else "level", SAMPLES_A_PROFILE)
            level = vertical if is_grid else "level"
            for name in ("time", "latitude", "longitude"):
                file.createVariable(name, "f8", (along,))[:] = whole[name][FIRSTS]
            file["time"].units = SINCE
            if is_grid:
                file.createVariable(vertical, "f8", (level,))[:] = 10.0 * np.arange(SAMPLES_A_PROFILE)
            else:
                file.createVariable(vertical, "f8", (along, level))[:] = whole["depth"].reshape(4, -1)
            file[vertical].units = unit
            file.createVariable("temperature", "f8", (along, level))[:] = whole["temperature"].reshape(4, -1)
        return folder / "a.nc"

    return write


def in_each_row(names: Sequence[str]) -> Write:
    """A time series whose rows name their trajectory."""

    def write(folder: Path) -> Path:
        path = time_series(folder / "a.nc")
        with netCDF4.Dataset(path, "a") as file:
            file.delncattr("id")
            file.createDimension("length", 20)
            texts = np.repeat(np.array(names, dtype="S20"), COUNT // len(names))
            file.createVariable("trajectory", "S1", ("time", "length"))[:] = netCDF4.stringtochar(texts)
        return path

    return write


def latin1(folder: Path) -> Path:
    """A classic file with a text in Latin-1."""
    path = folder / "a.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.setncatts({"id": "made-20200913T1226", "institution": "Li?ge"})
        file.createDimension("time", COUNT)
        for name, values in rows().items():
            file.createVariable(name, "f8", ("time",))[:] = values
        file["time"].units = SINCE
        file["depth"].units = "m"
    path.write_bytes(path.read_bytes().replace(b"Li?ge", "Liège".encode("latin-1")))
    return path


def parts(*spans: tuple[int, int], first: dict[str, Any] | None = None, name: str = "made-{}.nc", **last: Any) -> Write:
    """Consecutive files with these profiles of a mission; the first and the last one have these attributes."""

    def write(folder: Path) -> list[Path]:
        files = []
        for start, end in spans:
            columns = {key: values[start * SAMPLES_A_PROFILE :] for key, values in rows(profiles=end).items()}
            attributes = last if (start, end) == spans[-1] else first
            files.append(time_series(folder / name.format(start), columns, attributes))
        return files

    return write


def daily(folder: Path) -> list[Path]:
    """Two profiles of a vehicle whose trajectory has the name of the day."""
    days = ("holly-20200913T1226", "holly-20200914T0000")
    return [profile_file(folder / f"{n}.nc", n + 1, {"id": day}) for n, day in enumerate(days)]


def deployment(folder: Path) -> Path:
    """A profile whose id names the profile, and whose trajectory names the mission."""
    path = profile_file(folder / "a.nc", 1, {"id": "made-20200914T0000"})
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("length", 20)
        text = netCDF4.stringtochar(np.array(["made-20200913T1226"], dtype="S20"))[0]
        file.createVariable("trajectory", "S1", ("length",))[:] = text
    return path
