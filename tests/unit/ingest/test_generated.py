"""Composed traits: whatever a file's units, packing, calendar, numbering, form and order are, its figures are right."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.reports import Report
from tests.compositions import Composition, compositions, require_figures

Dry = Callable[[Path], Iterator[Report]]
# Few of the compositions; the slow form runs twenty times as many, from three seeds.
FEW, MANY = 100, 2_000


@pytest.fixture
def dry(tools: ImportContext) -> Dry:
    """A function that returns the report of a dry run on one file, read in this process."""
    return lambda path: importer.dry([path], tools)


def check(composition: Composition, dry: Dry, path: Path) -> None:
    """Assert that the file gives the figures of the mission and the warnings of its traits."""
    _, layout, order = composition

    (report,) = dry(layout.write(path, order))

    require_figures(composition, report)
    assert report.mission is not None
    assert {warning["code"] for warning in report.mission["warnings"]} - {"depth_negative"} == layout.warnings, layout


@given(composition=compositions())
@settings(
    max_examples=FEW, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_composed_traits_leave_the_figures_unchanged(composition: Composition, dry: Dry, tmp_path: Path) -> None:
    check(composition, dry, tmp_path / "a.nc")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_many_compositions_leave_the_figures_unchanged(number: int, dry: Dry, tmp_path: Path) -> None:
    @seed(number)
    @given(composition=compositions())
    @settings(max_examples=MANY, phases=[Phase.generate], deadline=None, database=None)
    def run(composition: Composition) -> None:
        check(composition, dry, tmp_path / "a.nc")

    run()
