"""What the tests of reading share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app import config
from app.ingest import kit, runs
from app.ingest.identity import Options
from app.ingest.report import Report


@pytest.fixture
def read() -> Callable[..., Report]:
    """The report of a dry run on one file."""

    def run(path: Path, options: Options | None = None, **settings: object) -> Report:
        tools = kit.kit(config.load(**settings), options or Options())
        (report,) = runs.dry([path], tools)
        return report

    return run
