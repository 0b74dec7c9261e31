"""Which files are parts of one mission: equal ids are no proof, and a part changes no statement of the others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.errors import RunFailed
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.formats import mission_limits
from app.ingest.formats.detection import Limits
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from app.store import disk_space, original_files, versions
from tests.documented_dialects import ragged
from tests.made_files import SAMPLES_A_PROFILE, part_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
MISSION = "made/20200913T1226"
UNSTATED: dict[str, Any] = {"institution": ""}


def outcomes(reports: list[Report]) -> list[str]:
    """Return the outcome of each report, or the reason code of a refusal."""
    return [report.reason_code or report.outcome for report in reports]


def profiles_of(db: Db) -> int:
    """Return the number of profiles of the only stored mission."""
    (document,) = db.missions.find()
    return int(document["figures"]["profiles"])


@pytest.mark.parametrize(
    ("stored", "part", "names"),
    [
        pytest.param({"institution": "Made Ltd"}, {"institution": " made  ltd "}, "ab", id="one institution"),
        pytest.param({**UNSTATED, "wmo_id": "6801665"}, {**UNSTATED, "wmo_id": 6801665.0}, "ab", id="one WMO id"),
        pytest.param(
            {**UNSTATED, "glider_serial": "77"}, {"institution": "Made", "glider_serial": "77"}, "ab", id="one serial"
        ),
        pytest.param(UNSTATED, UNSTATED, ("made-part1", "made-part2"), id="names with the platform"),
    ],
)
def test_a_part_of_the_same_source_is_joined(
    tmp_path: Path, ingest: Ingest, db: Db, stored: dict[str, Any], part: dict[str, Any], names: tuple[str, str]
) -> None:
    first, second = (tmp_path / f"{name}.nc" for name in names)

    reports = ingest(part_file(first, 0, 4, stored), part_file(second, 4, 8, part))

    assert outcomes(reports) == ["stored", "replaced"], reports[1].reason
    assert profiles_of(db) == 8


@pytest.mark.parametrize(
    ("stored", "part", "names", "cause"),
    [
        pytest.param(UNSTATED, UNSTATED, "ab", "only the id", id="nothing stated"),
        pytest.param({"wmo_id": "6801665"}, UNSTATED, "ab", "only the id", id="the part states nothing"),
        pytest.param(UNSTATED, UNSTATED, ("part1", "part2"), "only the id", id="names without the platform"),
        pytest.param(UNSTATED, UNSTATED, ("made-x", "made-y"), "only the id", id="other names"),
        pytest.param({}, {"institution": "Other"}, ("made1", "made2"), "its institution is Other", id="contradiction"),
    ],
)
def test_a_file_with_the_same_id_alone_is_refused(
    tmp_path: Path,
    ingest: Ingest,
    db: Db,
    stored: dict[str, Any],
    part: dict[str, Any],
    names: tuple[str, str],
    cause: str,
) -> None:
    first, second = (tmp_path / f"{name}.nc" for name in names)

    reports = ingest(part_file(first, 0, 4, stored), part_file(second, 4, 8, part))

    assert outcomes(reports) == ["stored", "part_of_mission"]
    assert cause in str(reports[1].reason)
    assert profiles_of(db) == 4


def test_the_caller_may_state_the_mission_of_a_part(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(part_file(tmp_path / "a.nc", 0, 4, UNSTATED))

    reports = ingest(part_file(tmp_path / "b.nc", 4, 8, UNSTATED), options=Options("made", "20200913T1226"))

    assert outcomes(reports) == ["replaced"]


def test_a_part_that_states_less_does_not_describe_the_mission(
    tmp_path: Path, ingest: Ingest, client: FlaskClient
) -> None:
    whole = {"license": "CC BY 4.0", "title": "Baltic 2020", "wmo_id": "6801665", "project": "P"}
    little = {"license": "All rights reserved", "title": "part 2", "comment": "after the repair"}

    ingest(part_file(tmp_path / "a.nc", 0, 4, whole), part_file(tmp_path / "b.nc", 4, 8, little))

    mission = client.get(f"/api/v1/missions/{MISSION}").json
    described = {name: mission["metadata"][name] for name in ("licence", "title", "project", "comment", "wmo_id")}
    assert described == {
        "licence": "CC BY 4.0",
        "title": "Baltic 2020",
        "project": "P",
        "comment": "after the repair",
        "wmo_id": "6801665",
    }
    assert {"code": "parts_differ", "count": 2} in [
        {"code": warning["code"], "count": warning["count"]} for warning in mission["warnings"]
    ]


@pytest.fixture
def meanwhile(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], list[Report]]:
    """A function that lets the next import store another file just before its own one; the result has its report."""
    keep = original_files.keep

    def stored_first(other: Path) -> list[Report]:
        reports: list[Report] = []

        def keep_after_the_other(*arguments: Any) -> bool:
            monkeypatch.setattr(original_files, "keep", keep)
            reports.extend(ingest(other))
            return keep(*arguments)

        monkeypatch.setattr(original_files, "keep", keep_after_the_other)
        return reports

    return stored_first


def test_two_first_parts_at_once_are_joined(
    tmp_path: Path, ingest: Ingest, db: Db, meanwhile: Callable[[Path], list[Report]]
) -> None:
    others = meanwhile(part_file(tmp_path / "b.nc", 4, 8))

    reports = ingest(part_file(tmp_path / "a.nc", 0, 4))

    assert (outcomes(others), outcomes(reports)) == (["stored"], ["replaced"])
    assert profiles_of(db) == 8


def test_a_part_is_not_lost_that_is_stored_while_another_one_grows(
    tmp_path: Path, ingest: Ingest, db: Db, meanwhile: Callable[[Path], list[Report]]
) -> None:
    ingest(part_file(tmp_path / "a.nc", 0, 60))
    others = meanwhile(part_file(tmp_path / "c.nc", 62, 63))

    # It lacks less than five per cent of the stored span.
    reports = ingest(part_file(tmp_path / "b.nc", 0, 61))

    assert (outcomes(others), outcomes(reports)) == (["replaced"], ["replaced"])
    assert profiles_of(db) == 62


def test_a_file_of_several_trajectories_may_be_a_part(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    both = ragged(owners=(0, 1), is_of_profiles=False)(tmp_path)
    columns = {name: values[12:] for name, values in rows(profiles=6).items() if name != "temperature"}
    later = time_series(tmp_path / "later.nc", columns, {"id": "sp0-20200913T1226"})

    reports = ingest(both) + ingest(later, options=Options("sp0", "20200913T1226"))

    assert outcomes(reports) == ["stored", "stored", "replaced"], reports[-1].reason
    figures = {doc["platform"]: doc["figures"]["profiles"] for doc in db.missions.find()}
    assert figures == {"sp0": 6, "sp1": 2}


def wide(path: Path, first: int, last: int, names: str) -> Path:
    """Write a part with a variable for each letter."""
    values = np.arange((last - first) * SAMPLES_A_PROFILE, dtype=np.float64)
    columns: dict[str, Any] = {f"counts_{name}": values for name in names}
    return part_file(path, first, last, **columns)


@pytest.mark.parametrize(
    ("most_rows", "cause"), [(47, "more than 47 rows together"), (48, "more than 1200 values together")]
)
def test_the_limits_of_a_file_hold_for_all_parts_together(
    tmp_path: Path, tools: ImportContext, db: Db, most_rows: int, cause: str
) -> None:
    limited = replace(tools, limits=Limits(tools.limits.max_file_bytes, most_rows))
    files = [wide(tmp_path / "a.nc", 0, 4, "abcdefghijklm"), wide(tmp_path / "b.nc", 4, 8, "nopqrstuvwxyz")]

    reports = list(importer.real(files, limited))

    assert outcomes(reports) == ["stored", "too_large"]
    assert cause in str(reports[1].reason)
    assert profiles_of(db) == 4


def test_the_limit_of_variables_holds_for_all_parts_together(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mission_limits, "MAX_VARIABLES", 20)

    reports = ingest(wide(tmp_path / "a.nc", 0, 4, "abcdefghijklm"), wide(tmp_path / "b.nc", 4, 8, "nopqrstuvwxyz"))

    assert outcomes(reports) == ["stored", "too_large"]
    assert "27 variables" in str(reports[1].reason)


def test_the_disk_needs_space_for_all_parts(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = part_file(tmp_path / "a.nc", 0, 4), part_file(tmp_path / "b.nc", 4, 8)
    ingest(first)
    # Enough for the second file alone, with the reserve of the check.
    free = disk_space._RESERVE_BYTES + 5 * second.stat().st_size
    monkeypatch.setattr(disk_space, "_free_bytes", lambda: free)

    with pytest.raises(RunFailed, match="disk of MongoDB is full"):
        ingest(second)

    assert profiles_of(db) == 4


def test_replaced_versions_are_removed_during_a_long_run(
    tmp_path: Path, tools: ImportContext, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "_SWEEP_EVERY_S", 0.0)
    sweep = versions.sweep
    moments: list[int] = []
    monkeypatch.setattr(versions, "sweep", lambda before: moments.append(profiles_of(db)) or sweep(before))

    list(importer.real([part_file(tmp_path / f"{n}.nc", 4 * n, 4 * n + 4) for n in range(3)], tools))

    assert moments == [4, 8, 12, 12]


def two_sensors(path: Path, first: int, last: int, names: tuple[str, ...]) -> Path:
    """Write a part with these thermometers, which read 1, 2, … degrees more; all have one standard name."""
    count = (last - first) * SAMPLES_A_PROFILE
    columns = {name: np.arange(count) + 100.0 * (1 + ("a_ctd", "b_optode").index(name)) for name in names}
    whole = {name: values[first * SAMPLES_A_PROFILE :] for name, values in rows(profiles=last).items()}
    whole.pop("temperature")
    time_series(path, {**whole, **columns}, {"institution": "Made"}, dict.fromkeys(names, "Celsius"))
    with netCDF4.Dataset(path, "a") as file:
        for name in names:
            file[name].standard_name = "sea_water_temperature"
    return path


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    "sensors",
    [
        (("a_ctd",), ("b_optode",)),
        (("a_ctd", "b_optode"), ("b_optode",)),
        (("b_optode",), ("a_ctd", "b_optode")),
    ],
)
def test_two_sensors_of_one_quantity_stay_two_variables(
    tmp_path: Path,
    ingest: Ingest,
    client: FlaskClient,
    sensors: tuple[tuple[str, ...], tuple[str, ...]],
    order: tuple[int, int],
) -> None:
    files = [two_sensors(tmp_path / f"{n}.nc", 4 * n, 4 * n + 4, names) for n, names in enumerate(sensors)]

    reports = ingest(*(files[i] for i in order))

    assert outcomes(reports) == ["stored", "replaced"], reports[1].reason
    variables = client.get(f"/api/v1/missions/{MISSION}").json["variables"]
    names = {variable["source_name"]: variable["name"] for variable in variables}
    assert set(names) == {"a_ctd", "b_optode"}
    assert "temperature" in names.values()
    header, *lines = client.get(f"/api/v1/missions/{MISSION}/data").text.splitlines()
    titles = [title.partition(" (")[0] for title in header.split(",")]
    rows_of = sorted((line.split(",") for line in lines), key=lambda cells: cells[0])
    for hundred, sensor in ((100.0, "a_ctd"), (200.0, "b_optode")):
        cells = [row[titles.index(names[sensor])] for row in rows_of]
        expected = [
            repr(hundred + i) if sensor in of_part else "" for of_part in sensors for i in range(4 * SAMPLES_A_PROFILE)
        ]
        assert cells == expected


def test_a_name_for_two_quantities_is_refused(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    velocity = np.linspace(0, 1, 4 * SAMPLES_A_PROFILE)
    files = [
        part_file(tmp_path / f"{n}.nc", 4 * n, 4 * n + 4, about={"u": {"standard_name": name}}, u=velocity)
        for n, name in enumerate(("eastward_sea_water_velocity", "platform_pitch"))
    ]

    reports = ingest(*files)

    assert outcomes(reports) == ["stored", "part_of_mission"]
    assert "eastward_sea_water_velocity and platform_pitch" in str(reports[1].reason)


def test_depths_from_two_pressures_are_refused(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    files = []
    for n, name in enumerate(("pressure", "p_altimeter")):
        columns = {name: values[24 * n :] for name, values in rows(profiles=4 * n + 4).items()}
        columns[name] = columns.pop("depth")
        files.append(time_series(tmp_path / f"{n}.nc", columns, {"institution": "Made"}, {name: "dbar"}))
        with netCDF4.Dataset(files[-1], "a") as file:
            file[name].axis = "Z"

    reports = ingest(*files)

    assert outcomes(reports) == ["stored", "part_of_mission"]
    assert "different pressures" in str(reports[1].reason)


def test_each_part_has_its_own_sign_of_depth(tmp_path: Path, ingest: Ingest, client: FlaskClient) -> None:
    depth = rows()["depth"] + 1.0

    ingest(part_file(tmp_path / "a.nc", 0, 4, depth=-depth), part_file(tmp_path / "b.nc", 4, 8))

    mission = client.get(f"/api/v1/missions/{MISSION}").json
    assert mission["max_depth_m"] == 51.0
    assert mission["vertical_m"] == 4 * 51.0 + 4 * 50.0
    assert {warning["code"]: warning["count"] for warning in mission["warnings"]} == {"depth_sign_flipped": 24}
