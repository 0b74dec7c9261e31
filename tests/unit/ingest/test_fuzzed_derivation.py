"""Structured fuzzing of the derivation: whatever values a file holds, sections, pictures and track can be computed.

The functions are those of an import, without the store between them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
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
from tests.made_files import rows, time_series

FEW, MANY = 25, 1_500
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


@pytest.fixture
def derive(tools: ImportContext, tmp_path: Path) -> Derive:
    """A function that writes a file with these columns and computes everything that derives from it."""

    def run(table: dict[str, Any]) -> None:
        path = time_series(tmp_path / "a.nc", table, units={"salinity": "1", "wcur_u": "m s-1"})
        try:
            draft = importer._draft(tools.reader.read(path, tools.limits), path, "", tools)
        except Refused as refusal:
            event(f"refused: {refusal.code}")
            return
        _derived(draft, File(path, "", 0))

    return run


def _derived(draft: Draft, file: File) -> None:
    mission, _ = new_mission(draft, file, NOW, ())
    profiles = profile_documents(draft, draft.version, file)
    samples = list(sample_documents(draft, draft.version, -1, len(draft.parts)))
    built = section_builder.build(mission, [Dive.of(doc) for doc in profiles], samples, 1, NOW)
    for section in built.sections:
        assert section_plots.section(section, "made", "R")["light"].startswith(b"\x89PNG")
    if built.cloud:
        assert section_plots.cloud(built.cloud, "made", "R")["dark"].startswith(b"\x89PNG")
    track = track_builder.track_of(mission_to_document(mission), profiles, samples)
    assert all(depth is None or 0 <= depth <= 11_000 for depth in track.deepest_m)
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
