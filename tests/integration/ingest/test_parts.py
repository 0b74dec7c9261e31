"""A mission in consecutive files of one id: each is appended, and the figures are those of one file with all rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import appending, importer
from app.ingest.context import ImportContext
from app.ingest.interpret.import_terms import Terms
from app.ingest.reports import Report
from app.ingest.verify import verification
from tests import made_truth
from tests.made_files import SAMPLES_A_PROFILE, profile_file, rows, time_series
from tests.made_files import part_file as part
from tests.made_truth import Layout

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
MISSION = "made/20200913T1226"
DAY_S = 86_400
FIGURES = ("samples", "profiles", "distance_m", "max_depth_m", "vertical_m", "start_at", "end_at", "bbox")


def outcomes(reports: list[Report]) -> list[str]:
    """Return the outcome of each report, or the reason code of a refusal."""
    return [report.reason_code or report.outcome for report in reports]


def figures(db: Db) -> dict[str, Any]:
    """Return the figures of the only stored mission."""
    (document,) = db.missions.find()
    return {name: document["figures"][name] for name in FIGURES}


@pytest.fixture
def whole(tmp_path: Path, tools: ImportContext) -> dict[str, Any]:
    """The figures of the mission in one file."""
    (report,) = importer.dry([part(tmp_path / "whole.nc", 0, 12)], tools)
    assert report.mission is not None
    return {name: report.mission[name] for name in FIGURES}


def test_a_subset_of_a_dataset_stays_one(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    subset = {"history": "2024 https://a.example.org/tabledap/x.nc?time,depth&depth<=50"}
    ingest(part(tmp_path / "a.nc", 0, 5, subset))

    assert outcomes(ingest(part(tmp_path / "b.nc", 5, 9))) == ["part_of_mission"]
    assert figures(db)["profiles"] == 5


def test_the_date_of_parts_is_the_newest_of_them(tmp_path: Path, ingest: Ingest) -> None:
    dates = {"a": "2020-10-10", "b": "2020-10-05", "c": "2020-10-03"}
    for n, (name, date) in enumerate(dates.items()):
        ingest(part(tmp_path / f"{name}.nc", 4 * n, 4 * n + 4, {"date_modified": f"{date}T00:00:00Z"}))

    whole_of_earlier_date = part(tmp_path / "whole.nc", 0, 12, {"date_modified": "2020-10-04T00:00:00Z"})

    assert outcomes(ingest(whole_of_earlier_date)) == ["not_newer"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parts_of_one_id_are_appended_in_any_order(
    tmp_path: Path, ingest: Ingest, db: Db, client: FlaskClient, whole: dict[str, Any], order: tuple[int, ...]
) -> None:
    files = [
        part(tmp_path / f"{n}.nc", first, first + size) for n, (first, size) in enumerate([(0, 5), (5, 4), (9, 3)])
    ]

    reports = ingest(*(files[i] for i in order))

    assert outcomes(reports) == ["stored", "replaced", "replaced"]
    body = client.get(f"/api/v1/missions/{MISSION}").json
    assert {name: body[name] for name in FIGURES} == {
        name: pytest.approx(value) if name in ("distance_m", "bbox") else value for name, value in whole.items()
    }
    assert [each["file_name"] for each in body["metadata"]["parts"]] == ["0.nc", "1.nc", "2.nc"]
    assert 'data-parts="3"' in client.get(f"/missions/{MISSION}").text
    assert db["originals.files"].count_documents({}) == 3
    assert verification.verify(None, True, 1.0).differences == []


def test_a_part_that_is_imported_again_changes_nothing(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    files = [part(tmp_path / f"{n}.nc", 4 * n, 4 * n + 4) for n in range(3)]
    ingest(*files)
    version = db.missions.find_one({})["version"]

    reports = ingest(*files)

    assert outcomes(reports) == ["unchanged"] * 3
    assert db.missions.find_one({})["version"] == version


def test_a_part_that_has_grown_replaces_itself_alone(
    tmp_path: Path, ingest: Ingest, db: Db, whole: dict[str, Any]
) -> None:
    ingest(part(tmp_path / "a.nc", 0, 5), part(tmp_path / "b.nc", 5, 8))

    reports = ingest(part(tmp_path / "b2.nc", 5, 12), part(tmp_path / "b3.nc", 6, 13))

    assert outcomes(reports) == ["replaced", "part_of_mission"]
    assert figures(db)["samples"] == whole["samples"]
    assert [each["file_name"] for each in db.missions.find_one({})["metadata"]["parts"]] == ["a.nc", "b2.nc"]


def test_numbers_that_begin_again_in_a_part_are_other_profiles(
    tmp_path: Path, ingest: Ingest, db: Db, whole: dict[str, Any]
) -> None:
    files = [part(tmp_path / f"{n}.nc", n, n + 1, profile_index=np.ones(SAMPLES_A_PROFILE)) for n in range(12)]

    ingest(*files)

    assert figures(db)["profiles"] == whole["profiles"]
    assert db.profiles.distinct("number", {"version": db.missions.find_one({})["version"]}) == list(range(1, 13))


def test_a_variable_that_one_part_lacks_is_missing_there(tmp_path: Path, ingest: Ingest, client: FlaskClient) -> None:
    salinity = np.linspace(7, 8, 4 * SAMPLES_A_PROFILE)

    ingest(part(tmp_path / "a.nc", 0, 4), part(tmp_path / "b.nc", 4, 8, salinity=salinity))

    lines = client.get(f"/api/v1/missions/{MISSION}/data").text.splitlines()
    at = lines[0].split(",").index("salinity")
    assert [line.split(",")[at] for line in lines[1:]].count("") == 4 * SAMPLES_A_PROFILE


def test_quality_flags_of_one_part_are_stored_and_the_others_count_as_not_evaluated(
    tmp_path: Path, ingest: Ingest, db: Db, client: FlaskClient
) -> None:
    flags = np.where(np.arange(4 * SAMPLES_A_PROFILE) == 2, 4.0, 1.0)

    ingest(part(tmp_path / "a.nc", 0, 4), part(tmp_path / "b.nc", 4, 8, temperature_qc=flags))

    (counts,) = client.get(f"/api/v1/missions/{MISSION}").json["quality"]
    assert (counts["variable"], counts["flags"]) == ("temperature", {"not_evaluated": 24, "good": 23, "bad": 1})
    assert verification.verify(None, True, 1.0).differences == []


@pytest.mark.parametrize(
    ("attributes", "later_s"),
    [
        ({"data_mode": "D"}, 0),
        ({"wmo_id": "6801666"}, 0),
        ({"history": "2024 https://a.example.org/tabledap/x.nc?time,depth&time>=2020-09-13"}, 0),
        # A pause of more than 30 days.
        ({}, 31 * DAY_S),
    ],
)
def test_a_file_that_may_be_of_another_mission_is_refused(
    tmp_path: Path, ingest: Ingest, db: Db, attributes: dict[str, Any], later_s: float
) -> None:
    stored = part(tmp_path / "a.nc", 0, 8, {"wmo_id": "6801665"})

    reports = ingest(stored, part(tmp_path / "b.nc", 8, 12, attributes, later_s))

    assert outcomes(reports) == ["stored", "part_of_mission"]
    assert figures(db)["profiles"] == 8


def test_parts_with_different_units_are_refused(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    other = part(tmp_path / "b.nc", 8, 12)
    columns = {name: values[8 * SAMPLES_A_PROFILE :] for name, values in rows(profiles=12).items()}
    time_series(other, {**columns, "pulses": columns["depth"]}, {"institution": "Made"}, {"pulses": "Hz"})

    reports = ingest(part(tmp_path / "a.nc", 0, 8, pulses=np.arange(48.0)), other)

    assert outcomes(reports) == ["stored", "part_of_mission"]
    assert "no unit and Hz" in str(reports[1].reason)


def test_a_mission_to_which_single_profiles_were_added_is_not_joined_with_a_part(
    tmp_path: Path, ingest: Ingest, db: Db
) -> None:
    reports = ingest(
        part(tmp_path / "a.nc", 0, 4),
        profile_file(tmp_path / "p.nc", 5),
        part(tmp_path / "b.nc", 8, 12),
    )

    assert outcomes(reports) == ["stored", "stored", "part_of_mission"]
    assert figures(db)["profiles"] == 5


def test_a_part_whose_original_is_lost_is_refused(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(part(tmp_path / "a.nc", 0, 4))
    db["originals.files"].delete_many({})

    reports = ingest(part(tmp_path / "b.nc", 4, 8))

    assert outcomes(reports) == ["part_of_mission"]
    assert "a.nc is not stored" in str(reports[0].reason)


def test_the_operator_takes_other_parts_out_by_an_import_of_one_of_them(
    tmp_path: Path, ingest: Ingest, tools: ImportContext, db: Db
) -> None:
    files = [part(tmp_path / f"{n}.nc", 4 * n, 4 * n + 4) for n in range(2)]
    ingest(*files)

    reports = list(importer.real([files[1]], replace(tools, terms=Terms(reason="a part is of another glider"))))

    assert outcomes(reports) == ["replaced"]
    assert figures(db)["profiles"] == 4
    assert "parts" not in db.missions.find_one({})["metadata"]
    assert outcomes(ingest(files[0])) == ["replaced"]
    assert figures(db)["profiles"] == 8


def test_two_importers_append_to_one_mission(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    ingest(part(tmp_path / "a.nc", 0, 4))
    read = appending._read

    def read_while_another_part_is_imported(*arguments: Any) -> Any:
        monkeypatch.setattr(appending, "_read", read)
        assert outcomes(ingest(part(tmp_path / "c.nc", 8, 12))) == ["replaced"]
        return read(*arguments)

    monkeypatch.setattr(appending, "_read", read_while_another_part_is_imported)

    reports = ingest(part(tmp_path / "b.nc", 4, 8))

    assert outcomes(reports) == ["replaced"]
    assert figures(db)["samples"] == whole["samples"]
    assert verification.verify(None, False, 1.0).differences == []


@pytest.mark.parametrize("numbers", ["from one", "from zero", "none", "OG1 phases", "again", "nanoseconds"])
@pytest.mark.parametrize("seed", range(2))
def test_splitting_a_mission_in_parts_leaves_its_figures_unchanged(
    tmp_path: Path, ingest: Ingest, db: Db, numbers: str, seed: int
) -> None:
    truth = made_truth.mission(seed, 4, 80.0, 17.0, 57.0, datetime(2023, 6, 1, tzinfo=UTC))
    layout = Layout()
    made_truth.add_time(layout, truth, "seconds since 1970-01-01T00:00:00Z")
    made_truth.add_positions(layout, truth, "degrees")
    made_truth.VERTICALS["m"](layout, truth)
    made_truth.NUMBERS[numbers](layout, truth)
    count = truth.time_s.size
    cuts = np.sort(np.random.default_rng(seed).choice(np.arange(20, count - 5), 2, replace=False))
    pieces = np.split(np.arange(count), cuts)

    ingest(*(layout.write(tmp_path / f"made-{n}.nc", rows) for n, rows in enumerate(pieces)))

    expected, stored = truth.figures(), figures(db)
    assert {name: stored[name] for name in ("samples", "profiles")} == {
        name: expected[name] for name in ("samples", "profiles")
    }
    assert stored["distance_m"] == pytest.approx(expected["distance_m"], rel=1e-3)
    assert stored["vertical_m"] == pytest.approx(expected["vertical_m"], rel=1e-4)
