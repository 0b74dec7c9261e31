"""The reader for each file, chosen by its first bytes and then by the dimensions and variables it holds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from app.ingest.formats import (
    character_flags,
    compressed,
    erddap,
    foreign_formats,
    grid,
    netcdf3_header,
    ngdac_profile,
    precise_positions,
    profile_stack,
    sailbuoy,
    sampling_geometry,
    seaglider,
    time_series,
    unread_variables,
)
from app.ingest.formats.erddap_metadata import About
from app.ingest.formats.netcdf import CELLS_PER_SAMPLE, NetCdf, opened
from app.ingest.formats.observations import Observations
from app.ingest.formats.trajectories import Trajectories
from app.ingest.refusals import Refused

# Enough for a magic number, a web page's head, a table's header and the start of a JSON document.
_HEAD_BYTES = 1 << 16
_Other = TypeVar("_Other")
_NETCDF = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file and the most samples that this installation accepts."""

    max_file_bytes: int
    max_samples: int


def read(path: Path, limits: Limits, about: About | None = None) -> Observations:
    """The file's rows; `about` is the server's description of a table.

    Raises Refused for a file that is not a readable file of observations.
    """
    require_size(path, limits.max_file_bytes)
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.startswith(_NETCDF):
        foreign_formats.require_none(path.name, head)
        return _read_text(path, head, limits, about)
    if head.startswith(b"CDF") and (least := netcdf3_header.least_size(path) or 0) > path.stat().st_size:
        raise Refused("truncated", f"the file has {path.stat().st_size} bytes, its header requires {least}")
    with opened(path) as file:
        _bounded(file, limits)
        observations = _read(file)
    # The rows of a grid are its filled bins, whose number is known only after reading.
    _require_few_rows(observations.time_ms.size, limits, observations.names["time"])
    return observations


def without_companions(paths: Iterable[Path | _Other]) -> list[Path | _Other]:
    """The paths in their order, without files that are read with another one; each group of files appears once.

    Other objects, such as URLs, stay as they are.
    """
    return sailbuoy.paired(paths)


def companion_of(path: Path) -> Path | None:
    """The file that is read together with this one, None for most files."""
    return sailbuoy.payload_of(path)


def why_no_data(path: Path) -> str | None:
    """Why a file in a folder is not imported; None for NetCDF, a sailbuoy's log and a table, also compressed."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if compressed.is_compressed(head):
        try:
            path, head = compressed.first_bytes(path, _HEAD_BYTES)
        except Refused as refusal:
            # The import must report damaged data.
            return None if refusal.code == "truncated" else refusal.cause
    try:
        foreign_formats.require_none(path.name, head)
    except Refused as refusal:
        return refusal.cause
    try:
        is_data = head.startswith((b"CDF", b"\x89HDF")) or sailbuoy.matches(path, head) or erddap.matches(head)
    except Refused:
        # Still a table: the import must report the refusal.
        is_data = True
    return None if is_data else "it holds no observations"


def require_size(path: Path, most_bytes: int) -> None:
    """Raises Refused for an empty file, and for one with more bytes than the limit."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty_file", "the file is empty")
    if size > most_bytes:
        raise Refused("too_large", f"{size} bytes are more than the limit of {most_bytes}")


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
    raise Refused("unknown_format", "this is neither a NetCDF file nor a table with time, latitude and longitude")


def _bounded(file: NetCdf, limits: Limits) -> None:
    """Refuse absurd sizes before reading values: a header of a few bytes can declare billions of rows."""
    cells = 0
    for name, variable in file.variables.items():
        count = 1
        for length in variable.shape:
            count *= int(length)
        cells += count
        _require_few_rows(max(variable.shape, default=0), limits, name)
        if count > limits.max_samples * CELLS_PER_SAMPLE:
            raise Refused(
                "too_large", f"{count} values are more than the limit of {limits.max_samples * CELLS_PER_SAMPLE}", name
            )
    if cells > limits.max_samples * CELLS_PER_SAMPLE:
        raise Refused("too_large", f"{cells} values are more than the limit of {limits.max_samples * CELLS_PER_SAMPLE}")


def _require_few_rows(count: int, limits: Limits, name: str) -> None:
    if count > limits.max_samples:
        raise Refused("too_large", f"{count} rows are more than the limit of {limits.max_samples}", name)


def _read(file: NetCdf) -> Observations:
    character_flags.flatten(file)
    if seaglider.matches(file):
        rows = seaglider.read(file)
    else:
        trajectories = Trajectories(file)
        sampling_geometry.flatten(file)
        trajectories.require_one_dimension()
        rows = trajectories.divided(precise_positions.refined(file, _rows(file)))
    return replace(rows, unread=unread_variables.reasons(file, rows))


def _rows(file: NetCdf) -> Observations:
    coordinates = time_series.coordinates(file)
    if grid.matches(file):
        return grid.read(file, coordinates)
    if profile_stack.matches(file, coordinates):
        return profile_stack.read(file, coordinates)
    if ngdac_profile.matches(file):
        return ngdac_profile.read(file, coordinates)
    return time_series.read(file, coordinates)
