"""No panel sets an option that its type ignores, and each such fault is detected."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.monitoring.panel_modes import faults
from tests.unit.monitoring.sources import PANELS

Document = dict[str, Any]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_is_drawn_as_written(panel: Document) -> None:
    assert faults(panel) == []


def _without_colour_mode(panel: Document) -> None:
    del panel["fieldConfig"]["defaults"]["color"]


def _with_a_gradient(panel: Document) -> None:
    panel["fieldConfig"]["defaults"]["color"] = {"mode": "continuous-GrYlRd"}


def _without_limits(panel: Document) -> None:
    del panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]


def _without_threshold_style(panel: Document) -> None:
    panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] = "off"


def _without_soft_maximum(panel: Document) -> None:
    del panel["fieldConfig"]["defaults"]["custom"]["axisSoftMax"]


def _with_thresholds(panel: Document) -> None:
    steps = [{"value": None, "color": "green"}, {"value": 1, "color": "red"}]
    panel["fieldConfig"]["defaults"]["thresholds"] = {"mode": "absolute", "steps": steps}


def _with_plain_cells(panel: Document) -> None:
    for override in panel["fieldConfig"]["overrides"]:
        override["properties"] = [one for one in override["properties"] if one["id"] != "custom.cellOptions"]


def _with_an_unknown_column(panel: Document) -> None:
    panel["options"]["sortBy"] = [{"displayName": "requests per second", "desc": True}]


def _with_a_linear_scale(panel: Document) -> None:
    panel["options"]["color"]["scale"] = "linear"


def _of_another_type(panel: Document) -> None:
    panel["type"] = "graph"


@pytest.mark.parametrize(
    ("title", "breach", "fault"),
    [
        # The state timeline's own default: in an outage, 0 would be green and 1 red.
        ("Dependencies", _without_colour_mode, "its thresholds are ignored without color.mode thresholds"),
        ("Circuit breakers", _with_a_gradient, "its thresholds are ignored without color.mode thresholds"),
        ("Burn rate, last hour", _without_limits, "it has a single colour"),
        ("Latency", _without_threshold_style, "thresholds need a thresholdsStyle, which is off"),
        ("Replicas", _with_thresholds, "thresholds need a thresholdsStyle, which is off"),
        ("Replicas", _without_colour_mode, "its lines have one colour"),
        ("Replicas", _without_soft_maximum, "a line at 0 would have an axis up to 100"),
        ("Routes", _with_plain_cells, "the thresholds of the column errors are ignored"),
        ("Routes", _with_an_unknown_column, "there is no column requests per second to sort by"),
        ("Routes", _with_thresholds, "thresholds of the whole table would colour no cell"),
        ("Distribution of the latency of successful requests", _with_thresholds, "it ignores thresholds"),
        (
            "Distribution of the latency of successful requests",
            _with_a_linear_scale,
            "only an exponential scale reads the exponent",
        ),
        ("Latency", _of_another_type, "type graph is unknown"),
    ],
)
def test_an_ignored_option_is_detected(title: str, breach: Callable[[Document], None], fault: str) -> None:
    panel = copy.deepcopy(next(one for one in PANELS if one["title"] == title))
    breach(panel)

    assert fault in faults(panel)
