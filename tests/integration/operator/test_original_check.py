"""`halocline verify --originals`: missions compared with their files, and repaired from them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import extensions
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
