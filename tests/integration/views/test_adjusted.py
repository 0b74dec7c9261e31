"""A mission with adjusted values shows them by default; the raw ones can be chosen."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.queries import clock
from tests import made_files

Page = Callable[[str], str]
ImportMission = Callable[..., None]
MISSION = "/missions/sea001/20210629T2053"
# Adjusted values differ from raw ones by this much.
OFFSET = 0.5
SAME_DAY = datetime(2021, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def adjusted_mission(import_mission: ImportMission, blank_pictures: None) -> None:
    """A mission with raw and adjusted temperature and salinity, and with more variables than plots."""
    rows = made_files.rows(start_s=1_625_000_000.0)
    rows["salinity"] = np.linspace(7.0, 8.0, rows["time"].size)
    for name in ("temperature", "salinity"):
        rows[f"{name}_adjusted"] = rows[name] + OFFSET
    rows |= {f"other_{number}": rows["temperature"] for number in range(12)}
    import_mission(rows=rows)


def test_plots_begin_with_adjusted_values_and_no_variable_is_dropped_silently(
    page: Page, client: FlaskClient, adjusted_mission: None
) -> None:
    sections = client.get(f"/api/v1{MISSION}/sections").json["items"]
    assert [section["variable"] for section in sections][:2] == ["temperature_adjusted", "salinity_adjusted"]
    html = page(MISSION)
    assert "Temperature, adjusted" in html
    undrawn = html.split("data-undrawn")[1].split("</details>")[0]
    assert "4 variables without a plot here" in undrawn
    drawn = {section["variable"] for section in sections}
    variables = {variable["name"] for variable in client.get(f"/api/v1{MISSION}").json["variables"]}
    assert [name for name in sorted(variables - drawn) if name not in undrawn] == []


def test_the_t_s_diagram_shows_adjusted_values(page: Page, client: FlaskClient, adjusted_mission: None) -> None:
    diagram = client.get(f"/api/v1{MISSION}/ts").json
    assert min(diagram["salinity"]) == pytest.approx(7.0 + OFFSET)
    assert "Adjusted temperature against adjusted salinity" in page(MISSION)


def test_the_landing_page_shows_and_names_the_adjusted_values(
    page: Page, adjusted_mission: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    html = page("/")
    assert "/sections/temperature_adjusted.png?theme=light" in html
    assert "/sections/temperature.png" not in html
    assert "Temperature, adjusted by depth" in html


def test_the_t_s_diagram_names_its_values(client: FlaskClient, adjusted_mission: None) -> None:
    diagram = client.get(f"/api/v1{MISSION}/ts").json
    assert (diagram["salinity_variable"], diagram["temperature_variable"]) == (
        "salinity_adjusted",
        "temperature_adjusted",
    )
    svg = client.get(f"/api/v1{MISSION}/ts.svg").text
    assert "Temperature, adjusted (°C)" in svg
    assert "Salinity, adjusted" in svg
    assert "raw values" not in svg


def test_the_t_s_diagram_shows_raw_values_if_no_adjusted_one_is_good(
    page: Page, client: FlaskClient, import_mission: ImportMission, blank_pictures: None
) -> None:
    rows = made_files.rows(start_s=1_625_000_000.0)
    rows["salinity"] = np.linspace(7.0, 8.0, rows["time"].size)
    for name in ("temperature", "salinity"):
        rows[f"{name}_adjusted"] = rows[name] + OFFSET
        # Bad in the tables of Argo and of the IOC.
        rows[f"{name}_adjusted_qc"] = np.full(rows["time"].size, 4.0)
    import_mission(rows=rows)
    diagram = client.get(f"/api/v1{MISSION}/ts").json
    assert diagram["temperature_variable"] == "temperature"
    assert min(diagram["salinity"]) == pytest.approx(7.0)
    html = page(MISSION)
    assert "Temperature against salinity" in html
    assert "Raw values, because no sample has good adjusted ones." in html
    # The data mode of the mission is that of the adjusted values.
    svg = client.get(f"/api/v1{MISSION}/ts.svg").text
    assert ("raw values" in svg, "· adjusted" in svg) == (True, False)
