"""`halocline merge`: one mission that was imported under two names becomes one, or both stay."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo.database import Database

from app import config, extensions
from app.cli import cli
from app.ingest.reports import Report
from app.ingest.verify import verification
from app.store import missions
from tests.made_files import profile_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]


@pytest.fixture
def merge(settings: config.Settings, few_basins: Path, db: Db) -> Callable[..., Result]:
    """Run the command on the database of the tests."""

    def run(*arguments: str) -> Result:
        environment = {
            "MONGODB_URI": settings.mongodb_uri,
            "MONGODB_DATABASE": settings.mongodb_database,
            "REDIS_URL": settings.redis_url,
            "HALOCLINE_ENVIRONMENT": "test",
            "HALOCLINE_BASINS_DIR": str(few_basins),
        }
        result = CliRunner().invoke(cli, ["merge", *arguments], env=environment)
        # The command closes the connections that `db` opened.
        extensions.mongo.bind(settings)
        extensions.redis.bind(settings)
        return result

    return run


def named(folder: Path, mission_id: str, **attributes: str) -> Path:
    """Write the sound mission under an id."""
    return time_series(folder / f"{mission_id}.nc", attributes={"id": mission_id, **attributes})


def test_without_apply_the_plan_is_printed_and_nothing_changes(
    tmp_path: Path, ingest: Ingest, db: Db, merge: Callable[..., Result]
) -> None:
    ingest(named(tmp_path, "a-20200913T1226"), named(tmp_path, "b-20200101T0000"))

    result = merge("b/20200101T0000", "a/20200913T1226")

    assert result.exit_code == 0, result.output
    assert "source: b/20200101T0000 R, 2020-09-13T12:26Z to 2020-09-13T12:49Z, 4 profiles" in result.stdout
    assert "--apply" in result.stdout
    assert extensions.mongo.db.missions.count_documents({}) == 2


@pytest.mark.parametrize(("source_mode", "outcome"), [("D", "replaced"), ("R", "refused")])
def test_two_names_of_the_same_data_become_one_mission_with_the_higher_mode(
    tmp_path: Path, ingest: Ingest, db: Db, merge: Callable[..., Result], source_mode: str, outcome: str
) -> None:
    ingest(
        named(tmp_path, "a-20200913T1226", data_mode="A"),
        named(tmp_path, "a-20200101T0000", data_mode=source_mode),
    )
    assert [each.what for each in verification.verify(None, False, 1.0).differences] == ["mission at the same time"]

    result = merge("a/20200101T0000", "a/20200913T1226", "--apply")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(outcome)
    assert "merged" in result.stdout
    (document,) = extensions.mongo.db.missions.find()
    assert (document["_id"], document["data_mode"]) == ("a/20200913T1226", max("A", source_mode.replace("R", "A")))
    assert "mission_overlap" not in [warning["code"] for warning in document["warnings"]]
    assert verification.verify(None, False, 1.0).differences == []


def test_profiles_under_daily_names_become_one_mission(
    tmp_path: Path, ingest: Ingest, db: Db, merge: Callable[..., Result]
) -> None:
    days = ({"id": "holly-20200913T1226"}, {"id": "holly-20200914T0000"})
    ingest(*(profile_file(tmp_path / f"{n}.nc", n + 1, day) for n, day in enumerate(days)))

    result = merge("holly/20200914T0000", "holly/20200913T1226", "--apply")

    assert result.exit_code == 0, result.output
    mission = missions.find("holly", "20200913T1226")
    assert mission is not None
    assert (mission.figures.profiles, mission.warnings) == (2, ())
    assert extensions.mongo.db.missions.count_documents({}) == 1
    assert verification.verify(None, False, 1.0).differences == []


def test_a_part_that_would_be_lost_is_not_merged(
    tmp_path: Path, ingest: Ingest, db: Db, merge: Callable[..., Result]
) -> None:
    later = time_series(tmp_path / "later.nc", rows(start_s=1.61e9), {"id": "a-20210107T0613"})
    ingest(named(tmp_path, "a-20200913T1226"), later)

    result = merge("a/20210107T0613", "a/20200913T1226", "--apply")

    assert result.exit_code == 1
    assert "part_of_mission" in result.stdout
    assert extensions.mongo.db.missions.count_documents({}) == 2


def test_a_mission_with_fewer_variables_does_not_replace_one_with_more(
    tmp_path: Path, ingest: Ingest, db: Db, merge: Callable[..., Result]
) -> None:
    whole = rows()
    more = {**whole, "salinity": whole["temperature"] + 30}
    ingest(
        named(tmp_path, "a-20200913T1226", date_modified="2024-01-01T00:00:00Z"),
        time_series(tmp_path / "more.nc", more, {"id": "a-20200101T0000", "date_modified": "2021-01-01T00:00:00Z"}),
    )

    result = merge("a/20200101T0000", "a/20200913T1226", "--apply")

    assert result.exit_code == 1
    assert "does not cover the data of a/20200101T0000: the variables salinity" in result.stdout
    assert extensions.mongo.db.missions.count_documents({}) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("a/20200913T1226", "a/20200913T1226"), 1, "another mission"),
        (("x/y", "a/20200913T1226"), 1, "no mission x/y"),
        (("a", "b/c"), 2, "PLATFORM/MISSION"),
    ],
)
def test_wrong_missions_are_an_error(
    tmp_path: Path,
    ingest: Ingest,
    merge: Callable[..., Result],
    arguments: tuple[str, str],
    status: int,
    word: str,
) -> None:
    ingest(named(tmp_path, "a-20200913T1226"))

    result = merge(*arguments)

    assert (result.exit_code or 1) == status
    assert word in result.output + str(result.exception)
