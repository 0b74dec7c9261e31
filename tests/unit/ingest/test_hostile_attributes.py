"""Hostile attributes of a file are shortened, or the file is refused, both in a dry run and in an import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import netCDF4
import numpy as np
import pytest

from app.ingest.formats import detection, mission_limits
from app.ingest.formats.observations import Observations
from app.ingest.interpret import metadata
from app.ingest.persist import mapping
from app.ingest.reports import Report
from tests.made_files import rows, time_series

Read = Callable[..., Report]


def observed(path: Path) -> Observations:
    """Return the rows of a file as the reader returns them."""
    return detection.read(path, detection.Limits(1 << 30, 1000))


def test_declared_texts_and_names_are_shortened_with_an_ellipsis(tmp_path: Path) -> None:
    attributes = {"basin": "C" * 17_000_000, "title": "T" * 1_000_000, "summary": "S" * 1_000_000}

    observations = observed(time_series(tmp_path / "a.nc", attributes=attributes))

    assert metadata.declared(observations)["basin"] == "C" * 499 + "…"
    descriptions = metadata.described(observations)
    assert descriptions["title"] == "T" * 499 + "…"
    assert descriptions["summary"] == "S" * 3999 + "…"


def test_integers_beyond_64_bits_are_stored_as_text(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc", attributes={"total_dives": np.uint64(2**64 - 1)})

    assert metadata.declared(observed(path))["total_dives"] == "18446744073709551615"
    assert read(path).outcome == "stored"


def test_units_of_variables_are_shortened(tmp_path: Path) -> None:
    path = time_series(tmp_path / "a.nc", {**rows(), "strange": rows()["depth"]}, units={"strange": "u" * 100_000})

    about = {column.about.name: column.about for column in observed(path).columns}
    assert (about["strange"].unit, about["strange"].source_unit) == ("u" * 80, "u" * 80)


def test_a_file_with_too_many_variables_is_refused(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        variables = [file.createVariable(f"v{i}", "f4", ("time",)) for i in range(mission_limits.MAX_VARIABLES)]
        variables[0][:] = 1.0

    assert read(path).reason_code == "too_large"


def test_metadata_that_no_document_can_hold_are_refused_in_a_dry_run(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = time_series(tmp_path / "a.nc")
    monkeypatch.setattr(metadata, "declared", Mock(return_value={"total_dives": 2**64}))
    assert read(path).reason_code == "unreadable"

    monkeypatch.setattr(metadata, "declared", Mock(return_value={}))
    monkeypatch.setattr(mapping, "_MOST_BYTES", 100)
    assert read(path).reason_code == "too_large"


@pytest.fixture
def hostile_texts() -> dict[str, Any]:
    """Attributes that are invalid in an address, a page or a document."""
    return {"title": "a\x00b", "comment": "\x00", "geospatial_lat_min": np.nan, "date_created": np.arange(3)}


def test_a_file_with_invalid_attributes_is_stored(tmp_path: Path, read: Read, hostile_texts: dict[str, Any]) -> None:
    assert read(time_series(tmp_path / "a.nc", attributes=hostile_texts)).outcome == "stored"
