"""`halocline ingest --replace`, the loss of more than half of a mission, and the owner of a platform."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import extensions
from tests.integration.operator.conftest import Run, differences
from tests.made_files import profile_file, rows, time_series

Done = Callable[..., str]
Reported = Callable[..., tuple[str, str | None]]
MISSION = "made/20200913T1226"
REASON = "reprocessed with the right calibration"
OLDER, NEWER, NEWEST = ({"date_modified": f"{year}-01-01T00:00:00Z"} for year in (2021, 2022, 2023))


@pytest.fixture
def stored(tmp_path: Path, done: Done) -> Path:
    """The file of a delayed-mode mission with 8 profiles, which is stored."""
    path = time_series(tmp_path / "a.nc", rows(8), {"data_mode": "D", **NEWER})
    done("ingest", path)
    return path


def thinned(columns: dict[str, Any], every: int) -> dict[str, Any]:
    """Return every n-th row and the last one: the span stays."""
    last = len(columns["time"]) - 1
    keep = np.unique([*range(0, last, every), last])
    return {name: values[keep] for name, values in columns.items()}


@pytest.mark.parametrize(
    ("profiles", "attributes", "code"),
    [
        (8, {"data_mode": "D", **OLDER}, "not_newer"),
        (8, {"data_mode": "R", **NEWER}, "lower_mode"),
        (3, {"data_mode": "D", **NEWEST}, "part_of_mission"),
    ],
    ids=["older", "lower mode", "shorter"],
)
def test_a_reprocessed_file_replaces_only_with_a_reason(
    stored: Path,
    tmp_path: Path,
    report: Reported,
    audited: Callable[..., Any],
    profiles: int,
    attributes: dict[str, str],
    code: str,
) -> None:
    path = time_series(tmp_path / "b.nc", rows(profiles, lon=16.0), attributes)

    assert report(path) == ("refused", code)
    assert report("--replace", "--reason", REASON, path) == ("replaced", None)
    assert report("--replace", "--reason", REASON, path) == ("unchanged", None)

    assert audited() == [("replace", MISSION, "done", REASON)]
    assert extensions.mongo.db.missions.find_one()["figures"]["profiles"] == profiles
    assert differences() == []


def test_a_profile_of_a_lower_mode_replaces_only_with_a_reason(tmp_path: Path, report: Reported) -> None:
    report("--mode", "D", profile_file(tmp_path / "a.nc", 1))
    path = profile_file(tmp_path / "b.nc", 1, lon=16.0)

    assert report(path) == ("refused", "lower_mode")
    assert report("--replace", "--reason", REASON, path) == ("replaced", None)
    assert differences() == []


@pytest.mark.parametrize(
    ("every", "without", "what"),
    [(3, "none", "17 of 48 stored samples"), (1, "salinity oxygen turbidity", "1 of 4 stored variables")],
    ids=["samples", "variables"],
)
def test_a_file_that_loses_more_than_half_is_refused_whatever_its_mode(
    tmp_path: Path, report: Reported, client: FlaskClient, every: int, without: str, what: str
) -> None:
    whole = rows(8)
    whole |= dict.fromkeys(("salinity", "oxygen", "turbidity"), whole["temperature"] + 1)
    report(time_series(tmp_path / "a.nc", whole))
    fewer = {name: values for name, values in thinned(whole, every).items() if name not in without.split()}
    path = time_series(tmp_path / "b.nc", fewer, {"data_mode": "D", **NEWER})

    assert report(path) == ("refused", "loses_data")
    (attempt,) = client.get("/api/v1/imports?outcome=refused").json["items"]
    assert f"the file has {what}: import it with --replace and a reason" in attempt["reason"]
    assert report("--replace", "--reason", REASON, path) == ("replaced", None)


def test_a_shorter_file_that_loses_more_than_half_of_the_span_needs_a_reason(
    stored: Path, tmp_path: Path, report: Reported
) -> None:
    part = time_series(tmp_path / "b.nc", rows(3), {"data_mode": "D", **NEWEST})
    half = time_series(tmp_path / "c.nc", rows(5), {"data_mode": "D", **NEWEST})

    assert report("--shorter", part) == ("refused", "loses_data")
    assert report("--shorter", half) == ("replaced", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--replace", __file__), "--replace and --reason belong together"),
        (("--reason", "x", __file__), "--replace and --reason belong together"),
        (("--replace", "--reason", "x", Path(__file__).parent), "takes files, not folders"),
    ],
)
def test_replace_needs_a_reason_and_files(halocline: Run, arguments: tuple[str | Path, ...], words: str) -> None:
    result = halocline("ingest", *arguments)

    assert result.exit_code == 2
    assert words in result.output


def test_another_provider_does_not_import_for_a_platform(tmp_path: Path, report: Reported, client: FlaskClient) -> None:
    own = time_series(tmp_path / "a.nc", attributes={"wmo_id": "6801666"})
    free = time_series(tmp_path / "b.nc", attributes={"id": "free-20200913T1226"})
    joined = time_series(tmp_path / "c.nc", attributes={"id": "x001-20200101T0000", "wmo_id": "6801666"})

    assert report("--dry-run", "--provider", "Others", own) == ("refused", "wrong_provider")
    assert report("--provider", "Others", own) == ("refused", "wrong_provider")
    assert report("--provider", "made  observatory", own) == ("stored", None)
    assert report("--provider", "Others", own) == ("refused", "wrong_provider")
    assert report("--provider", "Others", free) == ("stored", None)
    assert report(own) == ("unchanged", None)
    assert report("--provider", "Others", joined) == ("refused", "wrong_provider")

    refused = client.get("/api/v1/imports?outcome=refused").json["items"]
    assert [each["platform"] for each in refused] == ["x001", "made", "made"]
    # The operator's table still has the former id.
    extensions.mongo.db.platform_aliases.insert_one({"_id": "made", "platform": "free", "at": datetime.now(UTC)})
    renamed = time_series(tmp_path / "d.nc", rows(3), {"id": "free-20210913T1226"})
    assert report("--provider", "Others", renamed) == ("refused", "wrong_provider")
    assert "Observatory" not in str(refused)


def test_the_import_log_records_the_importer_and_does_not_publish_it(
    tmp_path: Path, report: Reported, client: FlaskClient
) -> None:
    report("--provider", "Made Observatory", time_series(tmp_path / "a.nc"))

    stored = extensions.mongo.db.imports.find_one()
    assert "@" in stored["actor"]
    assert stored["provider"] == "Made Observatory"
    (published,) = client.get("/api/v1/imports").json["items"]
    assert {"actor", "provider"} & published.keys() == set()
    assert stored["actor"] not in client.get("/status").text
