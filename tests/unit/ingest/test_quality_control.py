"""Invalid values cause a warning: their rows stay in the sample count, but not in positions, depths and distances."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.times import to_ms
from app.ingest.context import ImportContext
from app.ingest.formats import detection
from app.ingest.interpret import metadata
from app.ingest.reports import Report
from tests.made_files import profile_file, rows, time_series

Read = Callable[..., Report]


def with_value(name: str, at: Any, value: float, profiles: int = 4) -> dict[str, Any]:
    """Return the columns of a sound file with another value at these rows."""
    columns = rows(profiles)
    columns[name] = columns[name].astype(float)
    columns[name][at] = value
    return columns


def mission_of(report: Report) -> dict[str, Any]:
    """Return the mission of a stored file."""
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def warnings(report: Report) -> dict[str, int]:
    """Return the counts of the warnings, by code."""
    return {warning["code"]: warning["count"] for warning in mission_of(report)["warnings"]}


def test_a_sound_file_has_no_warning(tmp_path: Path, read: Read) -> None:
    report = read(time_series(tmp_path / "a.nc"))

    assert warnings(report) == {}
    assert {k: mission_of(report)[k] for k in ("samples", "profiles", "max_depth_m", "vertical_m")} == {
        "samples": 24,
        "profiles": 4,
        "max_depth_m": 50.0,
        "vertical_m": 200.0,
    }


@pytest.mark.parametrize(
    ("columns", "code", "count"),
    [
        (with_value("latitude", [3, 4], np.nan), "position_missing", 2),
        (with_value("latitude", [3], 95.0), "position_invalid", 1),
        (with_value("depth", [0, 11], -0.2), "depth_negative", 2),
        (with_value("depth", [1, 2, 3], -9999.9), "depth_invalid", 3),
        (with_value("depth", [2], 9.9e36), "depth_invalid", 1),
        (with_value("time", [5], np.nan), "time_missing", 1),
        (with_value("time", [0], 10.0), "time_out_of_range", 1),
        (with_value("time", [23], 4e9), "time_out_of_range", 1),
        (with_value("longitude", slice(6, 12), 80.0), "position_jump", 1),
    ],
)
def test_invalid_values_are_counted_and_excluded_from_the_figures(
    tmp_path: Path, read: Read, columns: dict[str, Any], code: str, count: int
) -> None:
    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {code: count}
    assert mission_of(report)["profiles"] == 4
    assert mission_of(report)["bbox"] == pytest.approx([15.5, 55.5, 15.53, 55.5])
    assert mission_of(report)["start_at"].startswith("2020-09-13T12:2")
    assert mission_of(report)["end_at"].startswith("2020-09-13T12:4")
    assert mission_of(report)["max_depth_m"] == 50


def test_positions_at_the_origin_are_dropped(tmp_path: Path, read: Read) -> None:
    columns = with_value("latitude", [3], 0.0)
    columns["longitude"][3] = 0.0

    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {"position_zero": 1}
    assert mission_of(report)["bbox"] == pytest.approx([15.5, 55.5, 15.53, 55.5])


def test_a_flagged_position_does_not_change_the_distance(tmp_path: Path, read: Read) -> None:
    sound = mission_of(read(time_series(tmp_path / "a.nc")))
    jumped = mission_of(read(time_series(tmp_path / "b.nc", with_value("longitude", slice(6, 12), 80.0))))

    assert jumped["distance_m"] == pytest.approx(sound["distance_m"], rel=1e-6)


def test_repeated_rows_are_dropped_but_counted_as_samples(tmp_path: Path, read: Read) -> None:
    columns = {name: np.concatenate((values, values[4:7], values[4:5])) for name, values in rows().items()}

    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {"duplicate_rows": 4}
    assert (mission_of(report)["samples"], mission_of(report)["profiles"]) == (28, 4)


def test_different_rows_at_one_time_are_no_duplicates(tmp_path: Path, read: Read) -> None:
    columns = {name: np.repeat(values, 2) for name, values in rows().items()}
    columns["temperature"] = columns["temperature"] + np.tile([0.0, 0.5], 24)

    assert warnings(read(time_series(tmp_path / "a.nc", columns))) == {}


def test_rows_out_of_order_are_sorted(tmp_path: Path, read: Read) -> None:
    order = np.random.default_rng(1).permutation(24)
    shuffled = {name: values[order] for name, values in rows().items()}

    assert mission_of(read(time_series(tmp_path / "a.nc", shuffled))) == mission_of(
        read(time_series(tmp_path / "b.nc"))
    )


def test_negative_depths_are_negated(tmp_path: Path, read: Read) -> None:
    columns = rows()
    columns["depth"] = -columns["depth"] - 1

    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {"depth_sign_flipped": 24}
    assert mission_of(report)["max_depth_m"] == 51


@pytest.mark.parametrize(("odd", "dropped"), [(99999.0, 1), (1e30, 1), (-99999.0, 1), (9999.0, 1), (0.2, 0)])
def test_one_invalid_depth_does_not_prevent_the_negation_of_the_others(
    tmp_path: Path, read: Read, odd: float, dropped: int
) -> None:
    columns = rows()
    columns["depth"] = -columns["depth"] - 1
    columns["depth"][0] = odd

    report = read(time_series(tmp_path / "a.nc", columns))

    counts = warnings(report)
    assert counts.get("depth_invalid", 0) == dropped
    assert counts["depth_sign_flipped"] >= 23
    assert mission_of(report)["max_depth_m"] == 51


def test_an_impossible_date_is_not_used_as_the_modification_date(tmp_path: Path, tools: ImportContext) -> None:
    attributes = {"date_modified": "9999-12-31T23:59:59Z", "date_issued": "0001-01-01", "date_created": "2021-05-01"}
    observations = detection.read(time_series(tmp_path / "a.nc", attributes=attributes), tools.limits)

    modified_ms = metadata.modified_ms(observations, tools.span.earliest_ms, tools.span.latest_ms)

    assert modified_ms == to_ms(datetime(2021, 5, 1, tzinfo=UTC))


def test_depth_is_derived_from_pressure_if_it_is_missing(tmp_path: Path, read: Read) -> None:
    columns = {**rows(), "pressure": rows()["depth"] * 1.01}
    columns["depth"][:] = np.nan

    report = read(time_series(tmp_path / "a.nc", columns, units={"pressure": "dbar"}))

    assert warnings(report) == {"depth_from_pressure": 24}
    assert mission_of(report)["max_depth_m"] == pytest.approx(50.0366, abs=1e-4)


def test_a_profile_number_without_any_depth_is_no_profile(tmp_path: Path, read: Read) -> None:
    report = read(time_series(tmp_path / "a.nc", with_value("depth", slice(6, 12), np.nan)))

    assert (mission_of(report)["samples"], mission_of(report)["profiles"]) == (24, 3)


def test_longitudes_from_0_to_360_are_wrapped(tmp_path: Path, read: Read) -> None:
    columns = rows(lon=359.985)
    columns["longitude"] %= 360

    report = read(time_series(tmp_path / "a.nc", columns))

    assert mission_of(report)["bbox"] == pytest.approx([-0.015, 55.5, 0.015, 55.5])
    assert "position_jump" not in warnings(report)


def test_a_box_across_180_degrees_has_a_west_that_is_greater_than_its_east(tmp_path: Path, read: Read) -> None:
    report = read(time_series(tmp_path / "a.nc", rows(lon=179.985, lat=-17.0)))

    assert mission_of(report)["bbox"] == pytest.approx([179.985, -17.0, -179.985, -17.0])
    assert mission_of(report)["distance_m"] == pytest.approx(3 * 0.01 * 106_500, rel=1e-2)


def test_turning_points_replace_missing_profile_numbers(tmp_path: Path, read: Read) -> None:
    columns = {name: values for name, values in rows().items() if name != "profile_index"}

    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {"profile_number_missing": 24}
    assert (mission_of(report)["samples"], mission_of(report)["profiles"]) == (24, 4)


def test_a_profile_file_is_one_profile(tmp_path: Path, read: Read) -> None:
    record = mission_of(read(profile_file(tmp_path / "a.nc", 3)))

    assert (record["profiles"], record["samples"], record["distance_m"]) == (1, 6, 0)


@pytest.mark.parametrize("dimension", ["N_MEASUREMENTS", "n_measurements", "obs"])
def test_names_in_upper_and_lower_case_are_read(tmp_path: Path, read: Read, dimension: str) -> None:
    names = {"profile_index": "PROFILE_NUMBER", "temperature": "TEMP"}
    columns = {names.get(name, name.upper()): values for name, values in rows().items()}
    units = {"TIME": "seconds since 1970-01-01T00:00:00Z"}

    report = read(time_series(tmp_path / "a.nc", columns, units=units, dimension=dimension))

    assert (mission_of(report)["profiles"], mission_of(report)["samples"]) == (4, 24)
