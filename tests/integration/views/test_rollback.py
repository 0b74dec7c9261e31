"""Pages and API ignore fields that a later release stored before it was rolled back."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from tests import made_files
from tests.integration.views.conftest import SUMMER

MISSION = "sea001/20210629T2053"
LATER = {"later": {"field": 1}}
NESTED = ("figures", "source", "basins", "variables", "warnings", "by_year", "earlier", "flags")


@pytest.fixture
def stored_by_a_later_release(import_mission: Callable[..., None], db: Database[dict[str, Any]]) -> None:
    """A replaced mission whose documents have an unknown field at every level, and an update of an unknown kind."""
    import_mission()
    import_mission(mode="D", comment="later")
    mission = db.missions.find_one({"_id": MISSION}) or {}
    mission["flags"] = [{"variable": "temperature", "counts": {"good": 1}}]
    mission["warnings"] = [{"code": "position_jump", "count": 1}]
    for name in NESTED:
        parts = mission[name] if isinstance(mission[name], list) else [mission[name]]
        assert parts, name
        _ = [part.update(LATER) for part in parts]
    mission["earlier"][0]["figures"] |= LATER
    db.missions.replace_one({"_id": MISSION}, mission | LATER)
    of_all = ("platforms", "updates", "totals", "subtotals", "basins", "tracks", "sections", "profiles", "imports")
    for collection in of_all:
        db[collection].update_many({}, {"$set": LATER})
    db.imports.update_many({}, {"$set": {"warnings": [{"code": "x", "count": 1, **LATER}]}})
    update = db.updates.find_one({"kind": "deployment"}) or {}
    db.updates.insert_one({**update, "_id": f"surfacing/{MISSION}", "kind": "surfacing"})


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/map", "/missions", f"/missions/{MISSION}", "/fleet", "/fleet/sea001", "/basins/SEA-007", "/stats"),
        *("/updates", "/updates.rss", "/status", "/search?q=sea001&show=all", "/api/v1/missions", "/api/v1/tracks"),
        *(f"/api/v1/missions/{MISSION}", "/api/v1/platforms", "/api/v1/updates", "/api/v1/imports"),
        *(f"/api/v1/missions/{MISSION}/{part}" for part in ("profiles", "sections", "track", "data")),
    ],
)
def test_unknown_fields_are_ignored(client: FlaskClient, stored_by_a_later_release: None, path: str) -> None:
    assert client.get(path, buffered=True).status_code == 200


def test_updates_of_unknown_kinds_are_left_out(client: FlaskClient, stored_by_a_later_release: None) -> None:
    kinds = {update["kind"] for update in client.get("/api/v1/updates").json["items"]}
    assert kinds == {"deployment", "silent", "delayed", "end"}


def test_the_next_import_of_the_platform_works(
    client: FlaskClient, stored_by_a_later_release: None, import_mission: Callable[..., None]
) -> None:
    import_mission("sea001", "20210710T0000", rows=made_files.rows(start_s=SUMMER + 11 * 86_400))
    assert client.get("/api/v1/platforms/sea001").json["missions"] == 2
