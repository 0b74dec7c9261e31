"""What imports of many tests share: a few basins, and a reader process that outlives a run."""

import json
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from app.ingest.sandbox.process import ReaderProcess

# Those that the made files lie in or beside. All 310 take a second to prepare and another one to store.
_BASINS = {"SEA-006", "SEA-007", "SEA-008", "North Atlantic Ocean", "South Pacific Ocean", "Adriatic Sea"}


class LastingReader(ReaderProcess):
    """A reader process that the end of a run does not end: starting one takes half a second."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the process to the next run; `close` ends it."""


def write_few_basins(folder: Path) -> Path:
    """Write some of the basins that Halocline brings into the folder, unchanged, and return the folder."""
    for entry in files("app.domain").joinpath("data").iterdir():
        if entry.name.endswith(".geojson"):
            collection = json.loads(entry.read_text(encoding="utf-8"))
            collection["features"] = [
                feature
                for feature in collection["features"]
                if not _BASINS.isdisjoint({feature["properties"]["name"], feature["properties"].get("basin_id")})
            ]
            (folder / entry.name).write_text(json.dumps(collection), encoding="utf-8")
    return folder
