"""`halocline verify --originals`: missions compared with their files, and repaired from them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import netCDF4
import pytest

from app import config, extensions
from app.ingest import recomputation
from tests import faulty_server
from tests.faulty_server import Dataset
from tests.integration.operator.conftest import Run, differences
from tests.made_files import profile_file, rows, table, time_series
from tests.made_sailbuoys import fixes, logs, measured

Done = Callable[..., str]
MISSION = "made/20200913T1226"


@pytest.fixture
def stored(tmp_path: Path, done: Done) -> list[Path]:
    """Files of a mission in one file, one in two parts, one of a sailbuoy, and one of single profiles."""
    whole, vehicle = rows(8), {"id": "parts-20200913T1226", "wmo_id": "6801666"}
    halves = [{name: values[span] for name, values in whole.items()} for span in (slice(0, 24), slice(24, 48))]
    files = [
        time_series(tmp_path / "a.nc"),
        *(time_series(tmp_path / f"{number}.nc", half, vehicle) for number, half in enumerate(halves)),
        logs(tmp_path, pld=measured(fixes())),
        profile_file(tmp_path / "p.nc", 1, {"id": "single-20200913T1226"}),
    ]
    done("ingest", *files)
    return files


@pytest.fixture
def server() -> Iterator[faulty_server.Server]:
    with faulty_server.serving() as running:
        yield running


def test_sound_missions_equal_their_originals(stored: list[Path], done: Done) -> None:
    output = done("verify", "--originals").splitlines()

    assert output == [
        "mission single/20200913T1226: skipped: its profiles came one by one",
        "3 missions compared with their originals, 1 skipped: none differ, 0 repaired",
    ]


def test_a_damaged_mission_is_reported_and_repaired_from_its_file(
    stored: list[Path], done: Done, halocline: Run, report: Callable[..., Any], audited: Callable[..., Any]
) -> None:
    db = extensions.mongo.db
    db.missions.update_one({"_id": MISSION}, {"$set": {"figures.distance_m": 1.0}})
    db.profiles.update_one({"platform": "made", "number": 2}, {"$set": {"max_depth_m": 3.0}})
    sample = db.samples.find_one({"platform": "made", "number": 3})
    db.samples.update_one({"_id": sample["_id"]}, {"$set": {"columns.temperature": sample["columns"]["depth"]}})
    db.samples.delete_one({"platform": "made", "number": 4})

    found = halocline("verify", "--originals", "--json", "--mission", MISSION)
    repaired = halocline("verify", "--originals", "--repair")

    assert (found.exit_code, repaired.exit_code) == (1, 1)
    reported = [json.loads(line) for line in found.stdout.splitlines()]
    assert [each["what"] for each in reported[:-1]] == [
        "figures.distance_m", "max_depth_m", "digest of the values", "document",
    ]  # fmt: skip
    assert repaired.stdout.splitlines()[-1].endswith(": 1 differs, 1 repaired")
    assert done("verify", "--originals").splitlines()[-1].endswith(": none differ, 0 repaired")
    assert report(stored[0]) == ("unchanged", None)
    assert audited() == [("repair", MISSION, "done", "differs from its original files")]
    assert differences() == []


def test_a_mission_whose_two_sensors_became_one_variable_is_reported_and_repaired(
    tmp_path: Path, done: Done, halocline: Run
) -> None:
    for number, name in enumerate(("a_ctd", "b_optode")):
        part = {key: values[24 * number : 24 * number + 24] for key, values in rows(8).items()}
        columns = {**part, name: part.pop("temperature")}
        file = time_series(tmp_path / f"{name}.nc", columns, {"wmo_id": "6801666"}, {name: "Celsius"})
        with netCDF4.Dataset(file, "a") as data:
            data[name].standard_name = "sea_water_temperature"
        done("ingest", file)
    db = extensions.mongo.db
    names = sorted(each["name"] for each in db.missions.find_one({"_id": MISSION})["variables"])
    # As releases stored it that joined by canonical names.
    second = next(name for name in names if name.startswith("b_"))
    db.missions.update_one({"_id": MISSION}, {"$pull": {"variables": {"name": second}}})
    for sample in db.samples.find({"number": {"$gt": 4}}):
        joined = {name: column for name, column in sample["columns"].items() if name != second}
        joined["temperature"] = sample["columns"][second]
        db.samples.update_one({"_id": sample["_id"]}, {"$set": {"columns": joined}})

    found = halocline("verify", "--originals", "--json", "--mission", MISSION)
    done_again = halocline("verify", "--originals", "--repair")

    assert (found.exit_code, done_again.exit_code) == (1, 1)
    assert "variables (names)" in [json.loads(line).get("what") for line in found.stdout.splitlines()]
    stored = extensions.mongo.db.missions.find_one({"_id": MISSION})
    assert sorted(each["name"] for each in stored["variables"]) == names


def test_a_mission_with_a_profile_of_its_own_keeps_it(stored: list[Path], tmp_path: Path, done: Done) -> None:
    added = profile_file(tmp_path / "q.nc", 9, {"id": "made-20200913T1226"})
    assert done("ingest", added).startswith("stored")

    output = done("verify", "--originals", "--repair")

    assert f"mission {MISSION}: skipped: a profile was added on its own" in output
    assert extensions.mongo.db.profiles.count_documents({"platform": "made", "number": 9}) == 1


def test_an_import_during_the_comparison_is_not_undone(
    stored: list[Path],
    tmp_path: Path,
    done: Done,
    settings: config.Settings,
    few_basins: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extensions.mongo.db.missions.update_one({"_id": MISSION}, {"$set": {"figures.distance_m": 1.0}})
    longer = time_series(tmp_path / "longer.nc", rows(9))
    recomputed = recomputation.draft_of
    environment = {
        **os.environ,
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url,
        "HALOCLINE_ENVIRONMENT": "test",
        "HALOCLINE_BASINS_DIR": str(few_basins),
    }

    def meanwhile(*arguments: Any) -> Any:
        result = recomputed(*arguments)
        subprocess.run([sys.executable, "-m", "app.cli", "ingest", longer], check=True, env=environment)
        return result

    monkeypatch.setattr(recomputation, "draft_of", meanwhile)
    output = done("verify", "--originals", "--repair", "--mission", MISSION)

    assert f"mission {MISSION}: skipped: it was imported again meanwhile" in output


def test_a_table_of_a_server_and_a_lost_original_are_skipped_with_the_reason(
    tmp_path: Path, done: Done, server: faulty_server.Server
) -> None:
    rows_of_table = "".join(",".join(row) + "\n" for row in table()).encode()
    done("ingest", Dataset("made-20200913T1226", rows_of_table).publish(server))
    done("ingest", time_series(tmp_path / "b.nc", rows(3), {"id": "lost-20210101T0000"}))
    extensions.mongo.db["originals.files"].delete_one({"filename": "b.nc"})

    output = done("verify", "--originals")

    assert "mission made/20200913T1226: skipped: version " in output
    assert "units and metadata came from a server's description: import the dataset again" in output
    assert "the original b.nc (" in output
    assert "0 missions compared with their originals, 2 skipped" in output
