"""What a run needs beside the files."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.config import Settings
from app.domain.basins import BasinMap
from app.domain.records import Basin
from app.ingest import areas, assembly, identity
from app.ingest.identity import Options, PlatformName
from app.ingest.reader import Reader
from app.ingest.remote import fetched
from app.ingest.remote.fetch import Patience
from app.ingest.sources import detect


@dataclass(frozen=True, slots=True)
class Kit:
    """The tools of a run, made once."""

    options: Options
    limits: detect.Limits
    reader: Reader
    patience: Patience
    span: assembly.Span
    basins: tuple[Basin, ...]
    basin_map: BasinMap
    names: dict[str, PlatformName]


def kit(settings: Settings, options: Options) -> Kit:
    """The tools of a run by the settings. Raises Invalid when an operator's file of names or areas is broken."""
    basins = tuple(areas.known(settings.basins_dir))
    return Kit(
        options=options,
        limits=detect.Limits(settings.max_file_bytes, settings.max_samples),
        reader=Reader(settings.reader_timeout_s, settings.reader_memory_bytes, settings.log_level),
        patience=fetched.patience(settings),
        span=assembly.span(settings.accept_from, datetime.now(UTC), settings.future_tolerance_s),
        basins=basins,
        basin_map=BasinMap(basins),
        names=identity.platform_names(settings.platforms_file),
    )
