"""Fixtures of the tests of parsing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app import config
from app.ingest import context, importer
from app.ingest.context import ImportContext
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report


@pytest.fixture
def read(tools: ImportContext) -> Callable[..., Report]:
    """Return the report of a dry run on one file, read in this process."""

    def run(path: Path, options: Options | None = None, **settings: object) -> Report:
        loaded = config.load(**settings)
        import_context = context.import_context(loaded, options or Options(), tools.basins, tools.reader)
        (report,) = importer.dry([path], import_context)
        return report

    return run
