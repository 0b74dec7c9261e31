"""Structured fuzzing of the derivation: whatever values a file holds, sections, pictures and track can be computed.

The functions are those of an import, without the store between them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, event, given, seed, settings
from hypothesis import strategies as st

from app.domain.times import to_ms
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.derive import section_builder, section_plots, track_builder
from app.ingest.derive.section_builder import Dive
from app.ingest.interpret.mission_draft import Draft
from app.ingest.persist.mapping import File, new_mission, profile_documents, sample_documents
from app.ingest.refusals import Refused
from app.store.documents import mission_to_document
from tests.compositions import compositions
from tests.made_files import rows, time_series
from tests.made_truth import Layout

FEW, FEW_FILES, MANY, MANY_FILES = 25, 15, 1_500, 1_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
POISON = st.sampled_from([
    1e39, -1e39, 1.7976931348623157e308, -1.7976931348623157e308, 3.5e38, 1e20, 9.9e18, -9.9e18, 1e15, 1e-320, 1e-45,
    5e-324, -0.0, 0.0, -999.0, 9999.0, -99999.0, 32767.0, 2.0**53, 2.0**63, float("nan"), float("inf"), -float("inf"),
])  # fmt: skip
COLUMNS = ("temperature", "salinity", "wcur_u", "depth", "profile_index", "longitude", "latitude", "time")
Derive = Callable[[dict[str, Any]], None]


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """The columns of a small mission, some values of which are replaced."""
    table = {name: values.astype(np.float64) for name, values in rows(draw(st.integers(1, 6))).items()}
    count = table["time"].size
    table["salinity"] = np.linspace(6, 8, count)
    table["wcur_u"] = np.linspace(-0.1, 0.1, count)
    for name in draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4)):
        kind = draw(st.sampled_from(["some", "some", "all", "swap"]))
        if kind == "all":
            table[name][:] = draw(POISON)
        elif kind == "swap":
            other = draw(st.integers(0, count - 1))
            table[name][draw(st.integers(0, count - 1))] = table[name][other]
        else:
            at = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=5))
            table[name][at] = draw(st.lists(POISON, min_size=len(at), max_size=len(at)))
    return table


# Attributes of variables that decide how their values are read.
ODD_ATTRIBUTES: dict[str, list[Any]] = {
    "units": [
        "",
        "m",
        "feet",
        "dbar",
        "counts",
        "degrees_north",
        "days since 0001-01-01",
        "1e400 m",
        "seconds since x",
    ],
    "scale_factor": [0.0, -1.0, 1e300, float("nan"), float("inf")],
    "add_offset": [1e300, -1e18, float("nan")],
    "valid_min": [5.0, 1e39, float("nan")],
    "valid_max": [-5.0, 0.0, float("inf")],
    "missing_value": [0.0, 10.0, float("nan"), "none"],
    "_Unsigned": ["true", "false", "x"],
    "standard_name": ["depth", "height", "time", "sea_water_pressure", "latitude"],
    "positive": ["up", "down", "x"],
    "axis": ["Z", "T"],
    "calendar": ["julian", "noleap", "x"],
}


@st.composite
def files(draw: st.DrawFn) -> tuple[Layout, Any]:
    """A file of composed traits, of which values and attributes are replaced and variables are missing."""
    _, layout, order = draw(compositions())
    for _ in range(draw(st.integers(1, 3))):
        if not layout.variables:
            break
        name = draw(st.sampled_from(sorted(layout.variables)))
        values, dtype, attributes = layout.variables[name]
        kind = draw(st.sampled_from(["values", "values", "all", "attribute", "attribute", "drop"]))
        if kind == "drop" and len(layout.variables) > 1:
            del layout.variables[name]
        elif kind == "attribute":
            attribute = draw(st.sampled_from(sorted(ODD_ATTRIBUTES)))
            odd = draw(st.sampled_from(ODD_ATTRIBUTES[attribute]))
            layout.variables[name] = (values, dtype, {**attributes, attribute: odd})
        else:
            at = slice(None) if kind == "all" else draw(st.integers(0, len(values) - 1))
            changed = np.array(values)
            with np.errstate(all="ignore"):
                changed[at] = np.float64(draw(POISON)).astype(changed.dtype)
            layout.variables[name] = (changed, dtype, attributes)
    return layout, order


@pytest.fixture
def derive_file(tools: ImportContext) -> Callable[[Path], None]:
    """A function that computes everything that derives from a file."""

    def run(path: Path) -> None:
        try:
            draft = importer._draft(tools.reader.read(path, tools.limits), path, "", tools)
        except Refused as refusal:
            event(f"refused: {refusal.code}")
            return
        _derived(draft, File(path, "", 0))

    return run


@pytest.fixture
def derive(derive_file: Callable[[Path], None], tmp_path: Path) -> Derive:
    """A function that writes a file with these columns and computes everything that derives from it."""
    return lambda table: derive_file(time_series(tmp_path / "a.nc", table, units={"salinity": "1", "wcur_u": "m s-1"}))


def _derived(draft: Draft, file: File) -> None:
    mission, _ = new_mission(draft, file, NOW, ())
    profiles = profile_documents(draft, draft.version, file)
    samples = list(sample_documents(draft, draft.version, -1, len(draft.parts)))
    built = section_builder.build(mission, [Dive.of(doc) for doc in profiles], samples, 1, NOW)
    for section in built.sections:
        assert section_plots.section(section, "made", mission)[1].startswith(b"\x89PNG")
    if built.cloud:
        assert section_plots.cloud(built.cloud, "made", mission)[4].startswith(b"\x89PNG")
    track = track_builder.track_of(mission_to_document(mission), profiles, samples)
    assert all(depth is None or 0 <= depth <= 11_000 for depth in track.deepest_m)
    figures = mission.figures
    assert all(map(isfinite, (figures.distance_m, figures.vertical_m, figures.max_depth_m or 0, *(figures.bbox or ()))))
    assert to_ms(mission.figures.start_at) <= to_ms(mission.figures.end_at)


@given(table=columns())
@settings(
    max_examples=FEW, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_everything_is_derived_from_fuzzed_values(derive: Derive, table: dict[str, Any]) -> None:
    derive(table)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(table=columns())
@settings(
    max_examples=MANY,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_everything_is_derived_from_many_fuzzed_values(derive: Derive, table: dict[str, Any]) -> None:
    derive(table)


@given(file=files())
@settings(
    max_examples=FEW_FILES, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_everything_is_derived_from_fuzzed_files(
    derive_file: Callable[[Path], None], tmp_path: Path, file: tuple[Layout, Any]
) -> None:
    layout, order = file
    derive_file(layout.write(tmp_path / "b.nc", order))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_everything_is_derived_from_many_fuzzed_files(derive_file: Callable[[Path], None], tmp_path: Path) -> None:
    @seed(1)
    @given(file=files())
    @settings(max_examples=MANY_FILES, phases=[Phase.generate], deadline=None, database=None)
    def run(file: tuple[Layout, Any]) -> None:
        layout, order = file
        derive_file(layout.write(tmp_path / "b.nc", order))

    run()
