"""One mission in files that name it differently: joined where the evidence agrees, else a warning."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from app.ingest.verify import verification
from app.store import missions
from tests.made_files import profile_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
IDS = ("Fibbla76-20200913T1226", "sea076_20200913T1226_R", "sea076_20200913T122640_D")
VEHICLE = {"wmo_id": "6801665", "platform_serial": "SEA076"}
# The base mission of the case files, from its samples between profiles to its last one.
CASES = ("one-mission-id-pyglider.nc", "one-mission-id-og-R.nc", "one-mission-id-og-D.nc")


def named(folder: Path, file_id: str, **attributes: str) -> Path:
    """Write the sound mission under an id."""
    return time_series(folder / f"{file_id}.nc", attributes={"id": file_id, **attributes})


def identities(db: Db) -> list[tuple[str, str]]:
    """Return the id and the mode of each stored mission."""
    return [(document["_id"], document["data_mode"]) for document in db.missions.find().sort("_id", 1)]


def warned(report: Report) -> bool:
    """True if the report warns that missions may be one."""
    assert report.mission is not None
    return "mission_overlap" in [warning["code"] for warning in report.mission["warnings"]]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_equal_wmo_id_serial_and_data_make_one_mission(
    tmp_path: Path, ingest: Ingest, db: Db, order: tuple[int, ...]
) -> None:
    ingest(*(named(tmp_path, IDS[i], **VEHICLE) for i in order))

    ((_, mode),) = identities(db)
    assert mode == "D"
    assert verification.verify(None, False, 1.0).differences == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_one_mission_in_case_files_of_three_names_is_stored_once(
    test_data: Path, ingest: Ingest, db: Db, order: tuple[int, ...]
) -> None:
    ingest(*(test_data / "cases" / CASES[i] for i in order))

    ((_, mode),) = identities(db)
    assert mode == "D"


def test_stamps_with_and_without_seconds_are_one_mission(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(named(tmp_path, "sea076_20200913T1226_R"), named(tmp_path, "sea076_20200913T122640_D"))

    assert identities(db) == [("sea076/20200913T1226", "D")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # Another vehicle with the same WMO id.
        (("sea076_20200913T1226", VEHICLE), ("sea077_20200913T1226", {**VEHICLE, "platform_serial": "SEA077"})),
        # No WMO id.
        (("sea076_20200913T1226", {}), ("sea076_20200901T0000", {})),
    ],
)
def test_a_mission_that_agrees_in_part_is_stored_with_a_warning_and_reported(
    tmp_path: Path,
    ingest: Ingest,
    db: Db,
    first: tuple[str, dict[str, str]],
    second: tuple[str, dict[str, str]],
) -> None:
    reports = ingest(named(tmp_path, first[0], **first[1]), named(tmp_path, second[0], **second[1]))

    assert [report.outcome for report in reports] == ["stored", "stored"]
    assert [warned(report) for report in reports] == [False, True]
    whats = [difference.what for difference in verification.verify(None, False, 1.0).differences]
    assert whats == ["mission at the same time"]


def test_missions_far_apart_in_time_cause_no_warning(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    later = time_series(tmp_path / "b.nc", rows(start_s=1.61e9), {"id": "sea076_20210107T0613", **VEHICLE})

    reports = ingest(named(tmp_path, "sea076_20200913T1226", **VEHICLE), later)

    assert [warned(report) for report in reports] == [False, False]
    assert len(identities(db)) == 2


def test_a_mission_that_the_caller_names_is_not_joined(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(named(tmp_path, IDS[1], **VEHICLE))

    ingest(named(tmp_path, IDS[2], **VEHICLE), options=Options(mission="m2"))

    assert identities(db) == [("sea076/20200913T1226", "R"), ("sea076/m2", "D")]


def test_trajectories_renamed_each_day_cause_a_warning(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    days = ({"id": "holly-20200913T1226"}, {"id": "holly-20200914T0000"})

    reports = ingest(*(profile_file(tmp_path / f"{n}.nc", n + 1, day) for n, day in enumerate(days)))

    assert [warned(report) for report in reports] == [False, True]
    assert missions.find("holly", "20200914T0000") is not None


def test_case_files_with_a_trajectory_a_day_cause_a_warning(test_data: Path, ingest: Ingest, db: Db) -> None:
    reports = ingest(*(test_data / "cases" / f"ngdac-trajectory-per-day-{day}.nc" for day in (1, 2)))

    assert warned(reports[1])


def test_profiles_whose_ids_name_the_profile_join_their_deployment(test_data: Path, ingest: Ingest, db: Db) -> None:
    ingest(*(test_data / "cases" / f"ngdac-id-per-profile-{number}.nc" for number in (1, 2)))

    (document,) = db.missions.find()
    assert document["_id"] == "rb30/20230601T0000"
    assert document["figures"]["profiles"] == 2
    assert document["figures"]["distance_m"] == pytest.approx(1507, rel=1e-3)


def test_profiles_do_not_join_a_whole_mission_whose_profiles_have_other_numbers(
    tmp_path: Path, ingest: Ingest, db: Db
) -> None:
    profile = profile_file(tmp_path / "p.nc", 2, {"id": "sea076_20200913T122640_R", **VEHICLE})

    _, report = ingest(named(tmp_path, "sea076_20200913T1226_R", **VEHICLE), profile)

    assert identities(db) == [("sea076/20200913T1226", "R"), ("sea076/20200913T122640", "R")]
    assert warned(report)
