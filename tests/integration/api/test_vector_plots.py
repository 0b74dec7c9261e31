"""Plots as SVG: axes, cells and points are those of the arrays, by time or distance, with good or with all values."""

import io
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pymongo.database import Database

from app.domain import plot_style
from app.domain.sections import Theme
from tests.integration.api import section_samples

Get = Callable[..., Any]
Db = Database[dict[str, Any]]
MISSION = "/missions/smilla77/20221208T1145"
SVG = "{http://www.w3.org/2000/svg}"
GAP = (0, 0, 0, 0)


def plot(get: Get, path: str) -> ElementTree.Element:
    """The root of a plot."""
    answer = get(f"{MISSION}/{path}")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml"), answer.text
    return ElementTree.fromstring(answer.data)  # noqa: S314 -- Our own answer.


def texts(root: ElementTree.Element) -> list[str]:
    return [(text.text or "").strip() for text in root.iter(f"{SVG}text")]


def cells(root: ElementTree.Element) -> Any:
    """The picture of the cells: rows, columns, and red, green, blue and opacity of each pixel."""
    (image,) = [each for each in root.iter(f"{SVG}image") if each.get("width") == "704"]
    return np.asarray(Image.open(io.BytesIO(b64decode((image.get("href") or "").partition(",")[2]))).convert("RGBA"))


def colour(value: float, low: float, high: float, colour_map: str = "thermal") -> tuple[int, ...]:
    level = min(max(int((value - low) / (high - low) * 64), 0), 63)
    return (*plot_style.colours(colour_map)[3 * level : 3 * level + 3], 255)


def at(pixels: Any, row: int, share: float) -> tuple[int, ...]:
    """The pixel of a row at a share of the width."""
    return tuple(int(channel) for channel in pixels[row, int(share * pixels.shape[1])])


def test_each_cell_of_a_section_has_the_colour_of_its_value(get: Get) -> None:
    pixels = cells(plot(get, "sections/temperature.svg"))

    limits = (-0.9876543, 9.5)
    assert pixels.shape == (2, 1408, 4)
    # Columns of one hour each, with a gap of two hours before the last one.
    assert [at(pixels, 0, share) for share in (0.1, 0.3, 0.9)] == [colour(each, *limits) for each in (1.23, -1.25, 3.0)]
    assert [at(pixels, 1, share) for share in (0.1, 0.3, 0.5, 0.9)] == [
        colour(4.0, *limits),
        GAP,
        GAP,
        colour(10.0, *limits),
    ]


def test_the_axis_can_be_the_distance_along_the_track(get: Get) -> None:
    by_time, by_distance = (plot(get, f"sections/temperature.svg?axis={axis}") for axis in ("time", "distance"))

    assert "Time (UTC)" in texts(by_time)
    assert {"Distance along the track (km)", "0.0", "1.5"} <= set(texts(by_distance))
    # 0 to 0.4, 0.4 to 0.9 and 1.3 to 1.5 km of 1.5 km.
    pixels = cells(by_distance)
    assert [at(pixels, 0, share)[3] for share in (0.2, 0.5, 0.7, 0.9)] == [255, 255, 0, 255]


def test_an_unknown_distance_is_said(get: Get) -> None:
    answer = get(f"{MISSION}/sections/air_temperature.svg?axis=distance")
    assert answer.status_code == 404
    assert "give a distance along its track" in answer.json["detail"]


def test_flagged_values_are_hidden_or_striped_and_the_legend_says_so(get: Get) -> None:
    good, every = (plot(get, f"sections/temperature.svg?quality={quality}") for quality in ("good", "all"))

    assert "Good values only: 2 flagged as bad are hidden" in texts(good)
    assert "All values, 2 of them flagged as bad; striped cells: flagged values only" in texts(every)
    pixels = cells(every)
    assert pixels.shape[0] == 4
    assert [at(pixels, row, 0.3) for row in (2, 3)] == [colour(12.5, -0.9876543, 9.5), GAP]
    assert [at(pixels, row, 0.9) for row in (0, 1)] == [colour(7.0, -0.9876543, 9.5)] * 2


def test_a_mission_without_flagged_values_has_no_legend_about_them(get: Get) -> None:
    series = plot(get, "sections/air_temperature.svg?quality=all")
    assert [text for text in texts(series) if "flagged" in text] == []
    assert [path.get("d") for path in series.iter(f"{SVG}path")].count("M248.0 203.0h0") == 1


def test_flagged_samples_of_a_t_s_diagram_are_hollow(get: Get) -> None:
    good, every = (plot(get, f"ts.svg?quality={quality}") for quality in ("good", "all"))

    rings = [[path for path in root.iter(f"{SVG}path") if "data-flagged" in path.attrib] for root in (good, every)]
    assert [len(each) for each in rings] == [0, 1]
    assert rings[1][0].get("fill") is None
    assert "All values, 1 of them flagged as bad; hollow points: flagged values only" in texts(every)


def test_a_sample_of_unknown_depth_is_grey_and_the_legend_names_all_marks(get: Get) -> None:
    root = plot(get, "ts.svg")

    squares = [path.get("fill") for path in root.iter(f"{SVG}path") if (path.get("d") or "").endswith("h3v3h-3z")]
    deepest = bytes(colour(1.5, 0.0, 1.5, "dense_on_light")[:3]).hex()
    assert squares == [plot_style.inks("light")[2], f"#{deepest}"]
    marks = "Grey: depth unknown (1) · Lines: potential density anomaly σ₀ (TEOS-10), kg m⁻³"
    assert f"2 of 5 good samples drawn · {marks}" in texts(root)


def test_a_t_s_diagram_without_any_depth_has_no_colour_bar(get: Get, db: Db) -> None:
    unknown = section_samples.packed([float("nan")] * 2, "f4")
    db.sections.update_one({"what": "ts"}, {"$set": {"packed.depth_m": unknown, "depth_unknown": 2}})
    root = plot(get, "ts.svg")
    assert "Depth (m)" not in texts(root)
    assert list(root.iter(f"{SVG}image")) == []


@pytest.mark.parametrize("path", ["ts.svg", "sections/temperature.svg"])
def test_the_title_of_a_plot_has_the_dates_of_its_mission(get: Get, path: str) -> None:
    heading = texts(plot(get, path))[0]
    assert re.search(r" · (T-S diagram|Temperature) · 8 to 16 December 2022 · ", heading), heading


def test_a_t_s_diagram_has_lines_of_equal_density_with_their_labels(get: Get) -> None:
    root = plot(get, "ts.svg")
    assert {"8", "10", "12"} <= set(texts(root))
    assert {"Salinity", "Temperature (°C)", "Depth (m)"} <= set(texts(root))


@pytest.mark.parametrize(("theme", "ground"), [("light", "#ffffff"), ("dark", "#0a1724")])
def test_a_plot_has_the_colours_of_its_theme(get: Get, theme: Theme, ground: str) -> None:
    root = plot(get, f"sections/temperature.svg?theme={theme}")
    page, behind, *_ = [rect.get("fill") for rect in root.iter(f"{SVG}rect")]
    assert (page, behind) == (ground, plot_style.ground(theme))
    page, behind, *_ = [rect.get("fill") for rect in plot(get, f"ts.svg?theme={theme}").iter(f"{SVG}rect")]
    assert (page, behind) == (ground, ground)


def test_hostile_names_are_escaped(get: Get, db: Db) -> None:
    db.platforms.update_one({"_id": "smilla77"}, {"$set": {"name": "<script>\u0000&\u202e"}})
    root = plot(get, "ts.svg")
    assert root.findall(f".//{SVG}script") == []
