"""The settings, tools and reference data of one import run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from app.config import Settings
from app.domain.basins import BasinMap
from app.domain.records import Basin
from app.ingest.formats import basin_polygons, detection
from app.ingest.formats.erddap_metadata import About
from app.ingest.formats.observations import Observations
from app.ingest.interpret import identity, mission_draft
from app.ingest.interpret.identity import Options, PlatformName
from app.ingest.interpret.import_terms import USUAL, Terms
from app.ingest.remote import local_copy
from app.ingest.remote.http_download import FetchPolicy
from app.ingest.sandbox.process import ReaderProcess


class Reader(Protocol):
    """Parses files; a context manager for the duration of a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, path: Path, limits: detection.Limits, about: About | None = None) -> Observations:
        """The rows of the file. Raises Refused."""
        ...


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Everything that a run needs besides the files; created once.

    `terms`: who imports, and what a file may replace. `merging` is the mission that is merged into another one.
    `is_trial`: report what an import would do, and store nothing.
    """

    options: Options
    limits: detection.Limits
    reader: Reader
    fetch_policy: FetchPolicy
    span: mission_draft.Span
    basins: tuple[Basin, ...]
    basin_map: BasinMap
    names: dict[str, PlatformName]
    terms: Terms = USUAL
    merging: str | None = None
    is_trial: bool = False


def import_context(
    settings: Settings, options: Options, basins: Sequence[Basin] | None = None, reader: Reader | None = None
) -> ImportContext:
    """The context of a run. Raises Invalid when an operator's file of names or basins is invalid.

    `basins` replaces the basins of the settings, which take 0.2 s to parse. `reader` replaces the reader process.
    """
    all_basins = tuple(basin_polygons.known(settings.basins_dir) if basins is None else basins)
    process = ReaderProcess(settings.reader_timeout_s, settings.reader_memory_bytes, settings.log_level)
    return ImportContext(
        options=options,
        limits=detection.Limits(settings.max_file_bytes, settings.max_samples),
        reader=process if reader is None else reader,
        fetch_policy=local_copy.fetch_policy(settings),
        span=mission_draft.span(settings.accept_from, datetime.now(UTC), settings.future_tolerance_s),
        basins=all_basins,
        basin_map=BasinMap(all_basins),
        names=identity.platform_names(settings.platforms_file),
    )


def renewed(earlier: ImportContext, settings: Settings, options: Options) -> ImportContext:
    """The context of another run with the basins and the reader of an earlier one, whose index takes 0.2 s to build.

    Times are accepted up to now, and the operator's file of names is read again. Raises Invalid when it is invalid.
    """
    return replace(
        earlier,
        options=options,
        span=mission_draft.span(settings.accept_from, datetime.now(UTC), settings.future_tolerance_s),
        names=identity.platform_names(settings.platforms_file),
    )
