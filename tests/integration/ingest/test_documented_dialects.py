"""Each row of the tables of dialects in docs/data.md is run: the file is read, warned about or refused as it says."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.interpret.quality_control import WARNINGS
from app.ingest.refusals import CODES
from app.ingest.reports import Report
from tests.documented_dialects import Case
from tests.documented_rows import ROWS

Run = Callable[[Case, Path], tuple[list[Report], list[str]]]
TEXT = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
HEAD = "| format | dialect |"


def documented() -> list[str]:
    """Return the rows of the tables of dialects, without the bars at their ends."""
    rows: list[str] = []
    for table in re.findall(rf"^{re.escape(HEAD)}.*\n\|[-|]+\n((?:\|.*\n)+)", TEXT, flags=re.MULTILINE):
        rows += [line.strip("|\n ") for line in table.splitlines()]
    return rows


def row_of(key: str) -> str:
    """Return the row that begins with the key."""
    (row,) = [row for row in documented() if row.startswith(key)]
    return row


@pytest.fixture
def run(tools: ImportContext, request: pytest.FixtureRequest) -> Run:
    """Import the files of a case; the reports of the last one and the codes of its warnings, or of its refusal."""

    def import_case(case: Case, folder: Path) -> tuple[list[Report], list[str]]:
        written = case.write(folder)
        context = replace(tools, options=case.options)
        if isinstance(written, list):
            request.getfixturevalue("db")
            *earlier, last = written
            list(importer.real(earlier, context))
            reports = list(importer.real([last], context))
        else:
            reports = list(importer.dry([written], context))
        codes = [report.reason_code for report in reports if report.reason_code]
        codes += [each["code"] for report in reports if report.mission for each in report.mission["warnings"]]
        return reports, [code for code in codes if code != "depth_negative"]

    return import_case


def test_every_row_has_cases_and_every_case_a_row() -> None:
    by_row = {row: [key for key in ROWS if row.startswith(key)] for row in documented()}

    assert {row: keys for row, keys in by_row.items() if len(keys) != 1} == {}
    assert sorted(keys[0] for keys in by_row.values()) == sorted(ROWS)


@pytest.mark.parametrize(("key", "number"), [(key, n) for key, cases in ROWS.items() for n in range(len(cases))])
def test_a_file_of_a_dialect_is_read_warned_about_or_refused_as_documented(
    run: Run, tmp_path: Path, key: str, number: int
) -> None:
    case = ROWS[key][number]

    reports, codes = run(case, tmp_path)

    assert set(codes) == case.codes, reports[-1].reason
    if not case.is_refused:
        assert tuple(report.mission["profiles"] for report in reports if report.mission) == case.profiles


@pytest.mark.parametrize("key", ROWS)
def test_the_cases_of_a_row_cause_every_warning_and_refusal_that_it_names(key: str) -> None:
    named = set(re.findall(r"`(\w+)`", row_of(key))) & {*WARNINGS, *CODES}
    caused = {code for case in ROWS[key] for code in case.codes}

    assert named <= caused
