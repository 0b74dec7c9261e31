"""The browser and the rendered pictures use the same colour maps."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from app.domain import plot_style
from app.domain.sections import Theme
from app.ingest.derive import section_plots, section_variables

APP = Path(__file__).parents[2] / "app"


def test_the_colour_maps_of_the_browser_equal_those_of_cmocean() -> None:
    colour_maps = json.loads((APP / "domain/data/colours.json").read_text(encoding="utf-8"))
    expected = {name: section_plots.table(name) for name in section_variables.COLOUR_MAPS}
    for name, theme in product(plot_style.POINT_MAPS, plot_style.POINT_GROUNDS):
        expected[plot_style.point_map(name, theme)] = section_plots.point_table(name, theme)
    stored = {name: colours for name, colours in colour_maps.items() if name != "about"}
    assert stored == {name: table.tobytes().hex() for name, table in expected.items()}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour_map", plot_style.POINT_MAPS)
def test_points_contrast_with_the_grounds_of_both_themes(colour_map: str, theme: Theme) -> None:
    colours = np.frombuffer(plot_style.colours(plot_style.point_map(colour_map, theme)), np.uint8).reshape(-1, 3)
    page = np.frombuffer(bytes.fromhex(plot_style.inks(theme)[0][1:]), np.uint8)
    grounds = (page, np.asarray(plot_style.POINT_GROUNDS[theme], np.uint8))
    assert min(section_plots.contrast(colours, ground).min() for ground in grounds) >= 3
    assert plot_style.cloud_palette(theme)[: colours.size] == plot_style.colours(f"dense_on_{theme}")


def test_the_contrast_of_white_and_black_is_21_to_1() -> None:
    white, black = np.full((1, 3), 255, np.uint8), np.zeros(3, np.uint8)
    assert section_plots.contrast(white, black) == pytest.approx(21)


def test_the_licence_of_cmocean_is_shipped_with_its_colours() -> None:
    assert "Kristen M. Thyng" in (APP / "assets/colours.LICENSE").read_text(encoding="utf-8")
