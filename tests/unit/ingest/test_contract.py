"""The dry run of each real file gives the result that expected.json contains."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import cli

_EXPECTED = Path(os.environ.get("HALOCLINE_TEST_DATA", "")) / "real" / "expected.json"
FILES: dict[str, Any] = json.loads(_EXPECTED.read_text("utf-8"))["files"] if _EXPECTED.is_file() else {}
STORED = [name for name, expected in FILES.items() if expected["outcome"] == "stored"]
REFUSED = [name for name, expected in FILES.items() if expected["outcome"] == "refused"]
NAMED = [name for name, expected in FILES.items() if "with" in expected]

# Figures that a rule of Halocline changed since expected.json was written, computed with numpy and gsw alone. The
# table has pressures and no depths: the depth is -gsw.z_from_p(pressure, latitude) instead of the pressure.
_FROM_PRESSURE: dict[str, dict[str, float]] = {
    "erddap/whoi_406-20160902T1700.csvp.csv": {"max_depth_m": 97.273, "vertical_m": 32558.51},
    "erddap/whoi_406_sample.csv": {"max_depth_m": 65.352, "vertical_m": 460.136},
    "erddap/whoi_406_sample.json": {"max_depth_m": 65.352, "vertical_m": 460.136},
}
_NONE = [pytest.param("", id="no real files")]


def dry_run(*files: Path, options: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
    """Return exit status and objects of `halocline ingest --dry-run --json` without a server, with all sea areas."""
    command = ["ingest", "--dry-run", "--json", *options, *map(str, files)]
    result = CliRunner().invoke(cli, command, env={"MONGODB_URI": "mongodb://127.0.0.1:9"})
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def assert_mission(report: dict[str, Any], expected: dict[str, Any]) -> None:
    """Assert that the report has the expected mission."""
    assert (report["outcome"], report["reason"], report["reason_code"]) == ("stored", None, None)
    mission = report["mission"]
    exact = ("platform", "mission", "data_mode", "samples", "profiles", "start_at", "end_at")
    assert {key: mission[key] for key in exact} == {key: expected[key] for key in exact}
    assert mission["distance_m"] == pytest.approx(expected["distance_m"], rel=1e-3)
    # The expected sums are rounded to 0.1 m.
    assert mission["vertical_m"] == pytest.approx(expected["vertical_m"], rel=1e-3, abs=0.05)
    assert mission["max_depth_m"] == pytest.approx(expected["max_depth_m"], abs=0.01)
    assert mission["bbox"] == pytest.approx(expected["bbox"], abs=1e-4)
    assert mission["basins"][0]["name"] == expected["basin"]
    warnings = {warning["code"]: warning["count"] for warning in mission["warnings"]}
    assert expected["warnings"].items() <= warnings.items()


@pytest.fixture(scope="module")
def reports(test_data: Path) -> dict[str, dict[str, Any]]:
    """The report of a dry run over all files, by file."""
    status, results = dry_run(*(test_data / "real" / name for name in FILES))
    assert status == 1
    return dict(zip(FILES, results, strict=True))


@pytest.mark.parametrize("name", STORED or _NONE)
def test_a_real_file_gives_the_expected_mission(reports: dict[str, dict[str, Any]], name: str) -> None:
    assert_mission(reports[name], FILES[name])


@pytest.mark.parametrize("name", NAMED or _NONE)
def test_a_real_file_without_identity_gives_the_expected_mission_with_options(test_data: Path, name: str) -> None:
    expected = {**FILES[name]["with"], **_FROM_PRESSURE.get(name, {})}

    status, (report,) = dry_run(test_data / "real" / name, options=tuple(expected["options"]))

    assert status == 0
    assert_mission(report, expected)


@pytest.mark.parametrize("name", REFUSED or _NONE)
def test_an_unusable_real_file_is_refused_with_its_name(reports: dict[str, dict[str, Any]], name: str) -> None:
    expected, report = FILES[name], reports[name]

    assert (report["outcome"], report["reason_code"], report["mission"]) == ("refused", expected["reason_code"], None)
    assert "\n" not in report["reason"]
    assert all(word in report["reason"] for word in [Path(name).name, *expected.get("reason_names", [])])


@pytest.fixture
def set_time_zone() -> Iterator[Callable[[str], None]]:
    """Set the local time zone of this process and its children."""
    with pytest.MonkeyPatch.context() as environment:

        def change(zone: str) -> None:
            environment.setenv("TZ", zone)
            time.tzset()

        yield change
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm", "America/Los_Angeles"])
def test_the_start_does_not_depend_on_the_local_time_zone(
    test_data: Path, set_time_zone: Callable[[str], None], zone: str
) -> None:
    real = test_data / "real"
    files = (real / "voto/nrt_SEA077_M17.nc", real / "pyglider/dfo-eva035-20190718_timeseries.nc")
    set_time_zone(zone)

    status, reports = dry_run(*files)

    assert status == 0
    assert [report["mission"]["start_at"] for report in reports] == [
        "2022-12-08T11:45:52.410Z",
        "2019-07-21T23:25:02.737Z",
    ]


def test_declared_metadata_that_contradict_the_data_cause_a_warning(reports: dict[str, dict[str, Any]]) -> None:
    name = "og1/sea076_20230906T0852_R.nc"

    codes = [warning["code"] for warning in reports[name]["mission"]["warnings"]]

    assert "declared_differs" in codes
