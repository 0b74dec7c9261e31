"""Sailbuoys in the store: missions without profiles, a growing log, both original files, tracks and totals."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gridfs
import pytest
from pymongo.database import Database

from app.domain import columns
from app.domain.records import Mission, Platform
from app.ingest import importer
from app.ingest.reports import Report
from app.store import missions, platforms, profiles, samples, totals, tracks
from tests.made_files import profile_file, time_series
from tests.made_sailbuoys import START_AT, STEPS, fixes, logs, measured, moved

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
PLATFORM, FIRST, SECOND = "sb2016", "20220501T0600", "20220511T0600"
LATER = START_AT + timedelta(days=10)
# In the Bornholm Basin.
AT_SEA: dict[str, Any] = {"lon": (15.5, 16.0), "lat": (55.3, 55.3)}


def stored(mission: str = FIRST) -> Mission:
    """Return the stored mission."""
    record = missions.find(PLATFORM, mission)
    assert record is not None
    return record


def platform() -> Platform:
    """Return the stored platform."""
    record = platforms.find(PLATFORM)
    assert record is not None
    return record


def original_file(db: Db, sha256: str) -> bytes:
    """Return the original file with this digest."""
    with gridfs.GridFSBucket(db, "originals").open_download_stream(sha256) as stream:
        return stream.read()


def test_a_sailbuoy_has_a_distance_and_samples_but_no_profiles(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    rows = fixes(**AT_SEA)
    (report,) = ingest(logs(tmp_path, rows, measured(rows)))

    mission = stored()
    assert (report.outcome, mission.kind, platform().kind) == ("stored", "sailbuoy", "sailbuoy")
    assert (mission.figures.profiles, mission.figures.max_depth_m, mission.figures.vertical_m) == (0, None, 0)
    assert mission.figures.samples == STEPS + 1
    assert [basin.name for basin in mission.basins] == ["Bornholm Basin"]
    assert profiles.page(PLATFORM, FIRST, mission.version, limit=10) == []
    assert db.profiles.count_documents({}) == 0
    row_counts = [doc["count"] for doc in samples.of_version(PLATFORM, FIRST, mission.version)]
    assert row_counts == [STEPS + 1]
    fleet = totals.find("fleet")
    assert fleet is not None
    assert (fleet.profiles, fleet.distance_m) == (0, mission.figures.distance_m)


def test_the_track_contains_the_fixes_of_the_distance(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    rows = fixes(steps=STEPS * 2, every_min=5)
    rows[100] = moved([rows[100]], Lat=62.0)[0]
    rows[300:304] = moved(rows[300:304], Lat=None)
    ingest(logs(tmp_path, rows))

    track = tracks.find(PLATFORM, FIRST)
    assert track is not None
    # Of 433 fixes ten minutes apart, two have no position and one is flagged.
    assert (len(track.lon_deg), track.hidden) == (STEPS + 1 - 3, 1)
    assert (track.lon_deg[0], track.lon_deg[-1]) == (10.0, 11.0)
    assert track.bbox == stored().figures.bbox == (10.0, 60.0, 11.0, 60.0)
    assert track.mid_at[-1] == stored().figures.end_at


def test_samples_contain_positions_and_measurements_in_time_order(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    rows = fixes()
    ingest(logs(tmp_path, rows[::-1], measured(rows, later_min=2)))

    (doc,) = samples.of_version(PLATFORM, FIRST, stored().version)
    lon, salinity = (doc["columns"][name] for name in ("longitude", "salinity"))
    assert columns.decoded(lon["data"], lon["dtype"])[-1] == 11.0
    assert set(columns.decoded(salinity["data"], salinity["dtype"])) == {7.1}
    assert {variable.name for variable in stored().variables} >= {"temperature", "wave_height", "wind_speed"}


def test_a_growing_log_replaces_only_its_growing_mission(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    finished = fixes()
    growing = fixes(steps=600, start_at=LATER, lon=(11.0, 12.0))
    ingest(logs(tmp_path, [*finished, *growing[:500]], measured(finished)))
    before = stored()
    reports = ingest(logs(tmp_path, [*finished, *growing], measured(finished)))

    assert [(report.outcome, report.mission and report.mission["mission"]) for report in reports] == [
        ("unchanged", FIRST),
        ("replaced", SECOND),
    ]
    assert stored().version == before.version
    assert stored(SECOND).figures.samples == 601
    assert [version.figures.samples for version in stored(SECOND).earlier] == [500]
    assert (platform().missions, platform().last_mission) == (2, SECOND)
    assert platform().distance_m == stored().figures.distance_m + stored(SECOND).figures.distance_m


def test_a_shorter_log_does_not_replace_a_longer_one(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    rows = fixes(steps=500)
    ingest(logs(tmp_path, rows))
    (report,) = ingest(logs(tmp_path, rows[:-10]))
    assert (report.outcome, report.reason_code) == ("refused", "not_newer")
    assert stored().figures.samples == 501


def test_a_later_payload_completes_the_mission(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    rows = fixes()
    ingest(logs(tmp_path, rows))
    assert [finding.code for finding in stored().warnings] == ["payload_missing"]
    (report,) = ingest(logs(tmp_path, rows, measured(rows)))
    assert (report.outcome, stored().warnings) == ("replaced", ())


def test_both_original_files_are_stored_with_their_names(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    nav = logs(tmp_path, fixes(), measured(fixes()))
    payload = tmp_path / "SB2016pld.csv"
    digest = hashlib.sha256(payload.read_bytes()).hexdigest()
    ingest(*importer.files_of([payload]))

    assert stored().source.file_name == "SB2016nav.csv"
    assert (stored().metadata["payload_file"], stored().metadata["payload_sha256"]) == ("SB2016pld.csv", digest)
    assert original_file(db, digest) == payload.read_bytes()
    assert original_file(db, stored().source.sha256) == nav.read_bytes()


def test_each_mission_of_a_log_is_logged_as_an_attempt(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    """The second has no usable position: it is refused, and the first is stored."""
    lost = moved(fixes(start_at=LATER), Lat=None)
    reports = ingest(logs(tmp_path, [*fixes(), *lost]))

    assert [(r.outcome, r.reason_code) for r in reports] == [("stored", None), ("refused", "no_valid_position")]
    assert [doc["outcome"] for doc in db.imports.find().sort("at", 1)] == ["stored", "refused"]


def test_a_mission_over_new_year_is_divided_between_the_years(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    """From noon of 30 December to noon of 2 January: each year has 1.5 days and half of the distance."""
    ingest(logs(tmp_path, fixes(start_at=datetime(2023, 12, 30, 12, tzinfo=UTC))))

    before, after = missions.find(PLATFORM, "20231230T1200").by_year  # type: ignore[union-attr]
    assert (before.year, before.time_at_sea_s, before.samples) == (2023, 129_600, STEPS // 2)
    assert (after.year, after.time_at_sea_s, after.samples) == (2024, 129_600, STEPS // 2 + 1)
    # A step belongs to the year in which it ends: the step that ends at midnight belongs to the new year.
    assert before.distance_m == pytest.approx(55_800 * (STEPS // 2 - 1) / STEPS, rel=1e-5)
    assert before.distance_m + after.distance_m == pytest.approx(55_800, rel=1e-5)
    assert (before.profiles, after.profiles) == (0, 0)


def test_basins_are_recomputed_from_the_fixes(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(logs(tmp_path, fixes(**AT_SEA)))
    before = stored().basins
    db.counters.delete_one({"_id": "basins"})
    db.missions.update_many({}, {"$set": {"basins": []}})
    ingest(time_series(tmp_path / "other.nc"))
    assert stored().basins == before
    assert before[0].share == 1


def test_fleet_totals_include_gliders_and_sailbuoys(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(time_series(tmp_path / "a.nc"), logs(tmp_path, fixes()))
    fleet = totals.find("fleet")
    assert fleet is not None
    assert (fleet.missions, fleet.platforms, fleet.profiles, fleet.vertical_m) == (2, 2, 4, 200.0)


def test_a_profile_is_not_added_to_a_sailbuoy_mission(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(logs(tmp_path, fixes()))
    (report,) = ingest(profile_file(tmp_path / "p.nc", attributes={"id": f"{PLATFORM}-{FIRST}"}))
    assert (report.outcome, report.reason_code) == ("refused", "platform_kind_mismatch")
    assert stored().figures.profiles == 0
