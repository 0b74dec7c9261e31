"""Small files with one trait each, made from public bug reports: the figures of the mission that all of them hold.

The mission: 255 samples, 6 profiles (3 dives to 100 m, 15 samples between dives outside profiles), 7908.2 m along the
profiles, 2023-06-01T00:00:00Z to 02:07:00Z, box 17.0, 57.0, 17.127, 57.0508.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gsw
import pytest

from app.ingest.interpret.identity import Options
from app.ingest.reports import Report

Read = Callable[..., Report]

BASE = {
    "samples": 255,
    "profiles": 6,
    "distance_m": 7908.2,
    "max_depth_m": 100.0,
    "vertical_m": 600.0,
    "start_at": "2023-06-01T00:00:00.000Z",
    "end_at": "2023-06-01T02:07:00.000Z",
    "bbox": [17.0, 57.0, 17.127, 57.0508],
}
OPTIONS = {
    "ego-phase-number.nc": Options("ifm10", "depl02"),
    "imos-profile.nc": Options("sl209", "made"),
}
# The pressure of 101 dbar at the latitudes of the dives.
DEPTH_101_M = float(-gsw.z_from_p(101.0, 57.02))
# Pattern of the name: (figures that differ from BASE, warnings).
CASES: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    # Vertical axis.
    "altitude.nc": ({}, {}),
    "altitude.csv": ({}, {"depth_unit_missing": 255}),
    "depth-by-standard-name.nc": ({}, {}),
    "depth-feet.nc": ({}, {}),
    "pressure-MPa.nc": (
        {"max_depth_m": DEPTH_101_M, "vertical_m": 6 * DEPTH_101_M},
        {"depth_from_pressure": 255},
    ),
    "grid-over-pressure.nc": (
        {
            "samples": 6,
            "max_depth_m": float(-gsw.z_from_p(99.5, 57.0039)),
            "vertical_m": 6 * float(-gsw.z_from_p(99.5, 57.02)),
            "start_at": "2023-06-01T00:09:45.000Z",
            "end_at": "2023-06-01T01:54:45.000Z",
            "bbox": [17.0098, 57.0039, 17.1148, 57.0459],
        },
        {"depth_from_pressure": 600},
    ),
    # Times. The sample with a wrong time is missing in the mean position of its profile.
    "one-stamp-2000.nc": ({"distance_m": 7899.0}, {"time_out_of_range": 1}),
    "stale-test-profiles.nc": ({"samples": 340}, {"time_before_deployment": 85}),
    "days-since-year-1.nc": ({}, {}),
    "zone-0-00.nc": ({}, {}),
    # Packing and fill values. A pressure replaces the depth that was a fill value.
    "depth-9999.nc": ({}, {"depth_from_pressure": 1, "depth_invalid": 1}),
    "unsigned-packed-depth.nc": ({}, {}),
    "positions-radians.nc": ({}, {}),
    "positions-undeclared-fill.nc": (
        {"distance_m": None, "bbox": [17.04, 57.016, 17.127, 57.0508]},
        {"position_fill": 480, "position_missing": 240},
    ),
    # Profiles.
    "og1-phase-no-number.nc": ({}, {}),
    "ego-phase-number.nc": (
        {"max_depth_m": DEPTH_101_M, "vertical_m": 6 * DEPTH_101_M},
        {"depth_from_pressure": 255},
    ),
    "imos-profile.nc": ({}, {}),
    "numbers-from-zero.nc": ({}, {"profile_number_from_zero": 40}),
    "number-int64-ns.nc": ({}, {}),
    "numbers-*-after-3h.nc": (
        {
            "samples": 340,
            "profiles": 8,
            "distance_m": 14117.7,
            "vertical_m": 800.0,
            "end_at": "2023-06-01T06:24:30.000Z",
            "bbox": [17.0, 57.0, 17.0845, 57.0838],
        },
        {"profile_number_repeated": 4},
    ),
    # One sample less in the mean position of a profile.
    "one-sample-0N-30W.nc": ({"distance_m": 7908.7}, {"position_outlier": 1}),
    "one-sample-one-degree.nc": ({"distance_m": 7908.7}, {"position_outlier": 1}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_with_one_trait_gives_the_right_figures_and_warnings(test_data: Path, read: Read, name: str) -> None:
    different, warnings = CASES[name]
    expected = BASE | different

    (path,) = (test_data / "cases").glob(name)
    report = read(path, OPTIONS.get(name))

    assert report.outcome == "stored", report.reason
    mission = report.mission
    exact = ("samples", "profiles", "start_at", "end_at")
    assert {key: mission[key] for key in exact} == {key: expected[key] for key in exact}
    distance_m = expected["distance_m"]
    assert mission["distance_m"] == (None if distance_m is None else pytest.approx(distance_m, rel=1e-3))
    assert mission["max_depth_m"] == pytest.approx(expected["max_depth_m"], rel=1e-4)
    assert mission["vertical_m"] == pytest.approx(expected["vertical_m"], rel=1e-4)
    assert mission["bbox"] == pytest.approx(expected["bbox"], abs=1e-4)
    assert {warning["code"]: warning["count"] for warning in mission["warnings"]} == warnings
