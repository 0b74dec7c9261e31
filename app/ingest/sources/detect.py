"""Which reader a file needs, by its first bytes and then by the dimensions and variables it holds."""

from dataclasses import dataclass
from pathlib import Path

from app.ingest.refusal import Refused
from app.ingest.sources import classic, grid, profile_file, time_series
from app.ingest.sources.netcdf import CELLS_PER_SAMPLE, NetCdf, opened
from app.ingest.sources.observations import Coordinates, Observations

# Enough for a magic number, a web page's head, a table's header and the start of a JSON document.
_HEAD_BYTES = 4096
_NETCDF = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """What this installation takes."""

    max_file_bytes: int
    max_samples: int


def read(path: Path, limits: Limits, has_identity: bool = False) -> Observations:
    """The file's rows. Raises Refused for whatever is no readable file of observations.

    `has_identity`: the caller names the mission, so a file without one is refused for its format instead.
    """
    require_size(path, limits.max_file_bytes)
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.startswith(_NETCDF):
        raise _not_netcdf(head, has_identity)
    if head.startswith(b"CDF") and (least := classic.least_size(path) or 0) > path.stat().st_size:
        raise Refused("truncated", f"{path.stat().st_size} bytes are there of at least {least}")
    with opened(path) as file:
        _bounded(file, limits)
        return _read(file, has_identity)


def require_size(path: Path, most_bytes: int) -> None:
    """Raises Refused unless the file has bytes, and not more than this installation takes."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty_file", "the file is empty")
    if size > most_bytes:
        raise Refused("too_large", f"{size} bytes are more than the {most_bytes} taken here")


def _not_netcdf(head: bytes, has_identity: bool) -> Refused:
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    lower = text.lower()
    if lower.startswith(("<!doctype html", "<html")) or "<html" in lower[:1024]:
        return Refused("html_page", "this is a web page, not data: the download may have failed")
    if lower.startswith(("{", "[")):
        if '"columnnames"' in lower and '"table"' in lower:
            return _table(has_identity)
        return Refused("not_observations", "this is a JSON document without observations")
    columns = {name.split("(")[0].strip(' "') for name in lower.split("\n", 1)[0].split(",")}
    if {"time", "latitude", "longitude"} <= columns:
        return _table(has_identity)
    return Refused("not_netcdf", "this is not a NetCDF file")


def _table(has_identity: bool) -> Refused:
    return _unread("an ERDDAP table", has_identity)


def _unread(what: str, has_identity: bool) -> Refused:
    if has_identity:
        return Refused("format_not_supported", f"{what} is not read by this version")
    return Refused("no_mission", f"{what} does not say which mission it belongs to: name it with --mission")


def _bounded(file: NetCdf, limits: Limits) -> None:
    """Refuses absurd sizes before anything is read: a few bytes can declare billions of rows."""
    cells = 0
    for name, variable in file.variables.items():
        count = 1
        for length in variable.shape:
            count *= int(length)
        cells += count
        if count > limits.max_samples * CELLS_PER_SAMPLE:
            raise Refused("too_large", f"{count} values are more than this installation takes", name)
    if cells > limits.max_samples * CELLS_PER_SAMPLE:
        raise Refused("too_large", f"{cells} values are more than this installation takes")


def _read(file: NetCdf, has_identity: bool) -> Observations:
    names = file.variables.keys()
    dimensions = {name.lower() for name in file.dimensions}
    if "sg_data_point" in dimensions or ("log_gps_lat" in names and "ctd_time" in names):
        raise _unread("a Seaglider basestation dive", has_identity)
    time = time_series.time_name(file)
    latitude, longitude = time_series.position_names(file)
    if time is None:
        if latitude or longitude:
            raise Refused("no_time", "there is no such variable", "time")
        raise Refused("not_observations", "there is neither time nor position")
    if latitude is None or longitude is None:
        raise Refused("no_valid_position", "there is no such variable", "longitude" if latitude else "latitude")
    coordinates = Coordinates(time, latitude, longitude)
    for name, code in ((time, "no_time"), (latitude, "no_valid_position"), (longitude, "no_valid_position")):
        if not file.is_number(name):
            raise Refused(code, "its values are no numbers", name)
    if grid.matches(file):
        return grid.read(file, coordinates)
    if profile_file.matches(file):
        return profile_file.read(file, coordinates)
    return time_series.read(file, coordinates)
