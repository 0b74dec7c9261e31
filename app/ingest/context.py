"""The settings, tools and reference data of one import run."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.config import Settings
from app.domain.basins import BasinMap
from app.domain.records import Basin
from app.ingest.interpret import identity, mission_draft
from app.ingest.interpret.identity import Options, PlatformName
from app.ingest.remote import local_copy
from app.ingest.remote.http_download import FetchPolicy
from app.ingest.sandbox.process import ReaderProcess
from app.ingest.sources import basin_polygons, formats


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Everything that a run needs besides the files; created once."""

    options: Options
    limits: formats.Limits
    reader: ReaderProcess
    fetch_policy: FetchPolicy
    span: mission_draft.Span
    basins: tuple[Basin, ...]
    basin_map: BasinMap
    names: dict[str, PlatformName]


def import_context(settings: Settings, options: Options) -> ImportContext:
    """The context of a run. Raises Invalid when an operator's file of names or basins is invalid."""
    basins = tuple(basin_polygons.known(settings.basins_dir))
    return ImportContext(
        options=options,
        limits=formats.Limits(settings.max_file_bytes, settings.max_samples),
        reader=ReaderProcess(settings.reader_timeout_s, settings.reader_memory_bytes, settings.log_level),
        fetch_policy=local_copy.fetch_policy(settings),
        span=mission_draft.span(settings.accept_from, datetime.now(UTC), settings.future_tolerance_s),
        basins=basins,
        basin_map=BasinMap(basins),
        names=identity.platform_names(settings.platforms_file),
    )
