"""Faster imports for tests: a few basins, a reader in this process, pictures of one pixel.

The reader process is tested in tests/unit/ingest/test_reader.py, pictures in tests/integration/ingest/test_sections.py,
all basins with the real files in tests/unit/ingest/test_contract.py. Tests of the command line use the real ones.
"""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from app.domain.plot_style import SCALES, Scale
from app.ingest.formats.detection import Limits
from app.ingest.formats.erddap_metadata import About
from app.ingest.formats.netcdf import CELLS_PER_SAMPLE
from app.ingest.formats.observations import Observations
from app.ingest.sandbox import child, wire_format

# A transparent PNG of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6360600000000300012b094d840000000049454e44ae426082"
)

# The whole Baltic, and the other areas of the missions in sample files, seeds and the simulator.
_FILE = "baltic_subbasins_approx.geojson"
_NAMES = {
    "Adriatic Sea",
    "Balearic Sea",
    "Labrador Sea",
    "North Atlantic Ocean",
    "North Pacific Ocean",
    "Norwegian Sea",
    "South Pacific Ocean",
}


class InProcessReader:
    """The reader without its process: requests and responses use the same JSON and bytes.

    For files on which the library neither hangs nor crashes. It saves the start of an interpreter: 0.5 s of CPU time.
    """

    # netCDF-C is not thread-safe, and some tests import in several threads.
    _lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: there is no process to stop."""

    def read(self, path: Path, limits: Limits, about: About | None = None) -> Observations:
        """Return the rows of the file. Raises Refused."""
        request = {
            "path": os.fsencode(path.absolute()).decode("latin-1"),
            "limits": asdict(limits),
            "about": asdict(about) if about else None,
        }
        with self._lock:
            observations = child._read(json.loads(json.dumps(request)))
        take = _take_from(wire_format.observations(observations))
        return wire_format.received(take, limits.max_samples, limits.max_samples * CELLS_PER_SAMPLE)


def _take_from(frames: Iterator[memoryview]) -> wire_format.Take:
    content = memoryview(b"".join(frames))
    position = 0

    def take(view: memoryview) -> None:
        nonlocal position
        if position + len(view) > len(content):
            raise EOFError
        view[:] = content[position : position + len(view)]
        position += len(view)

    return take


def write_few_basins(folder: Path) -> Path:
    """Write some of the basins that Halocline ships into the folder, unchanged, and return the folder."""
    for entry in files("app.domain").joinpath("data").iterdir():
        if entry.name.endswith(".geojson"):
            collection = json.loads(entry.read_text(encoding="utf-8"))
            if entry.name != _FILE:
                features = collection["features"]
                collection["features"] = [area for area in features if area["properties"]["name"] in _NAMES]
            (folder / entry.name).write_text(json.dumps(collection), encoding="utf-8")
    return folder


def blank_picture(*_: object) -> dict[Scale, bytes]:
    """Return pictures of one pixel, to replace `section_plots.section` and `cloud`: drawing takes 0.2 s of CPU time."""
    return dict.fromkeys(SCALES, PIXEL)
