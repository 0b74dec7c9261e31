"""The browser and the rendered pictures use the same colour maps."""

import json
from pathlib import Path

from app.ingest.derive import section_plots, section_variables

APP = Path(__file__).parents[2] / "app"


def test_the_colour_maps_of_the_browser_equal_those_of_cmocean() -> None:
    colour_maps = json.loads((APP / "domain/data/colours.json").read_text(encoding="utf-8"))
    expected = {name: section_plots.table(name).tobytes().hex() for name in section_variables.COLOUR_MAPS}
    assert {name: colours for name, colours in colour_maps.items() if name != "about"} == expected


def test_the_licence_of_cmocean_is_shipped_with_its_colours() -> None:
    assert "Kristen M. Thyng" in (APP / "assets/colours.LICENSE").read_text(encoding="utf-8")
