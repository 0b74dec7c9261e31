"""What the tests of reading share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app import config
from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report


@pytest.fixture
def read() -> Callable[..., Report]:
    """The report of a dry run on one file."""

    def run(path: Path, options: Options | None = None, **settings: object) -> Report:
        tools = context.import_context(config.load(**settings), options or Options())
        (report,) = importer.dry([path], tools)
        return report

    return run
