"""The page cache over a small application."""

import pytest

from tests.unit.cache.doubles import Setup


@pytest.fixture
def setup() -> Setup:
    return Setup()
