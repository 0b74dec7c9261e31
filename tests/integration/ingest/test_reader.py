"""An import continues after a file that stops the reader process, and logs that file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pymongo.database import Database

from app import config
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.sandbox.process import ReaderProcess
from tests.made_files import looping_file, time_series


def test_a_file_that_hangs_the_reader_is_logged_and_the_next_one_is_imported(
    tmp_path: Path, settings: config.Settings, tools: ImportContext, db: Database[dict[str, Any]]
) -> None:
    files = [looping_file(tmp_path / "a.nc"), time_series(tmp_path / "b.nc")]
    reader = ReaderProcess(3, settings.reader_memory_bytes)
    reports = importer.real(files, replace(tools, reader=reader))
    refused = next(reports)
    # The deadline includes the start of the next process, which takes seconds on a busy machine.
    reader._timeout_s = 60
    stored = list(reports)

    assert [report.outcome for report in (refused, *stored)] == ["refused", "stored"]
    logged = db.imports.find_one({"file_name": "a.nc"}) or {}
    assert (logged["outcome"], logged["reason_code"]) == ("refused", "unreadable")
    assert logged["sha256"]
    assert "takes more than 3 s" in logged["reason"]
    assert db.missions.count_documents({}) == 1
