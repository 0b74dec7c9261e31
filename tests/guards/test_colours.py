"""The browser draws in the colours of the pictures."""

import json
from pathlib import Path

from app.ingest.derive import section_plots, section_variables

ASSETS = Path(__file__).parents[2] / "app/assets"


def test_the_browsers_colours_are_cmoceans() -> None:
    told = json.loads((ASSETS / "colours.json").read_text(encoding="utf-8"))
    expected = {name: section_plots.table(name).tobytes().hex() for name in section_variables.COLOUR_MAPS}
    assert {name: colours for name, colours in told.items() if name != "about"} == expected


def test_cmoceans_licence_goes_with_its_colours() -> None:
    assert "Kristen M. Thyng" in (ASSETS / "colours.LICENSE").read_text(encoding="utf-8")
