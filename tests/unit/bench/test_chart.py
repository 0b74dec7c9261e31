"""The chart of the aims: positions, marks and texts of its small multiples."""

from xml.etree import ElementTree

import pytest

from bench import chart
from bench.measured import Aim

SVG = "{http://www.w3.org/2000/svg}"
AIMS = {
    "fast": Aim("fast", "fast < slow & small", "pages", ">=", 0.5),
    "none": Aim("none", "no failures", "pages", "<=", 0.0),
    "later": Aim("later", "not measured yet", "pages", "<=", 1.0),
}
HISTORY: dict[str, list[list[str | float]]] = {
    "fast": [
        ["2024-05-01T12:30+00:00", "abc1234", 1.0, 0.9, 1.1],
        ["2024-06-01T12:30+00:00", "def5678", 0.25, 0.2, 70.0],
    ],
    "none": [["2024-05-01T12:30+00:00", "abc1234", 0.0, 0.0, 0.0]],
}


def parsed(history: dict[str, list[list[str | float]]]) -> ElementTree.Element:
    return ElementTree.fromstring(chart.drawn(history, AIMS))  # noqa: S314 -- Our own picture.


@pytest.fixture
def charts() -> dict[str, ElementTree.Element]:
    """The groups of the small multiples, by the name of the aim."""
    picture = parsed(HISTORY)
    return {group.findtext(f"{SVG}text", ""): group for group in picture.findall(f"{SVG}g")}


def test_each_measured_aim_has_a_chart_in_the_order_of_the_aims(charts):
    assert list(charts) == ["fast", "none"]
    assert charts["fast"].findtext(f"{SVG}title") == "fast < slow & small"


def test_points_are_as_high_as_their_values_and_the_limit(charts):
    heights = [float(point.attrib["cy"]) for point in charts["fast"].findall(f"{SVG}circle")]
    bottom, limit = (float(line.attrib["y1"]) for line in charts["fast"].findall(f"{SVG}line")[:2])
    first, second = (bottom - height for height in heights)
    assert first == pytest.approx(4 * second, rel=0.02)
    assert bottom - limit == pytest.approx(first / 2, rel=0.02)


def test_an_interval_far_outside_the_scale_ends_at_its_top(charts):
    ends = [float(line.attrib["y2"]) for line in charts["fast"].findall(f"{SVG}line[@class='interval']")]
    assert min(ends) == chart._TOP


def test_the_latest_value_is_marked_as_met_or_missed(charts):
    marks = {name: group.findall(f"{SVG}circle")[-1].attrib["class"] for name, group in charts.items()}
    assert marks == {"fast": "missed", "none": "met"}


def test_a_point_names_its_day_and_revision(charts):
    titles = [point.findtext(f"{SVG}title") for point in charts["fast"].findall(f"{SVG}circle")]
    assert titles == ["2024-05-01, abc1234: 1 (0.9 … 1.1)", "2024-06-01, def5678: 0.25 (0.2 … 70)"]


def test_without_results_the_chart_is_empty():
    assert parsed({}).findall(f"{SVG}g") == []
