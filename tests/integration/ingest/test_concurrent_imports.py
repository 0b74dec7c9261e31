"""Concurrent imports, and files that change during an import."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gridfs
import pytest
from pymongo.database import Database

from app.ingest.reports import Report
from app.store import missions, original_files, profiles, samples, tracks, versions
from tests.import_tools import InProcessReader
from tests.made_files import part_file, profile_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
PLATFORM, MISSION = "made", "20200913T1226"


def adjusted(path: Path) -> Path:
    """Write the sound file with values of a higher mode."""
    return time_series(path, {**rows(), "temperature_adjusted": rows()["temperature"]})


def test_concurrent_imports_of_one_mission_end_with_the_highest_mode(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    files = [time_series(tmp_path / "a.nc"), adjusted(tmp_path / "b.nc")]
    barrier = threading.Barrier(4)

    def run(file: Path) -> Any:
        barrier.wait(timeout=10)
        return ingest(file)[0].outcome

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(run, files * 2))

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert mission.data_mode == "A"
    assert set(outcomes) <= {"stored", "replaced", "unchanged", "refused"}
    assert db.profiles.count_documents({"version": mission.version}) == 4
    assert db.imports.count_documents({}) == 4
    numbers = [change["_id"] for change in db.changes.find().sort("_id", 1)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_concurrent_imports_of_different_profiles_store_all_of_them(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    files = [profile_file(tmp_path / f"{n}.nc", n) for n in range(1, 7)]

    with ThreadPoolExecutor(3) as pool:
        outcomes = [report.outcome for reports in pool.map(ingest, files) for report in reports]

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert outcomes == ["stored"] * 6
    assert (mission.figures.profiles, db.profiles.count_documents({})) == (6, 6)
    track = tracks.find(PLATFORM, MISSION)
    assert track is not None
    assert track.number == (1, 2, 3, 4, 5, 6)


def test_concurrent_imports_of_parts_store_all_of_them(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    files = [part_file(tmp_path / f"{n}.nc", 4 * n, 4 * n + 4) for n in range(6)]
    barrier = threading.Barrier(6)

    def run(file: Path) -> Any:
        barrier.wait(timeout=10)
        return ingest(file)[0].outcome

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(run, files))

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert sorted(outcomes) == ["replaced"] * 5 + ["stored"]
    assert mission.figures.profiles == 24


def test_a_second_import_of_a_file_does_not_remove_profiles_that_were_added_after_the_first(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = time_series(tmp_path / "a.nc")
    ingest(path, profile_file(tmp_path / "seventh.nc", 7))
    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    # The second import has read the mission before the commit of the first, and has begun the same version.
    versions.begin(PLATFORM, MISSION, mission.version, datetime.now(UTC))
    stale_read = Mock(side_effect=[None, None, db.missions.find_one()])
    monkeypatch.setattr(missions, "document", stale_read)

    (report,) = ingest(path)

    assert report.outcome == "unchanged"
    assert [profile.number for profile in profiles.page(PLATFORM, MISSION, mission.version, 10)] == [1, 2, 3, 4, 7]
    assert [doc["number"] for doc in samples.of_version(PLATFORM, MISSION, mission.version)] == [1, 2, 3, 4, 7]


def test_a_file_that_grows_during_its_import_is_refused(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = time_series(tmp_path / "a.nc")
    content, keep = path.read_bytes(), original_files.keep

    def keep_after_growth(*arguments: Any) -> bool:
        path.write_bytes(content + b"more")
        return keep(*arguments)

    monkeypatch.setattr(original_files, "keep", keep_after_growth)

    (report,) = ingest(path)

    assert (report.outcome, report.reason_code) == ("refused", "changed_while_reading")
    collections = ("missions", "profiles", "samples", "originals.files", "originals.chunks")
    assert {name: db[name].count_documents({}) for name in collections} == dict.fromkeys(collections, 0)


def test_a_file_that_changes_between_digest_and_reading_is_refused(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, longer = time_series(tmp_path / "a.nc"), time_series(tmp_path / "b.nc", rows(profiles=9))
    read = InProcessReader.read

    def read_after_replacement(*arguments: Any) -> Any:
        longer.replace(path)
        return read(*arguments)

    monkeypatch.setattr(InProcessReader, "read", read_after_replacement)

    (report,) = ingest(path)

    assert (report.outcome, report.reason_code) == ("refused", "changed_while_reading")
    assert db.missions.count_documents({}) == 0


def test_wrong_bytes_of_a_killed_import_are_replaced(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    path = time_series(tmp_path / "a.nc")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    db["originals.chunks"].insert_one({"_id": f"{sha256}/0", "files_id": sha256, "n": 0, "data": b"other"})

    ingest(path)

    with gridfs.GridFSBucket(db, "originals").open_download_stream(sha256) as stream:
        assert stream.read() == path.read_bytes()
