"""What the tests of parsing share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app import config
from app.ingest import context, importer
from app.ingest.context import ImportContext
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report


@pytest.fixture
def read(quick_tools: ImportContext) -> Callable[..., Report]:
    """The report of a dry run on one file, read in this process."""

    def run(path: Path, options: Options | None = None, **settings: object) -> Report:
        loaded = config.load(**settings)
        tools = context.import_context(loaded, options or Options(), quick_tools.basins, quick_tools.reader)
        (report,) = importer.dry([path], tools)
        return report

    return run
