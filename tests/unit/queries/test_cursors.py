"""Cursors of lists: encoding, decoding and refusal of forged ones."""

import base64
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.queries import cursors

MILLISECONDS = st.integers(-(10**12), 10**13)


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


@given(st.text(max_size=80), st.integers(-(2**53), 2**53), MILLISECONDS)
def test_a_cursor_decodes_to_its_values(text: str, number: int, ms: int) -> None:
    at = datetime.fromtimestamp(ms / 1000, UTC)
    assert cursors.decode(cursors.encode(text, number, at), str, int, datetime) == (text, number, at)


@given(st.text(max_size=200))
def test_arbitrary_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        cursors.decode(text, str, datetime, int, int, int)


@pytest.mark.parametrize(
    "value",
    [[1, "a"], ["a"], ["a", "b"], ["a", 1, 2], {"a": 1}, "a", ["a", True], ["a", 2**60], ["a", 1.5], ["a", None]],
)
def test_a_cursor_with_other_types_or_another_length_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="cursor"):
        cursors.decode(forged(value), str, datetime)


def test_an_overlong_cursor_is_refused() -> None:
    with pytest.raises(Invalid, match="cursor"):
        cursors.decode(forged(["a" * 10_000, 1]), str, datetime)
