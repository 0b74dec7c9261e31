"""Composed traits: whatever a file's units, packing, calendar, numbering and order are, its figures are right."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.reports import Report
from tests import made_flags, made_truth
from tests.made_truth import Layout, Truth

Dry = Callable[[Path], Iterator[Report]]
# Seconds since 1970: 2001 to 2024.
STARTS = st.integers(978_307_200, 1_735_689_599).map(lambda s: datetime.fromtimestamp(s, UTC))
TRAITS = (made_truth.TIMES, made_truth.VERTICALS, made_truth.NUMBERS)
EXACT = ("samples", "profiles", "start_at", "end_at")
# Few of the compositions; the slow form runs twenty times as many.
FEW, MANY = 100, 2_000


@pytest.fixture
def dry(tools: ImportContext) -> Dry:
    """A function that returns the report of a dry run on one file, read in this process."""
    return lambda path: importer.dry([path], tools)


@st.composite
def compositions(draw: st.DrawFn) -> tuple[Truth, Layout, np.ndarray]:
    """A mission, its file, and the order of its rows."""
    seed = draw(st.integers(0, 2**32 - 1))
    time, vertical, numbers = (draw(st.sampled_from(sorted(traits))) for traits in TRAITS)
    truth = made_truth.mission(
        seed,
        dives=draw(st.integers(2, 4) if numbers == "again" else st.integers(1, 4)),
        # Dives of 15 m have several samples within a metre of their turning points.
        deepest_m=draw(st.sampled_from([80.0, 300.0, 600.0] if numbers == "none" else [15.0, 80.0, 300.0, 600.0])),
        lon=draw(st.sampled_from([17.0, -130.0, 179.999, -179.999, 0.001])),
        lat=draw(st.sampled_from([57.0, -35.0, 2.0, 71.0])),
        start=draw(STARTS),
    )
    if numbers != "none" and draw(st.booleans()):
        truth = made_truth.with_holes(truth, seed, draw(st.sampled_from([0.05, 0.3])))
    stamp = truth.start + timedelta(hours=draw(st.sampled_from([-20, 0, 1])))
    layout = Layout(attributes={"id": f"made-{stamp:%Y%m%dT%H%M}"})
    position = draw(st.sampled_from(["degrees", "360", "radians", "undeclared"]))
    can_be_table = made_truth.TIMES[time] in made_truth.IN_TABLES["calendars"]
    layout.is_table = can_be_table and vertical in made_truth.IN_TABLES["verticals"] and draw(st.booleans())
    layout.traits += [time, position, vertical, numbers]
    made_truth.add_time(layout, truth, time)
    made_truth.add_positions(layout, truth, position)
    before = set(layout.variables)
    made_truth.VERTICALS[vertical](layout, truth)
    (axis,) = set(layout.variables) - before
    made_truth.NUMBERS[numbers](layout, truth)
    layout.variables["temperature"] = (truth.temperature, draw(st.sampled_from(["f4", "f8"])), {"units": "Celsius"})
    # Turning points need the depths that flags would leave out.
    if numbers != "none" and draw(st.booleans()):
        convention = draw(st.sampled_from(made_flags.IN_TABLES if layout.is_table else sorted(made_flags.CONVENTIONS)))
        layout.traits.append(convention)
        truth = made_truth.with_flags(layout, truth, seed, made_flags.CONVENTIONS[convention], axis)
    rows = truth.time_s.size
    extra = draw(st.sampled_from(["", "", "bad time", "repeated rows", "tests before"]))
    layout.traits.append(extra)
    if extra == "tests before":
        layout.precede(10, days=draw(st.sampled_from([3, 30, 500])))
    elif extra:
        layout.repeat(draw(st.integers(0, rows - 1)), extra == "bad time")
    order = np.arange(layout.variables["time"][0].size)
    if draw(st.booleans()):
        order = np.random.default_rng(seed).permutation(order)
    return truth, layout, order


def check(composition: tuple[Truth, Layout, np.ndarray], dry: Dry, path: Path) -> None:
    """Assert that the file gives the figures of the mission and the warnings of its traits."""
    truth, layout, order = composition
    expected = truth.figures() | {"samples": order.size}

    (report,) = dry(layout.write(path, order))

    assert report.outcome == "stored", report.reason
    mission = report.mission
    assert {name: mission[name] for name in EXACT} == {name: expected[name] for name in EXACT}, (
        layout.traits,
        mission["warnings"],
    )
    assert mission["distance_m"] == pytest.approx(expected["distance_m"], rel=1e-3, abs=0.01)
    assert mission["max_depth_m"] == pytest.approx(expected["max_depth_m"], rel=1e-4, abs=0.011)
    assert mission["vertical_m"] == pytest.approx(expected["vertical_m"], rel=1e-4, abs=0.05)
    assert mission["bbox"] == pytest.approx(expected["bbox"], abs=1e-4)
    assert {warning["code"] for warning in mission["warnings"]} - {"depth_negative"} == layout.warnings


@given(composition=compositions())
@settings(
    max_examples=FEW, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_composed_traits_leave_the_figures_unchanged(composition, dry: Dry, tmp_path: Path) -> None:
    check(composition, dry, tmp_path / "a.nc")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(composition=compositions())
@settings(
    max_examples=MANY,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_many_compositions_leave_the_figures_unchanged(composition, dry: Dry, tmp_path: Path) -> None:
    check(composition, dry, tmp_path / "a.nc")
