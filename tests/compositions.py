"""Compositions of traits by hypothesis: a mission of `made_truth`, its file, and the order of its rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from app.ingest.reports import Report
from tests import made_flags, made_truth
from tests.made_truth import Layout, Truth

Composition = tuple[Truth, Layout, np.ndarray[Any, Any]]
# Seconds since 1970: 2001 to 2024.
STARTS = st.integers(978_307_200, 1_735_689_599).map(lambda s: datetime.fromtimestamp(s, UTC))
TRAITS = (made_truth.TIMES, made_truth.VERTICALS, made_truth.NUMBERS)
EXTRAS = ("", "", "bad time", "repeated rows", "tests before")
EXACT = ("samples", "profiles", "start_at", "end_at")


@st.composite
def compositions(draw: st.DrawFn, extras: tuple[str, ...] = EXTRAS) -> Composition:
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
    layout = Layout(f"made-{stamp:%Y%m%dT%H%M}")
    layout.identity = draw(st.sampled_from(made_truth.IDENTITIES))
    layout.geometry = draw(st.sampled_from(made_truth.GEOMETRIES))
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
    extra = draw(st.sampled_from(extras))
    layout.traits.append(extra)
    if extra == "tests before":
        layout.precede(10, days=draw(st.sampled_from([3, 30, 500])))
    elif extra:
        layout.repeat(draw(st.integers(0, rows - 1)), extra == "bad time")
    order = np.arange(layout.variables["time"][0].size)
    if draw(st.booleans()):
        order = np.random.default_rng(seed).permutation(order)
    return truth, layout, order


def require_figures(composition: Composition, report: Report) -> None:
    """Assert that the report has the figures of the mission."""
    truth, layout, order = composition
    expected = truth.figures() | {"samples": order.size}
    assert report.outcome != "refused", (layout, report.reason)
    mission = report.mission
    assert mission is not None
    assert {name: mission[name] for name in EXACT} == {name: expected[name] for name in EXACT}, (layout, mission)
    distance_m = expected["distance_m"]
    near = None if distance_m is None else pytest.approx(distance_m, rel=1e-3, abs=0.01)
    assert mission["distance_m"] == near, layout
    assert mission["max_depth_m"] == pytest.approx(expected["max_depth_m"], rel=1e-4, abs=0.011), layout
    assert mission["vertical_m"] == pytest.approx(expected["vertical_m"], rel=1e-4, abs=0.05), layout
    assert mission["bbox"] == pytest.approx(expected["bbox"], abs=1e-4), layout
