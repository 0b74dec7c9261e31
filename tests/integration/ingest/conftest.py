"""What the tests of the write path share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app import config
from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report


@pytest.fixture
def real(test_data: Path) -> Path:
    """The folder of the real files."""
    return test_data / "real"


@pytest.fixture
def ingest(settings: config.Settings, db: Database[dict[str, Any]]) -> Callable[..., list[Report]]:
    """Takes files in, as the command does, and returns the reports."""

    def run(*files: Path, options: Options | None = None) -> list[Report]:
        return list(importer.real(files, context.import_context(settings, options or Options())))

    return run


def outcomes(reports: Sequence[Report]) -> list[str]:
    """The outcome of each file."""
    return [report.outcome for report in reports]
