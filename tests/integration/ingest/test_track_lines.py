"""The lines of a track: each coarser detail has fewer points and stays within its documented tolerance."""

from collections.abc import Callable
from math import cos, radians
from pathlib import Path

import pytest
from shapely import LineString, Point

from app.domain.records import LonLat
from app.ingest.reports import Report
from app.store import tracks
from tests.conftest import Seed

DEMO = Path(__file__).parents[3] / "demo" / "nrt_SEA077_M17.nc"
Lines = dict[str, tuple[LonLat, ...]]


@pytest.fixture
def lines(ingest: Callable[..., list[Report]], seed: Seed) -> Lines:
    """The line of 143 profiles of Smilla near 55.4° N, and its simplified lines."""
    seed("SEA077", lambda: ingest(DEMO))
    track = tracks.find("smilla77", "20221208T1145")
    assert track is not None
    return {name: getattr(track, name)[0] for name in ("lines", "simplified", "medium", "coarse")}


def deviation_deg(full: tuple[LonLat, ...], simplified: tuple[LonLat, ...]) -> float:
    """Return the greatest distance of the full line from the simplified one, in degrees of latitude."""
    shrink = cos(radians(sum(lat for _, lat in full) / len(full)))
    line = LineString([(lon * shrink, lat) for lon, lat in simplified])
    return max(line.distance(Point(lon * shrink, lat)) for lon, lat in full)


def test_each_coarser_detail_has_fewer_points_and_the_same_ends(lines: Lines) -> None:
    counts = [len(line) for line in lines.values()]
    assert counts[0] == 143
    assert counts[0] > counts[1] > counts[2] >= counts[3] >= 2
    assert {(line[0], line[-1]) for line in lines.values()} == {(lines["lines"][0], lines["lines"][-1])}


def test_each_detail_stays_within_the_tolerance_of_the_api(lines: Lines) -> None:
    deviations = {name: deviation_deg(lines["lines"], lines[name]) for name in ("simplified", "medium", "coarse")}
    # The mean latitude of a line and that of its parts differ by less than a hundredth.
    assert deviations["simplified"] <= 0.002 * 1.01
    assert 0.002 < deviations["medium"] <= 0.02 * 1.01
    assert deviations["medium"] <= deviations["coarse"] <= 0.1 * 1.01
