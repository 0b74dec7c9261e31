"""A run goes on after a file that its reader does not survive, and the log has it."""

from pathlib import Path
from typing import Any

from pymongo.database import Database

from app import config
from app.ingest import context, importer
from app.ingest.context import ImportContext
from app.ingest.interpret.identity import Options
from tests.made_files import looping_file, time_series


def test_a_file_that_hangs_is_logged_and_the_next_one_taken(
    tmp_path: Path, settings: config.Settings, tools: ImportContext, db: Database[dict[str, Any]]
) -> None:
    files = [looping_file(tmp_path / "a.nc"), time_series(tmp_path / "b.nc")]
    hasty = settings.model_copy(update={"reader_timeout_s": 3})

    reports = list(importer.real(files, context.import_context(hasty, Options(), tools.basins)))

    assert [report.outcome for report in reports] == ["refused", "stored"]
    logged = db.imports.find_one({"file_name": "a.nc"}) or {}
    assert (logged["outcome"], logged["reason_code"]) == ("refused", "unreadable")
    assert logged["sha256"]
    assert "takes more than 3 s" in logged["reason"]
    assert db.missions.count_documents({}) == 1
