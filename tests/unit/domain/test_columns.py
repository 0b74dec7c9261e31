"""Encoded columns decode to the same values; decoding does not import numpy."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import columns


@given(st.lists(st.floats(width=32)))
def test_float32_columns_decode_to_their_values(values: list[float]) -> None:
    data = columns.encoded(np.array(values, dtype=np.float32), "f4")

    assert columns.decoded(data, "f4").tolist() == pytest.approx(values, nan_ok=True)


@given(st.lists(st.floats()))
def test_float64_columns_decode_to_their_values(values: list[float]) -> None:
    data = columns.encoded(np.array(values, dtype=np.float64), "f8")

    assert columns.decoded(data, "f8").tolist() == pytest.approx(values, nan_ok=True)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_time_columns_decode_to_their_values(values: list[int]) -> None:
    data = columns.encoded(np.array(values, dtype=np.int64), "i8")

    assert columns.decoded(data, "i8").tolist() == values


def test_decoding_columns_does_not_import_numpy() -> None:
    program = "import sys, app.domain.columns; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
