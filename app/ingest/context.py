"""What a run needs beside the files."""

from dataclasses import dataclass
from datetime import UTC, datetime

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


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The tools of a run, made once."""

    options: Options
    limits: formats.Limits
    reader: ReaderProcess
    patience: Patience
    span: mission_draft.Span
    basins: tuple[Basin, ...]
    basin_map: BasinMap
    names: dict[str, PlatformName]


def import_context(settings: Settings, options: Options) -> ImportContext:
    """The tools of a run by the settings. Raises Invalid when an operator's file of names or areas is broken."""
    basins = tuple(basin_polygons.known(settings.basins_dir))
    return ImportContext(
        options=options,
        limits=formats.Limits(settings.max_file_bytes, settings.max_samples),
        reader=ReaderProcess(settings.reader_timeout_s, settings.reader_memory_bytes, settings.log_level),
        patience=local_copy.patience(settings),
        span=mission_draft.span(settings.accept_from, datetime.now(UTC), settings.future_tolerance_s),
        basins=basins,
        basin_map=BasinMap(basins),
        names=identity.platform_names(settings.platforms_file),
    )
