"""Ids and names that basins had before they were joined with others lead to the basin of the same water."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.domain.basins import BasinMap
from app.ingest import context, importer
from app.ingest.formats import basin_polygons
from app.ingest.interpret.identity import Options
from tests import made_files

Page = Callable[[str], str]
Db = Database[dict[str, Any]]
MISSION = "sea001/20200913T1226"
# The ids of areas of Natural Earth before they were joined with the sub-basins of the Baltic.
FORMER = {
    "gulf-of-finland": "SEA-013",
    "gulf-of-riga": "SEA-011",
    "kattegat": "SEA-001",
    "mecklenburger-bucht": "SEA-005",
    "resund": "SEA-003",
    "skagerrak": "SEA-018",
}


def area(name: str, west: float, basin_id: str | None = None) -> dict[str, Any]:
    ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
    properties = {"name": name, **({"basin_id": basin_id} if basin_id else {})}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture
def own_tools(tools: context.ImportContext, tmp_path: Path) -> context.ImportContext:
    """An import context with a sound of two names, and another sea."""
    folder = tmp_path / "basins"
    folder.mkdir()
    areas = [area("The Sound", 0, "SEA-003"), area("Øresund", 1, "SEA-003"), area("Other Sea", 6)]
    (folder / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": areas}))
    basins = tuple(basin_polygons.known(folder))
    options = Options(platform="sea001", mission="20200913T1226")
    return replace(tools, basins=basins, basin_map=BasinMap(basins), options=options)


@pytest.fixture
def mission_in_the_sound(own_tools: context.ImportContext, db: Db, tmp_path: Path) -> None:
    """A mission in the area of two names."""
    path = made_files.time_series(tmp_path / "a.nc", made_files.rows(lon=0.5, lat=0.5))
    (report,) = importer.real([path], own_tools)
    assert report.outcome == "stored", report.line()


def test_the_built_in_basins_keep_their_former_ids() -> None:
    aliases = {alias: basin.id for basin in basin_polygons.known(None) for alias in basin.aliases}
    assert {former: aliases.get(former) for former in FORMER} == FORMER


def test_the_page_of_a_former_id_redirects_for_good(client: FlaskClient, mission_in_the_sound: None) -> None:
    for path, target in (
        ("/basins/resund", "/basins/SEA-003"),
        ("/basins/the-sound?simulated=include", "/basins/SEA-003?simulated=include"),
        ("/basins/resund?_external=1&_scheme=ftp", "/basins/SEA-003"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (301, target)
    assert client.get("/basins/kattegat").status_code == 404


def test_filters_and_api_accept_a_former_id(page: Page, client: FlaskClient, mission_in_the_sound: None) -> None:
    for path in ("/api/v1/missions", "/api/v1/tracks"):
        assert client.get(f"{path}?basin=resund").data == client.get(f"{path}?basin=SEA-003").data
    assert client.get("/api/v1/basins/resund").json["id"] == "SEA-003"
    assert client.get("/api/v1/basins/resund").json["properties"]["totals"]["missions"] == 1
    html = page("/missions?basin=resund")
    assert f"/missions/{MISSION}" in html
    assert '<option value="SEA-003" selected>' in html


@pytest.mark.parametrize("text", ["resund", "Øresund", "The Sound", "SEA-003"])
def test_search_finds_every_name(client: FlaskClient, mission_in_the_sound: None, text: str) -> None:
    assert client.get("/search", query_string={"q": text}).location == "/basins/SEA-003"


def test_new_names_are_stored_without_a_new_assignment_of_the_missions(
    client: FlaskClient, mission_in_the_sound: None, own_tools: context.ImportContext, db: Db
) -> None:
    db.basins.update_many({}, {"$unset": {"aliases": "", "other_names": ""}})
    db.counters.update_one({"_id": "basins"}, {"$unset": {"names": ""}})
    before = db.changes.count_documents({"tags": f"mission:{MISSION}"})
    assert client.get("/basins/resund").status_code == 404
    list(importer.real([], own_tools))
    assert client.get("/basins/resund").status_code == 301
    assert db.changes.count_documents({"tags": f"mission:{MISSION}"}) == before
