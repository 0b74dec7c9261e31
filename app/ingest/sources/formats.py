"""Which reader a file needs, by its first bytes and then by the dimensions and variables it holds."""

from dataclasses import dataclass
from pathlib import Path

from app.ingest.refusals import Refused
from app.ingest.sources import erddap, grid, netcdf3_header, ngdac_profile, sailbuoy, seaglider, time_series
from app.ingest.sources.erddap_metadata import About
from app.ingest.sources.netcdf import CELLS_PER_SAMPLE, NetCdf, opened
from app.ingest.sources.observations import Observations

# Enough for a magic number, a web page's head, a table's header and the start of a JSON document.
_HEAD_BYTES = 1 << 16
_NETCDF = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """What this installation takes."""

    max_file_bytes: int
    max_samples: int


def read(path: Path, limits: Limits, about: About | None = None) -> Observations:
    """The file's rows; `about` is what a server says of a table.

    Raises Refused for whatever is no readable file of observations.
    """
    require_size(path, limits.max_file_bytes)
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.startswith(_NETCDF):
        return _read_text(path, head, limits, about)
    if head.startswith(b"CDF") and (least := netcdf3_header.least_size(path) or 0) > path.stat().st_size:
        raise Refused("truncated", f"{path.stat().st_size} bytes are there of at least {least}")
    with opened(path) as file:
        _bounded(file, limits)
        observations = _read(file)
    # A grid's rows are its filled bins, which only show when it was read.
    _require_few_rows(observations.time_ms.size, limits, observations.names["time"])
    return observations


def is_data(path: Path) -> bool:
    """Whether a file in a folder is meant to be read: NetCDF, a sailbuoy's log, or a table of positions."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    try:
        return head.startswith((b"CDF", b"\x89HDF")) or sailbuoy.matches(path, head) or erddap.matches(head)
    except Refused:
        # A table all the same: the refusal is for whoever put it there.
        return True


def require_size(path: Path, most_bytes: int) -> None:
    """Raises Refused unless the file has bytes, and not more than this installation takes."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty_file", "the file is empty")
    if size > most_bytes:
        raise Refused("too_large", f"{size} bytes are more than the {most_bytes} taken here")


def _read_text(path: Path, head: bytes, limits: Limits, about: About | None) -> Observations:
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    if text.startswith(("<!doctype html", "<html")) or "<html" in text[:1024]:
        raise Refused("html_page", "this is a web page, not data: the download may have failed")
    if sailbuoy.matches(path, head):
        return sailbuoy.read(path, limits.max_samples)
    if erddap.matches(head):
        return erddap.read(path, head, limits.max_samples, about)
    if text.startswith(("{", "[")):
        raise Refused("not_observations", "this is a JSON document without observations")
    raise Refused("not_netcdf", "this is neither a NetCDF file nor a table with time, latitude and longitude")


def _bounded(file: NetCdf, limits: Limits) -> None:
    """Refuses absurd sizes before anything is read: a few bytes can declare billions of rows."""
    cells = 0
    for name, variable in file.variables.items():
        count = 1
        for length in variable.shape:
            count *= int(length)
        cells += count
        _require_few_rows(max(variable.shape, default=0), limits, name)
        if count > limits.max_samples * CELLS_PER_SAMPLE:
            raise Refused("too_large", f"{count} values are more than this installation takes", name)
    if cells > limits.max_samples * CELLS_PER_SAMPLE:
        raise Refused("too_large", f"{cells} values are more than this installation takes")


def _require_few_rows(count: int, limits: Limits, name: str) -> None:
    if count > limits.max_samples:
        raise Refused("too_large", f"{count} rows are more than the {limits.max_samples} taken here", name)


def _read(file: NetCdf) -> Observations:
    if seaglider.matches(file):
        return seaglider.read(file)
    coordinates = time_series.coordinates(file)
    if grid.matches(file):
        return grid.read(file, coordinates)
    if ngdac_profile.matches(file):
        return ngdac_profile.read(file, coordinates)
    return time_series.read(file, coordinates)
