"""The documents that an import writes to the store, and those that it does not change."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gridfs
import numpy as np
import pytest
from bson.errors import InvalidDocument
from pymongo.database import Database
from pymongo.errors import DocumentTooLarge
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import config, events, extensions
from app.domain import columns
from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from app.ingest.persist import commit
from app.ingest.reports import Report
from app.store import counters as counted_in_store
from app.store import missions, profiles, samples, totals, tracks, versions
from tests.made_files import profile_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
PLATFORM, MISSION = "made", "20200913T1226"


def adjusted(path: Path) -> Path:
    """Write the sound file with values of a higher mode."""
    return time_series(path, {**rows(), "temperature_adjusted": rows()["temperature"]})


def decoded(document: dict[str, Any], name: str) -> list[float]:
    """Return the values of a column of a sample document."""
    column = document["columns"][name]
    return columns.decoded(column["data"], column["dtype"]).tolist()


def test_a_mission_is_stored_with_its_profiles_and_samples(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(time_series(tmp_path / "a.nc"))

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert (mission.figures.profiles, mission.figures.samples, mission.data_mode) == (4, 24, "R")
    listed = profiles.page(PLATFORM, MISSION, mission.version, limit=10)
    assert [(profile.number, profile.direction) for profile in listed] == [
        (1, "down"),
        (2, "up"),
        (3, "down"),
        (4, "up"),
    ]
    documents = list(samples.of_version(PLATFORM, MISSION, mission.version))
    assert [document["number"] for document in documents] == [1, 2, 3, 4]
    stored = [value for document in documents for value in decoded(document, "temperature")]
    assert stored == pytest.approx(rows()["temperature"].tolist())
    stored_times = [value / 1000 for document in documents for value in decoded(document, "time")]
    assert stored_times == rows()["time"].tolist()


def test_samples_outside_profiles_are_stored_under_number_0(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    outside = rows()
    outside["profile_index"][[0, 23]] = 0

    ingest(time_series(tmp_path / "a.nc", outside))

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert mission.figures.samples == 24
    counts = {doc["number"]: doc["count"] for doc in samples.of_version(PLATFORM, MISSION, mission.version)}
    assert counts == {0: 2, 1: 5, 2: 6, 3: 6, 4: 5}


def test_the_original_file_is_stored_byte_by_byte(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    path = time_series(tmp_path / "a.nc")

    ingest(path)

    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with gridfs.GridFSBucket(db, "originals").open_download_stream(sha256) as stream:
        assert (stream.filename, stream.read()) == ("a.nc", path.read_bytes())


def test_a_track_and_totals_are_derived(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(time_series(tmp_path / "a.nc", rows(lon=179.985, lat=-17.0)))

    track = tracks.find(PLATFORM, MISSION)
    assert track is not None
    assert (track.number, len(track.lines), track.hidden) == ((1, 2, 3, 4), 2, 0)
    fleet = totals.find("fleet")
    assert fleet is not None
    assert (fleet.missions, fleet.platforms, fleet.profiles, fleet.samples) == (1, 1, 4, 24)
    assert [total.scope for total in totals.of_kind("year")] == ["year:2020"]
    assert [total.scope for total in totals.of_kind("platform")] == ["platform:made"]
    assert db.derived_pending.count_documents({}) == 0


def test_a_mission_over_new_year_has_a_share_in_both_years(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    midnight_s = datetime(2024, 1, 1, tzinfo=UTC).timestamp()

    ingest(time_series(tmp_path / "a.nc", rows(start_s=midnight_s - 11.5 * 60)))

    years = totals.of_kind("year")
    assert [(total.scope, total.profiles, total.time_at_sea_s) for total in years] == [
        ("year:2023", 2, 690.0),
        ("year:2024", 2, 690.0),
    ]
    fleet = totals.find("fleet")
    assert fleet is not None
    assert sum(total.distance_m for total in years) == pytest.approx(fleet.distance_m)


def test_a_basin_has_the_share_of_its_profiles(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(time_series(tmp_path / "a.nc"))

    assert [(total.scope, total.profiles) for total in totals.of_kind("basin")] == [("basin:SEA-007", 4)]
    assert db.basins.find_one({"_id": "SEA-007"}, {"name": 1}) == {"_id": "SEA-007", "name": "Bornholm Basin"}


def test_new_basins_of_an_operator_reassign_stored_missions(
    tmp_path: Path, settings: config.Settings, ingest: Ingest, db: Db
) -> None:
    ingest(time_series(tmp_path / "a.nc"))
    ring = [[10.0, 50.0], [20.0, 50.0], [20.0, 60.0], [10.0, 60.0], [10.0, 50.0]]
    area = {
        "type": "Feature",
        "properties": {"name": "Åland & Co"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    own = tmp_path / "own.geojson"
    own.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}), encoding="utf-8")

    tools = context.import_context(settings.model_copy(update={"basins_dir": tmp_path}), Options())
    assert list(importer.real([], tools)) == []

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert [(basin.id, basin.share) for basin in mission.basins] == [("aland-co", 1.0)]
    assert [total.scope for total in totals.of_kind("basin")] == ["basin:aland-co"]
    assert db.basins.count_documents({}) == 1


def test_the_change_is_logged_with_its_tags_and_listeners_are_notified(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    listener = extensions.redis.client.pubsub()
    listener.subscribe(events.channel())
    listener.get_message(timeout=2)

    ingest(time_series(tmp_path / "a.nc"))

    logged = list(db.changes.find().sort("_id", 1))
    assert [change["_id"] for change in logged] == [1, 2, 3, 4, 5, 6, 7]
    assert logged[0]["tags"] == ["basins"]
    assert logged[1]["tags"] == [f"mission:{PLATFORM}/{MISSION}", f"platform:{PLATFORM}", "totals"]
    messages = [listener.get_message(timeout=2) for _ in range(7)]
    assert [message and message["data"] for message in messages] == [str(number).encode() for number in range(1, 8)]
    listener.close()


def test_an_import_succeeds_without_redis(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions.redis, "_client", Redis(port=1, retry=Retry(NoBackoff(), 0)))

    assert [report.outcome for report in ingest(time_series(tmp_path / "a.nc"))] == ["stored"]


def test_a_higher_mode_replaces_and_the_earlier_version_is_listed(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    reports = ingest(time_series(tmp_path / "a.nc"), adjusted(tmp_path / "b.nc"))

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert [report.outcome for report in reports] == ["stored", "replaced"]
    assert mission.data_mode == "A"
    assert [(version.data_mode, version.file_name, version.figures.profiles) for version in mission.earlier] == [
        ("R", "a.nc", 4)
    ]


def test_a_replaced_version_is_readable_until_it_is_swept(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(time_series(tmp_path / "a.nc"))
    before = missions.find(PLATFORM, MISSION)
    ingest(adjusted(tmp_path / "b.nc"))

    assert before is not None
    assert len(profiles.page(PLATFORM, MISSION, before.version, limit=10)) == 4

    assert versions.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 1

    assert profiles.page(PLATFORM, MISSION, before.version, limit=10) == []
    assert (db.profiles.count_documents({}), db.samples.count_documents({})) == (4, 4)
    assert db.retired_versions.count_documents({}) == 0


def test_the_current_version_is_never_swept(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(time_series(tmp_path / "a.nc"))
    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    versions.begin(PLATFORM, MISSION, mission.version, datetime(2020, 1, 1, tzinfo=UTC))

    assert versions.sweep(datetime.now(UTC)) == 0

    assert db.profiles.count_documents({}) == 4
    assert db.retired_versions.count_documents({}) == 0


def test_an_equal_mode_replaces_only_if_newer(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    dated = [
        time_series(tmp_path / f"{day}.nc", attributes={"date_modified": f"2021-01-{day:02d}T00:00:00Z"})
        for day in (2, 1, 3)
    ]

    reports = ingest(*dated)

    assert [(report.outcome, report.reason_code) for report in reports] == [
        ("stored", None),
        ("refused", "not_newer"),
        ("replaced", None),
    ]


def test_without_a_date_the_longer_data_are_newer(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    reports = ingest(*(time_series(tmp_path / f"{n}.nc", rows(profiles=n)) for n in (3, 4, 2)))

    assert [report.outcome for report in reports] == ["stored", "replaced", "refused"]


def test_a_refused_file_is_logged_and_stores_nothing_else(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    path = time_series(tmp_path / "bad.nc", {**rows(), "latitude": np.full(24, 4838.5)})

    ingest(path)

    (attempt,) = db.imports.find()
    assert (attempt["outcome"], attempt["reason_code"]) == ("refused", "position_not_degrees")
    assert attempt["file_name"] == "bad.nc"
    assert "latitude" in attempt["reason"]
    stored = ["missions", "profiles", "samples", "platforms", "originals.files", "originals.chunks"]
    assert {name: db[name].count_documents({}) for name in stored} == dict.fromkeys(stored, 0)
    # The basins of the first run, and their names in the search index.
    assert [change["tags"] for change in db.changes.find()] == [["basins"], ["basins"]]


def test_every_attempt_is_logged_and_counted(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    first, second = time_series(tmp_path / "a.nc"), adjusted(tmp_path / "b.nc")

    ingest(first, first, second, first)

    assert [doc["outcome"] for doc in db.imports.find().sort("at", 1)] == ["stored", "unchanged", "replaced", "refused"]
    counters = {doc["_id"]: doc["n"] for doc in db.counters.find({"_id": {"$regex": "^imports:"}})}
    assert counters == {"imports:stored": 1, "imports:unchanged": 1, "imports:replaced": 1, "imports:refused": 1}


def test_the_profiles_of_files_that_changed_the_store_are_counted(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    first, second = time_series(tmp_path / "a.nc"), adjusted(tmp_path / "b.nc")

    ingest(first, first, second)

    mission = db.missions.find_one()
    assert mission is not None
    profiles = mission["figures"]["profiles"]
    counted = {doc["_id"]: doc["profiles"] for doc in db.counters.find({"_id": {"$regex": "^imports:"}})}
    assert counted == {"imports:stored": profiles, "imports:unchanged": 0, "imports:replaced": profiles}
    assert counted_in_store.profiles() == 2 * profiles


def test_a_profile_is_added_to_the_current_version_by_the_precedence_of_its_own_mode(
    tmp_path: Path, ingest: Ingest, db: Db
) -> None:
    reports = ingest(
        adjusted(tmp_path / "a.nc"),
        profile_file(tmp_path / "lower.nc", 2),
        profile_file(tmp_path / "new.nc", 7),
        profile_file(tmp_path / "higher.nc", 2, {"data_mode": "D"}, temperature=np.full(6, 3.0)),
        profile_file(tmp_path / "higher.nc", 2, {"data_mode": "D"}, temperature=np.full(6, 3.0)),
    )

    assert [(report.outcome, report.reason_code) for report in reports] == [
        ("stored", None),
        ("refused", "lower_mode"),
        ("stored", None),
        ("replaced", None),
        ("unchanged", None),
    ]
    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    listed = profiles.page(PLATFORM, MISSION, mission.version, limit=10)
    assert [(profile.number, profile.data_mode) for profile in listed] == [
        (1, "A"),
        (2, "D"),
        (3, "A"),
        (4, "A"),
        (7, "R"),
    ]
    assert (mission.figures.profiles, mission.figures.samples) == (5, 30)
    second = [doc for doc in samples.of_version(PLATFORM, MISSION, mission.version) if doc["number"] == 2]
    assert [decoded(doc, "temperature") for doc in second] == [[3.0] * 6]


def test_single_profiles_give_the_figures_of_the_complete_file(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(*(profile_file(tmp_path / f"{n}.nc", n) for n in (3, 1, 4, 2)))
    by_profile = missions.find(PLATFORM, MISSION)
    ingest(time_series(tmp_path / "whole.nc", attributes={"id": "whole-20200913T1226"}))
    whole = missions.find("whole", MISSION)

    assert by_profile is not None
    assert whole is not None
    assert by_profile.figures == whole.figures
    assert by_profile.basins == whole.basins


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DocumentTooLarge("16 MB"), "too_large"),
        (InvalidDocument("a set"), "unreadable"),
        (OverflowError(), "unreadable"),
    ],
)
def test_data_that_the_store_cannot_hold_are_refused_and_the_run_continues(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    failing = Mock(side_effect=[error, None])
    monkeypatch.setattr(profiles, "put", failing)
    other = time_series(tmp_path / "b.nc", attributes={"id": "other-20200913T1226"})

    reports = ingest(time_series(tmp_path / "a.nc"), other)

    assert [(report.outcome, report.reason_code) for report in reports] == [("refused", code), ("stored", None)]


def test_a_mission_lists_only_its_newest_earlier_versions(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "_MOST_EARLIER", 2)

    ingest(*(time_series(tmp_path / f"{n}.nc", rows(profiles=n)) for n in (2, 3, 4, 5)))

    mission = missions.find(PLATFORM, MISSION)
    assert mission is not None
    assert [earlier.file_name for earlier in mission.earlier] == ["3.nc", "4.nc"]
