"""A file never replaces a longer history: parts of a mission, and profiles that share a number."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.interpret.import_terms import Terms
from app.ingest.reports import Report
from app.ingest.verify import verification
from app.store import missions
from tests.made_files import SAMPLES_A_PROFILE, STEP_S, profile_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
PLATFORM, MISSION = "made", "20200913T1226"
PROFILE_S = SAMPLES_A_PROFILE * STEP_S


def part(path: Path, first: int, last: int, attributes: dict[str, Any] | None = None) -> Path:
    """Write the profiles `first` to `last` - 1 of a mission."""
    whole = rows(profiles=last)
    columns = {name: values[first * SAMPLES_A_PROFILE :] for name, values in whole.items()}
    return time_series(path, columns, attributes)


def codes(reports: list[Report]) -> list[tuple[str, str | None]]:
    """Return the outcome and the reason code of each report."""
    return [(report.outcome, report.reason_code) for report in reports]


@pytest.mark.parametrize(
    ("first", "last", "attributes", "word"),
    [
        (4, 12, {"data_mode": "D"}, "--shorter"),
        (0, 4, {"data_mode": "D"}, "--shorter"),
        (8, 12, {"data_mode": "D"}, "--mission"),
    ],
)
def test_a_part_of_a_mission_never_replaces_it(
    tmp_path: Path, ingest: Ingest, db: Db, first: int, last: int, attributes: dict[str, Any], word: str
) -> None:
    stored = part(tmp_path / "a.nc", 0, 8)

    reports = ingest(stored, part(tmp_path / "b.nc", first, last, attributes))

    assert codes(reports) == [("stored", None), ("refused", "part_of_mission")]
    assert reports[1].reason is not None
    assert word in reports[1].reason
    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert (mission.figures.profiles, mission.data_mode) == (8, "R")


def test_delayed_data_may_lack_the_ends_of_a_deployment(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    reports = ingest(part(tmp_path / "a.nc", 0, 60), part(tmp_path / "b.nc", 1, 59, {"data_mode": "D"}))

    assert codes(reports) == [("stored", None), ("replaced", None)]


def test_the_operator_may_let_a_shorter_file_replace(tmp_path: Path, tools: ImportContext, db: Db) -> None:
    files = [part(tmp_path / "a.nc", 0, 8), part(tmp_path / "b.nc", 0, 5, {"data_mode": "D"})]

    reports = list(importer.real(files, replace(tools, terms=Terms(shorter=True))))

    assert codes(reports) == [("stored", None), ("replaced", None)]


def test_profiles_that_share_a_number_but_no_time_are_both_stored(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    down = profile_file(tmp_path / "down.nc", 1)
    up = profile_file(tmp_path / "up.nc", 1, start_s=1.6e9 + PROFILE_S, depth=10.0 * np.arange(5, -1, -1))

    reports = ingest(down, up, down)

    assert codes(reports) == [("stored", None), ("stored", None), ("unchanged", None)]
    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert (mission.figures.profiles, mission.figures.samples) == (2, 2 * SAMPLES_A_PROFILE)
    assert verification.verify(None, False, 1.0).differences == []


def test_a_profile_of_the_same_number_and_time_is_replaced(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    newer = profile_file(tmp_path / "b.nc", 1, {"date_modified": "2021-01-01"}, start_s=1.6e9 + STEP_S)

    reports = ingest(profile_file(tmp_path / "a.nc", 1), newer)

    assert codes(reports) == [("stored", None), ("replaced", None)]
    assert db.profiles.count_documents({}) == 1


def test_the_casts_of_a_dive_in_case_files_are_two_profiles(test_data: Path, ingest: Ingest, db: Db) -> None:
    cases = test_data / "cases"

    reports = ingest(cases / "ngdac-same-number-down.nc", cases / "ngdac-same-number-up.nc")

    assert codes(reports) == [("stored", None), ("stored", None)]
    (document,) = db.missions.find()
    assert (document["figures"]["profiles"], document["figures"]["samples"]) == (2, 80)
