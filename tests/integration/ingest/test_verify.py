"""`halocline verify`: a sound store has no difference, and each changed or missing document is reported."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bson.binary import Binary
from pymongo.database import Database

from app.domain import columns
from app.ingest import importer
from app.ingest.derive import rebuild
from app.ingest.reports import Report
from app.ingest.verify import repair, verification
from app.ingest.verify.comparison import Difference
from tests.conftest import Seed
from tests.made_files import SAMPLES_A_PROFILE, STEP_S, profile_file, rows, time_series
from tests.made_sailbuoys import NAV, PLD, fixes, measured, text

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
MADE = "made/20200913T1226"
BUOY_STARTS = datetime(2022, 5, 1, 6, tzinfo=UTC)


def differences(mission: str | None = None, sections: bool = False) -> list[Difference]:
    """Return the differences of a verification at full pace."""
    return verification.verify(mission, sections, 1.0).differences


def reported(mission: str | None = None, sections: bool = False) -> set[tuple[str, str]]:
    """Return the location and the name of each reported difference."""
    return {difference.key for difference in differences(mission, sections)}


def over_new_year() -> dict[str, Any]:
    """Return profiles across new year 2021 and 180 degrees, six minutes and 0.01 degrees apart."""
    start_s = datetime(2020, 12, 31, 23, 30, tzinfo=UTC).timestamp()
    columns = rows(profiles=12, lon=179.95, lat=-30.0, start_s=start_s)
    columns["longitude"] = (columns["longitude"] + 180.0) % 360.0 - 180.0
    return columns


@pytest.fixture
def sound(tmp_path: Path, ingest: Ingest, seed: Seed) -> None:
    """A store with missions of all kinds, after their imports."""

    def import_all() -> None:
        assert [report.outcome for report in ingest(*_files(tmp_path))] == ["stored"] * 10

    seed("missions of all kinds", import_all)


def _files(folder: Path) -> Sequence[Path]:
    jump = rows(profiles=6)
    jump["longitude"] = np.where(np.arange(6 * SAMPLES_A_PROFILE) // SAMPLES_A_PROFILE == 3, 90.0, jump["longitude"])
    outside = {**rows(), "profile_index": np.where(np.arange(4 * SAMPLES_A_PROFILE) < 3, 0.0, rows()["profile_index"])}
    singles = {"id": "single-20200913T1226", "date_modified": "2024-01-01"}
    # Logs of a sailbuoy with one wrong position.
    log = fixes(steps=500)
    log[200] = (log[200][0], 10.0, 100.0, *log[200][3:])
    (folder / "sb9nav.csv").write_text(text(NAV, log))
    (folder / "sb9pld.csv").write_text(text(PLD, measured(log, later_min=1, every=3)))
    return [
        time_series(folder / "made.nc", attributes={"sea_name": "Baltic"}),
        time_series(folder / "later.nc", rows(start_s=1.63e9), {"id": "made-20210826T1746"}),
        time_series(folder / "year.nc", over_new_year(), {"id": "year-20201231T2330"}),
        time_series(folder / "jump.nc", jump, {"id": "jump-20200913T1226"}),
        time_series(folder / "outside.nc", outside, {"id": "outside-20200913T1226"}),
        time_series(folder / "sim.nc", rows(start_s=1.62e9), {"id": "sim-20210503T0000", "simulated": "true"}),
        *(profile_file(folder / f"p{number}.nc", number, singles) for number in (3, 1, 2)),
        folder / "sb9nav.csv",
    ]


def _contents(db: Db) -> dict[str, list[dict[str, Any]]]:
    return {name: list(db[name].find().sort("_id", 1)) for name in sorted(db.list_collection_names())}


def test_a_sound_store_has_no_difference(sound: None, db: Db) -> None:
    result = verification.verify(None, True, 1.0)

    assert result.differences == []
    assert result.counts.missions == db.missions.count_documents({})
    assert result.counts.profiles == db.profiles.count_documents({})
    assert result.counts.totals == db.totals.count_documents({})
    assert result.counts.waiting == 0


def test_an_empty_store_has_no_difference(db: Db) -> None:
    assert verification.verify(None, True, 1.0).differences == []


def test_a_store_of_real_files_has_no_difference(real: Path, ingest: Ingest, db: Db) -> None:
    reports = ingest(*importer.files_of([real / "ngdac", real / "og1", real / "voto"]))

    result = verification.verify(None, True, 1.0)

    assert sum(report.outcome == "stored" for report in reports) >= 6
    assert result.differences == []
    assert result.counts.missions == db.missions.count_documents({}) >= 6


SETS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("missions", {"_id": MADE}, {"figures.distance_m": 1.0}, f"mission {MADE}", "figures.distance_m"),
    ("missions", {"_id": MADE}, {"figures.samples": 23}, f"mission {MADE}", "figures.samples"),
    ("missions", {"_id": MADE}, {"figures.bbox.0": 15.4}, f"mission {MADE}", "figures.bbox[0]"),
    ("missions", {"_id": MADE}, {"years": [2019]}, f"mission {MADE}", "years[0]"),
    ("missions", {"_id": MADE}, {"order.duration_s": 1.0}, f"mission {MADE}", "order.duration_s"),
    ("missions", {"_id": MADE}, {"extent.west": 0.0}, f"mission {MADE}", "extent.west"),
    ("missions", {"_id": MADE}, {"by_year.0.vertical_m": 7.0}, f"mission {MADE}", "by_year.2020.vertical_m"),
    ("missions", {"_id": MADE}, {"basins.0.share": 0.5}, f"mission {MADE}", "basins.SEA-007.share"),
    (
        "missions",
        {"_id": "jump/20200913T1226"},
        {"warnings.0.count": 2},
        "mission jump/20200913T1226",
        "warnings.position_jump",
    ),
    (
        "missions",
        {"_id": "outside/20200913T1226"},
        {"remainder.samples": 4},
        "mission outside/20200913T1226",
        "samples outside profiles",
    ),
    ("profiles", {"mission": "20200913T1226", "platform": "made", "number": 2}, {"samples": 5}, "profile", "samples"),
    ("profiles", {"platform": "made", "number": 2}, {"max_depth_m": 51.0}, "profile", "max_depth_m"),
    ("profiles", {"platform": "made", "number": 2}, {"lon_deg": 15.52}, "profile", "lon_deg"),
    ("profiles", {"platform": "made", "number": 2}, {"direction": "down"}, "profile", "direction"),
    ("profiles", {"platform": "jump", "number": 4}, {"flagged": False}, "profile", "flagged"),
    ("tracks", {"_id": MADE}, {"lon_deg.2": 15.6}, f"track {MADE}", "lon_deg[2]"),
    ("tracks", {"_id": MADE}, {"hidden": 1}, f"track {MADE}", "hidden"),
    ("tracks", {"_id": MADE}, {"version": "old"}, f"track {MADE}", "version"),
    ("tracks", {"platform": "sb9"}, {"lat_deg.3": 1.0}, "track sb9/", "lat_deg[3]"),
    ("totals", {"_id": "fleet"}, {"missions": 1}, "totals fleet", "missions"),
    ("totals", {"_id": "year:2020"}, {"distance_m": 1.0}, "totals year:2020", "distance_m"),
    ("totals", {"_id": "year:2020"}, {"under_way_s": 1.0}, "totals year:2020", "under_way_s"),
    ("totals", {"_id": "platform:made"}, {"samples": 1}, "totals platform:made", "samples"),
    ("subtotals", {"_id": "fleet|made"}, {"vertical_m": 1.0}, "subtotal fleet|made", "vertical_m"),
    ("platforms", {"_id": "made"}, {"profiles": 9}, "platform made", "profiles"),
    ("platforms", {"_id": "made"}, {"last_seen_at": BUOY_STARTS}, "platform made", "last_seen_at"),
    ("updates", {"_id": f"end/{MADE}"}, {"distance_m": 1.0}, f"update end/{MADE}", "distance_m"),
    ("search", {"_id": f"mission:{MADE}"}, {"keys": ["a"]}, f"search mission:{MADE}", "keys (length)"),
    ("search", {"_id": "basin:SEA-007"}, {"order": "a"}, "search basin:SEA-007", "order"),
    ("facets", {"_id": "missions"}, {"year": [1999]}, "facets", "year (length)"),
    ("sections", {"platform": "made", "mission": "20200913T1226"}, {"version": "old"}, "section", "version"),
    ("counters", {"_id": "imports:stored"}, {"n": 99}, "counter imports", "stored"),
    ("counters", {"_id": "changes"}, {"n": 0}, "counter changes", "n"),
]


@pytest.fixture
def changed(sound: None, db: Db, request: pytest.FixtureRequest) -> list[tuple[str, str]]:
    """Change the numbers of SETS in some collections; return the differences that must be reported."""
    selected = [row for row in SETS if row[0] in request.param]
    assert [db[name].update_one(which, {"$set": change}).matched_count for name, which, change, *_ in selected] == [
        1 for _ in selected
    ]
    return [(where, what) for *_, where, what in selected]


@pytest.mark.parametrize("changed", [[name] for name in sorted({row[0] for row in SETS})], indirect=True)
def test_a_changed_number_is_reported(changed: list[tuple[str, str]]) -> None:
    keys = reported()

    assert [
        key for key in changed if not any(place.startswith(key[0]) and what == key[1] for place, what in keys)
    ] == []


@pytest.mark.parametrize(
    ("collection", "which", "where", "what"),
    [
        ("tracks", {"_id": MADE}, f"track {MADE}", "document"),
        ("totals", {"_id": "year:2021"}, "totals year:2021", "document"),
        ("subtotals", {"_id": "year:2021|made"}, "subtotal year:2021|made", "document"),
        ("platforms", {"_id": "made"}, "platform made", "document"),
        ("updates", {"_id": f"deployment/{MADE}"}, f"update deployment/{MADE}", "document"),
        ("search", {"_id": "platform:made"}, "search platform:made", "document"),
        ("profiles", {"platform": "single", "number": 3}, "mission single/20200913T1226", "figures.profiles"),
        ("profiles", {"platform": "single", "number": 3}, "profile single/20200913T1226 3", "document"),
        ("samples", {"platform": "single", "number": 3}, "profile single/20200913T1226 3", "samples"),
        ("samples", {"platform": "sb9"}, "mission sb9/", "profiles"),
        ("sections", {"platform": "year"}, "section year/20201231T2330 temperature", "document"),
    ],
)
def test_a_missing_document_is_reported(
    sound: None, db: Db, collection: str, which: dict[str, Any], where: str, what: str
) -> None:
    assert db[collection].delete_many(which).deleted_count >= 1

    keys = reported()

    assert [key for key in keys if key[0].startswith(where) and key[1] == what]


@pytest.mark.parametrize("collection", ["tracks", "sections", "profiles", "samples", "updates", "search", "subtotals"])
def test_an_orphaned_document_is_reported(sound: None, db: Db, collection: str) -> None:
    doc = db[collection].find_one({"platform": "made"})
    assert doc is not None
    gone = {"platform": "made", "mission": "gone", "scope": "basin:gone"}
    db[collection].insert_one({**doc, **gone, "_id": f"gone of {doc['_id']}"})

    assert len({where for where, _ in reported() if "gone" in where}) == 1


def test_an_orphaned_version_is_reported_and_a_retired_one_is_not(sound: None, db: Db) -> None:
    doc = db.profiles.find_one({"platform": "made", "mission": "20200913T1226"})
    assert doc is not None
    orphaned = {**doc, "version": "orphaned", "_id": f"{MADE}/orphaned/1/0"}
    retired = {**doc, "version": "retired", "_id": f"{MADE}/retired/1/0"}
    db.profiles.insert_many([orphaned, retired])
    version = {"platform": "made", "mission": "20200913T1226", "version": "retired", "at": datetime.now(UTC)}
    db.retired_versions.insert_one({"_id": f"{MADE}/retired", **version})

    assert reported() == {(f"version {MADE}/orphaned", "profiles")}


@pytest.mark.parametrize(("collection", "key"), [("originals.files", "_id"), ("originals.chunks", "files_id")])
def test_a_missing_or_truncated_original_file_is_reported(sound: None, db: Db, collection: str, key: str) -> None:
    doc = db.missions.find_one({"_id": MADE})
    assert doc is not None
    sha256 = doc["source"]["sha256"]
    assert db[collection].delete_one({key: sha256}).deleted_count == 1

    assert reported() == {(f"mission {MADE}", f"original {sha256[:16]}…")}


def test_a_changed_measurement_is_reported_for_its_profile(sound: None, db: Db) -> None:
    doc = db.samples.find_one({"platform": "made", "mission": "20200913T1226", "number": 2})
    assert doc is not None
    depth = doc["columns"]["depth"]
    values = np.array(columns.decoded(depth["data"], depth["dtype"]))
    values[0] = 77.0
    changed = columns.encoded(values, depth["dtype"])
    db.samples.update_one({"_id": doc["_id"]}, {"$set": {"columns.depth.data": Binary(changed)}})

    keys = reported(MADE)

    assert {what for where, what in keys if where.startswith(f"profile {MADE} 2/")} == {"max_depth_m"}


def test_a_changed_cell_of_a_section_is_reported_if_sections_are_verified(sound: None, db: Db) -> None:
    doc = db.sections.find_one({"platform": "made", "mission": "20200913T1226", "variable": "temperature"})
    assert doc is not None
    packed = doc["packed"]["values"]
    values = np.array(columns.decoded(packed["data"], packed["dtype"]))
    values[np.flatnonzero(np.isfinite(values))[0]] += 1
    changed = Binary(columns.encoded(values, packed["dtype"]))
    db.sections.update_one({"_id": doc["_id"]}, {"$set": {"packed.values.data": changed}})

    assert reported() == set()
    assert reported(sections=True) == {(f"section {MADE} temperature", "cells of values")}


def test_an_unreadable_document_is_reported_and_the_verification_continues(sound: None, db: Db) -> None:
    db.profiles.update_one({"platform": "year"}, {"$unset": {"mid_at": True}})
    db.totals.update_one({"_id": "fleet"}, {"$set": {"missions": 1}})

    keys = reported()

    assert ("mission year/20201231T2330", "document") in keys
    assert ("totals fleet", "missions") in keys


def test_one_mission_can_be_verified_alone(sound: None, db: Db) -> None:
    db.tracks.update_many({}, {"$set": {"hidden": 9}})

    assert reported(MADE) == {(f"track {MADE}", "hidden")}


def test_a_pending_rebuild_is_a_difference_only_after_a_day(sound: None, db: Db) -> None:
    db.tracks.update_one({"_id": MADE}, {"$set": {"hidden": 9}})
    db.derived_pending.insert_one({"_id": f"mission:{MADE}", "number": 1, "at": datetime.now(UTC)})

    result = verification.verify(None, False, 1.0)
    assert (result.differences, result.counts.waiting) == ([], 1)

    db.derived_pending.update_one({}, {"$set": {"at": datetime.now(UTC) - timedelta(hours=25)}})
    assert reported() == {(f"pending mission:{MADE}", "waiting since")}


@pytest.fixture
def importing(tmp_path: Path, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Import a file before each verified unit; the list contains the outcomes."""
    files = iter(range(1, 40))
    outcomes: list[str] = []
    compared = verification._compared

    def compared_after_import(*arguments: Any) -> list[Difference]:
        number = next(files)
        path = profile_file(tmp_path / f"live{number}.nc", number, {"id": "made-20210826T1746"}, start_s=1.64e9)
        outcomes.extend(report.outcome for report in ingest(path))
        return compared(*arguments)

    monkeypatch.setattr(verification, "_compared", compared_after_import)
    return outcomes


def test_concurrent_imports_are_no_difference(sound: None, importing: list[str]) -> None:
    assert differences() == []
    assert importing.count("stored") > 5


@pytest.fixture
def without_rebuilds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports that do not rebuild derived documents."""
    monkeypatch.setattr(rebuild, "rebuild", lambda *_: [])


def test_concurrent_imports_with_pending_rebuilds_are_no_difference(
    sound: None, without_rebuilds: None, importing: list[str]
) -> None:
    result = verification.verify(None, False, 1.0)

    assert result.differences == []
    assert result.counts.waiting > 3


@pytest.mark.parametrize(
    "changed", [["tracks", "totals", "platforms", "sections", "facets"], ["subtotals", "updates"]], indirect=True
)
def test_derived_documents_are_correct_after_a_repair(changed: list[tuple[str, str]]) -> None:
    before = differences()
    repaired, failed = repair.repair(before, verification.basin_map(), {})

    assert repaired == len(before) >= len(changed)
    assert failed == []
    assert differences(sections=True) == []


def test_basins_and_totals_are_correct_after_a_repair(sound: None, db: Db) -> None:
    db.missions.update_one({"_id": MADE}, {"$set": {"basins.0.share": 0.5}})
    db.totals.delete_one({"_id": "year:2021"})
    db.totals.insert_one({"_id": "basin:gone", "kind": "basin", "scope": "basin:gone"})

    repair.repair(differences(), verification.basin_map(), {})

    assert differences(sections=True) == []


@pytest.fixture
def orphaned(sound: None, db: Db) -> None:
    """A document of each kind that belongs to a missing mission."""
    ids = {"tracks": "made/gone", "profiles": "made/gone/v/1/0", "samples": "made/gone/v/1/0/0"}
    for collection in ("tracks", "sections", "profiles", "samples", "updates", "search", "subtotals"):
        doc = db[collection].find_one({"platform": "made"})
        gone = {"mission": "gone", "scope": "basin:gone", "_id": ids.get(collection, f"gone/{collection}")}
        db[collection].insert_one({**(doc or {}), **gone})


def test_a_repair_removes_orphaned_documents(orphaned: None) -> None:
    before = differences()

    repair.repair(before, verification.basin_map(), {})

    assert len(before) >= 7
    assert differences() == []


def test_a_verification_changes_no_document(sound: None, db: Db) -> None:
    before = _contents(db)

    verification.verify(None, True, 1.0)

    assert _contents(db) == before


def test_a_profile_verifies_for_any_division_of_its_samples(sound: None, db: Db) -> None:
    sample = db.samples.find_one({"platform": "made", "mission": "20200913T1226", "number": 1})
    assert sample is not None
    halves = [_cut(sample, 0, slice(0, 2)), _cut(sample, 1, slice(2, None))]
    db.samples.delete_one({"_id": sample["_id"]})
    db.samples.insert_many(halves)

    assert {key for key in reported(MADE) if key[0].startswith("profile")} == set()


def _cut(sample: dict[str, Any], part: int, rows_of: slice) -> dict[str, Any]:
    cut = {
        name: {
            **column,
            "data": columns.encoded(
                np.array(columns.decoded(column["data"], column["dtype"]))[rows_of], column["dtype"]
            ),
        }
        for name, column in sample["columns"].items()
    }
    start_at = sample["start_at"] + part * timedelta(seconds=2 * STEP_S)
    base = sample["_id"].rpartition("/")[0]
    return {**sample, "_id": f"{base}/{part}", "part": part, "start_at": start_at, "columns": cut}
