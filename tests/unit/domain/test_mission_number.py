"""The operator's number of a mission."""

import pytest

from app.domain import mission_number


@pytest.mark.parametrize(
    ("file_name", "number"),
    [
        ("nrt_SEA077_M17.nc", "M17"),
        ("sea077-m017.nc", "M17"),
        ("delayed_SEA045_M9_M9.nc", "M9"),
        ("SEA077.nc", None),
        ("a_M1_b_M2.nc", None),
        ("M17x.nc", None),
        ("form17.nc", None),
        ("https://example.org/erddap/tabledap/nrt_SEA077_M17.csvp", "M17"),
    ],
)
def test_the_number_is_read_from_the_name_of_the_file(file_name: str, number: str | None) -> None:
    assert mission_number.of_file(file_name) == number
