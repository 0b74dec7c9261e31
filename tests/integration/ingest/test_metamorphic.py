"""Changes of form that leave every figure unchanged: a mission in parts, and our own exports imported again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.compositions import EXACT, Composition, compositions, require_figures

Stored = Callable[[Sequence[Path], str], Report]
FEW, MANY = 6, 300
PLATFORMS = (f"m{number}" for number in count())
FORMS = st.sampled_from(["netcdf", "csv"])
PLAIN = ("", "bad time", "tests before")


@pytest.fixture
def stored(tools: ImportContext, db: Database[dict[str, Any]]) -> Stored:
    """A function that imports files as one mission of a platform, and returns the report of the last one."""

    def run(files: Sequence[Path], platform: str) -> Report:
        *_, report = importer.real(files, replace(tools, options=Options(platform=platform)))
        return report

    return run


def check_parts(composition: Composition, cuts: Sequence[float], stored: Stored, folder: Path) -> None:
    """Assert that the parts of the file have the figures of the whole."""
    truth, layout, _ = composition
    rows = np.arange(truth.time_s.size)
    pieces = [piece for piece in np.split(rows, sorted({int(cut * rows.size) for cut in cuts})) if piece.size]

    platform = next(PLATFORMS)
    files = [layout.write(folder / f"{platform}-{n}.nc", piece) for n, piece in enumerate(pieces)]

    report = stored(files, platform)

    require_figures((truth, layout, rows), report)


def check_export(
    composition: Composition, form: str, stored: Stored, client: FlaskClient, tools: ImportContext, folder: Path
) -> None:
    """Assert that our own export of the mission has its figures, too."""
    _, layout, order = composition
    report = stored([layout.write(folder / "a.nc", order)], next(PLATFORMS))
    require_figures(composition, report)
    mission = report.mission
    assert mission is not None
    address = f"/api/v1/missions/{mission['platform']}/{mission['mission']}/data?format={form}"
    path = folder / f"export.{'nc' if form == 'netcdf' else 'csv'}"
    path.write_bytes(client.get(address, buffered=True).data)

    options = Options(mission["platform"], mission["mission"])
    (again,) = importer.dry([path], replace(tools, options=options))

    assert again.outcome == "stored", (layout, again.reason)
    assert again.mission is not None
    assert {name: again.mission[name] for name in EXACT} == {name: mission[name] for name in EXACT}, layout
    for name in ("distance_m", "max_depth_m", "vertical_m", "bbox"):
        assert again.mission[name] == pytest.approx(mission[name], rel=1e-6, abs=1e-6), (name, layout)


# A part needs samples enough to show in which unit and from which number on it counts.
CUTS = st.lists(st.floats(0.3, 0.9), min_size=1, max_size=2).filter(
    lambda cuts: all(abs(a - b) > 0.3 for a in cuts for b in cuts if a is not b)
)
SHARED = [HealthCheck.function_scoped_fixture]


@given(composition=compositions(extras=("",)), cuts=CUTS)
@settings(max_examples=FEW, derandomize=True, deadline=None, suppress_health_check=SHARED)
def test_splitting_in_parts_leaves_the_figures_unchanged(
    composition: Composition, cuts: list[float], stored: Stored, tmp_path: Path
) -> None:
    check_parts(composition, cuts, stored, tmp_path)


@given(composition=compositions(extras=PLAIN), form=FORMS)
@settings(max_examples=FEW, derandomize=True, deadline=None, suppress_health_check=SHARED)
def test_an_export_that_is_imported_again_has_the_same_figures(
    composition: Composition, form: str, stored: Stored, client: FlaskClient, tools: ImportContext, tmp_path: Path
) -> None:
    check_export(composition, form, stored, client, tools, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_missions_in_parts_have_the_figures_of_the_whole(stored: Stored, tmp_path: Path) -> None:
    @seed(1)
    @given(composition=compositions(extras=("",)), cuts=CUTS)
    @settings(max_examples=MANY, phases=[Phase.generate], deadline=None, database=None)
    def run(composition: Composition, cuts: list[float]) -> None:
        check_parts(composition, cuts, stored, tmp_path)

    run()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_exports_that_are_imported_again_have_the_same_figures(
    stored: Stored, client: FlaskClient, tools: ImportContext, tmp_path: Path
) -> None:
    @seed(1)
    @given(composition=compositions(extras=PLAIN), form=FORMS)
    @settings(max_examples=MANY, phases=[Phase.generate], deadline=None, database=None)
    def run(composition: Composition, form: str) -> None:
        check_export(composition, form, stored, client, tools, tmp_path)

    run()
