"""One table declares the filters of missions; the API and the page cache accept exactly these."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.api.v1.parameters import MissionFilters
from app.cache.policy import RULES
from app.domain import mission_filters
from app.errors import Invalid

DECLARED = {each.name: each for each in mission_filters.PARAMETERS}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("platform", "Smilla77", "smilla77"),
        ("kind", "sailbuoy", "sailbuoy"),
        ("project", "SAMBA", "SAMBA"),
        ("year", "2022", 2022),
        ("from", "2022-12-01", datetime(2022, 12, 1, tzinfo=UTC)),
        ("to", "2022-12-31", datetime(2023, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_text_is_converted_to_the_stored_value(name: str, text: str, value: Any) -> None:
    assert mission_filters.valid(DECLARED[name], text) == value


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("kind", "Glider", "must be glider or sailbuoy"),
        ("data_mode", "r", "must be R, P, A or D"),
        ("simulated", "yes", "must be include"),
        ("year", "1969", "must be a year from 1970 to 2200"),
        ("year", "٢٠٢٢", "must be a year from 1970 to 2200"),
        ("basin", "x" * 201, "must be text of 1 to 200 characters"),
        ("basin", "", "must be text of 1 to 200 characters"),
        ("basin", "a\0b", "must be text of 1 to 200 characters"),
    ],
)
def test_an_invalid_text_is_refused_with_the_allowed_values(name: str, text: str, problem: str) -> None:
    with pytest.raises(Invalid, match=f"^{name}: {problem}"):
        mission_filters.valid(DECLARED[name], text)


def test_the_span_must_not_end_before_it_begins() -> None:
    day = datetime(2022, 12, 8, tzinfo=UTC)
    with pytest.raises(Invalid, match=r"^to: must be later than from"):
        mission_filters.selection({"from": day, "to": day})


def test_a_selection_separates_filters_from_the_span() -> None:
    selection = mission_filters.selection({"year": 2022, "simulated": "include"})
    assert (selection.filters, selection.simulated, selection.since) == ({"year": 2022}, True, None)


def test_the_api_accepts_exactly_the_declared_parameters() -> None:
    assert set(MissionFilters.model_json_schema()["properties"]) == set(DECLARED)


@pytest.mark.parametrize("route", ["/missions", "/map", "/api/v1/missions", "/api/v1/tracks"])
def test_the_page_cache_distinguishes_the_declared_parameters(route: str) -> None:
    assert set(DECLARED) <= set(RULES[route].arguments)
