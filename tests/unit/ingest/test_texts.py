"""Texts of files: identifiers that are numbers, Latin-1, lists."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.ingest.formats import detection
from app.ingest.interpret import metadata
from tests.made_files import time_series

LIMITS = detection.Limits(1 << 20, 1000)
Described = Callable[[Path], dict[str, Any]]


def described(path: Path) -> dict[str, Any]:
    """Return the metadata of a file."""
    return metadata.described(detection.read(path, LIMITS))


@pytest.mark.parametrize("value", [4800906, 4800906.0, "4800906", "4800906.0", np.array([4800906], dtype=np.int32)])
def test_a_wmo_id_may_be_a_number(tmp_path: Path, value: Any) -> None:
    assert described(time_series(tmp_path / "a.nc", attributes={"wmo_id": value}))["wmo_id"] == "4800906"


@pytest.mark.parametrize("kind", ["i4", "f8"])
def test_a_variable_with_a_wmo_id_may_hold_a_number(tmp_path: Path, kind: str) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("WMO_IDENTIFIER", kind)[...] = 4800906

    assert described(path)["wmo_id"] == "4800906"


def test_a_list_of_texts_is_one_text(tmp_path: Path) -> None:
    people = {"contributor_name": ["A. Author", "B. Leader"], "contributor_role": ["operator", "PI"]}
    path = time_series(tmp_path / "a.nc", attributes={"project": ["One", "Two"]})
    with netCDF4.Dataset(path, "a") as file:
        for name, values in people.items():
            file.setncattr_string(name, values)

    fields = described(path)

    assert (fields["project"], fields["pi"]) == ("One, Two", "B. Leader")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_texts_in_utf_8_and_in_latin_1_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.nc"
    text = "Université de Liège"
    with (
        netCDF4.Dataset(time_series(tmp_path / "sound.nc")) as source,
        netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file,
    ):
        file.createDimension("time", len(source.dimensions["time"]))
        for name, variable in source.variables.items():
            copy = file.createVariable(name, "f8", ("time",))
            copy[:] = variable[:]
            copy.setncatts({a: variable.getncattr(a) for a in variable.ncattrs() if a == "units"})
        # The length of the bytes in the chosen encoding.
        file.institution = "#" * len(text.encode(encoding))
    path.write_bytes(path.read_bytes().replace(b"#" * len(text.encode(encoding)), text.encode(encoding)))

    assert described(path)["institution"] == text


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [("wmo-number.nc", "wmo_id", "4800906"), ("latin1-attribute.nc", "institution", "Université de Liège")],
)
def test_texts_of_case_files(test_data: Path, name: str, field: str, expected: str) -> None:
    observations = detection.read(test_data / "cases" / name, detection.Limits(1 << 20, 1000))

    assert metadata.described(observations)[field].startswith(expected)
