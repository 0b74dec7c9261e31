"""Reported positions of platforms that are renamed, and whose missions are withdrawn."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domain.reported_positions import ReportedPosition
from app.store import received_positions
from tests.conftest import Seed
from tests.integration.operator.conftest import differences
from tests.made_files import time_series

Done = Callable[..., str]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def reported(tmp_path: Path, done: Done, seed: Seed) -> None:
    """A platform `made` with a mission, and two reported positions."""
    path = time_series(tmp_path / "a.nc")
    seed("a platform that reports positions", lambda: done("ingest", path))
    positions = [ReportedPosition("made", NOW - timedelta(hours=hours), 16.5, 56.0 + hours) for hours in (1, 2)]
    received_positions.commit("tracker", "msg_1", positions, (), NOW)


def last_position(client: FlaskClient, platform: str) -> tuple[str, float]:
    last = client.get(f"/api/v1/platforms/{platform}", buffered=True).json["last_position"]
    return last["source"], last["lat_deg"]


@pytest.mark.usefixtures("reported")
def test_a_renamed_platform_keeps_its_positions(done: Done, client: FlaskClient) -> None:
    done("rename", "made", "sea9", "--yes")
    assert last_position(client, "sea9") == ("report", 57)
    history = client.get("/api/v1/platforms/sea9/positions", buffered=True).json["items"]
    assert [each["lat_deg"] for each in history] == [57, 58]

    done("rename", "sea9", "made", "--yes")
    assert last_position(client, "made") == ("report", 57)
    assert differences() == []


@pytest.mark.usefixtures("reported")
def test_a_withdrawn_platform_has_no_position_until_it_is_restored(
    done: Done, client: FlaskClient, api: Callable[[str], Any]
) -> None:
    done("withdraw", "made/20200913T1226", "--reason", "a test", "--yes")
    statuses = [client.get(path, buffered=True).status_code for path in ("/api/v1/platforms/made", "/fleet/made", "/")]
    features = api("/tracks")["features"]
    done("withdraw", "made/20200913T1226", "--restore", "--yes")

    assert (statuses, features) == ([410, 410, 200], [])
    assert last_position(client, "made") == ("report", 57)
    assert differences() == []
