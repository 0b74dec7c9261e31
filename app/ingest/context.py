"""What a run needs beside the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from app.config import Settings
from app.domain.basins import BasinMap
from app.domain.records import Basin
from app.ingest.interpret import identity, mission_draft
from app.ingest.interpret.identity import Options, PlatformName
from app.ingest.persist import basin_polygons
from app.ingest.remote import local_copy
from app.ingest.remote.http_download import Patience
from app.ingest.sandbox.process import ReaderProcess
from app.ingest.sources import formats
from app.ingest.sources.erddap_metadata import About
from app.ingest.sources.observations import Observations


class Reader(Protocol):
    """Parses files. Open it with `with`, and close it at the end of the run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, path: Path, limits: formats.Limits, about: About | None = None) -> Observations:
        """The rows of the file. Raises Refused."""
        ...


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The tools of a run, made once."""

    options: Options
    limits: formats.Limits
    reader: Reader
    patience: Patience
    span: mission_draft.Span
    basins: tuple[Basin, ...]
    basin_map: BasinMap
    names: dict[str, PlatformName]


def import_context(
    settings: Settings, options: Options, basins: Sequence[Basin] | None = None, reader: Reader | None = None
) -> ImportContext:
    """The tools of a run by the settings. Raises Invalid when an operator's file of names or areas is broken.

    `basins` replaces the areas of the settings, which take 0.2 s to parse. `reader` replaces the reader process.
    """
    areas = tuple(basin_polygons.known(settings.basins_dir) if basins is None else basins)
    process = ReaderProcess(settings.reader_timeout_s, settings.reader_memory_bytes, settings.log_level)
    return ImportContext(
        options=options,
        limits=formats.Limits(settings.max_file_bytes, settings.max_samples),
        reader=process if reader is None else reader,
        patience=local_copy.patience(settings),
        span=mission_draft.span(settings.accept_from, datetime.now(UTC), settings.future_tolerance_s),
        basins=areas,
        basin_map=BasinMap(areas),
        names=identity.platform_names(settings.platforms_file),
    )
