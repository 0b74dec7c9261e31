"""What makes imports in tests cheap: a reader in this process, a few sea areas, pictures of one pixel.

The real reader process is tested in tests/unit/ingest/test_reader.py, real pictures in
tests/integration/ingest/test_sections.py, and all sea areas wherever a real file is imported.
"""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.ingest.sandbox import child, wire_format
from app.ingest.sources.erddap_metadata import About
from app.ingest.sources.formats import Limits
from app.ingest.sources.netcdf import CELLS_PER_SAMPLE
from app.ingest.sources.observations import Observations

# A transparent PNG of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6360600000000300012b094d840000000049454e44ae426082"
)

# Seas with their real polygons: made files lie in or beside them.
_WHOLE = {"North Atlantic Ocean", "South Pacific Ocean", "Adriatic Sea"}
# Boxes (west, south, east, north) around the seas outside the Baltic in which seeds and the simulator put missions.
_BOXES = (
    ("Norwegian Sea", (0.0, 64.0, 6.0, 69.0)),
    ("Balearic Sea", (0.0, 38.0, 6.0, 43.0)),
    # One area in two pieces, as areas across 180 degrees are.
    ("North Pacific Ocean", (170.0, 35.0, 180.0, 50.0)),
    ("North Pacific Ocean", (-180.0, 35.0, -130.0, 50.0)),
)


class InProcessReader:
    """The reader without its process: requests and answers pass through the same JSON and bytes.

    For files that neither hang nor crash the library. It starts no interpreter, which takes 0.5 s of CPU time.
    """

    # netCDF-C is not thread-safe, and some tests import in several threads.
    _lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def read(self, path: Path, limits: Limits, about: About | None = None) -> Observations:
        """The rows of the file. Raises Refused."""
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


def write_sea_areas(folder: Path) -> Path:
    """Write the areas of the Baltic, three other seas, and boxes for the rest; returns the folder."""
    data = files("app.domain").joinpath("data")
    baltic = data.joinpath("baltic_subbasins_approx.geojson").read_text(encoding="utf-8")
    (folder / "baltic.geojson").write_text(baltic, encoding="utf-8")
    seas = json.loads(data.joinpath("marine_polys_ne10m.geojson").read_text(encoding="utf-8"))
    seas["features"] = [feature for feature in seas["features"] if feature["properties"]["name"] in _WHOLE]
    (folder / "seas.geojson").write_text(json.dumps(seas), encoding="utf-8")
    features = [_feature(name, *box) for name, box in _BOXES]
    boxes = {"type": "FeatureCollection", "features": features}
    (folder / "boxes.geojson").write_text(json.dumps(boxes), encoding="utf-8")
    return folder


def _feature(name: str, west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def blank_picture(*_: object) -> dict[str, bytes]:
    """What `section_plots.section` and `cloud` return, without drawing: 0.2 s of CPU time a section."""
    return {"light": PIXEL, "dark": PIXEL}
