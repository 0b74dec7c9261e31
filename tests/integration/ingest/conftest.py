"""Fixtures of the tests of the write path."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report


@pytest.fixture
def real(test_data: Path) -> Path:
    """The folder of the real files."""
    return test_data / "real"


@pytest.fixture(autouse=True)
def _pictures(blank_pictures: None) -> None:
    """Use blank pictures: only test_sections.py draws them."""


@pytest.fixture
def ingest(tools: ImportContext, db: Database[dict[str, Any]]) -> Callable[..., list[Report]]:
    """Import files and return the reports, like the command, but without the reader process."""

    def run(*files: Path, options: Options | None = None) -> list[Report]:
        return list(importer.real(files, replace(tools, options=options or Options())))

    return run


def outcomes(reports: Sequence[Report]) -> list[str]:
    """Return the outcome of each file."""
    return [report.outcome for report in reports]
