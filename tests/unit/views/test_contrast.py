"""Contrast of text and tracks with every background of both themes (WCAG 2.1, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "app" / "assets" / "css"
TEXTS = ("ink", "muted", "link", "accent", "signal")
GROUNDS = ("ground", "surface", "band")


def _colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


THEMES = {
    "light": _colours((CSS / "site.css").read_text(encoding="utf-8").split("}")[0]),
    "dark": _colours((CSS / "dark.css").read_text(encoding="utf-8")),
}


def test_black_on_white_is_21_to_1() -> None:
    assert round(_contrast("#000000", "#ffffff"), 1) == 21


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_has_a_contrast_of_at_least_4_5(theme: str, text: str, ground: str) -> None:
    colours = THEMES[theme]
    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["map-sea", "map-land"])
@pytest.mark.parametrize("line", ["track", "signal"])
def test_tracks_have_a_contrast_of_at_least_3_with_sea_and_land(theme: str, line: str, ground: str) -> None:
    colours = THEMES[theme]
    assert _contrast(colours[line], colours[ground]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_labels_on_the_map_have_a_contrast_of_at_least_4_5(theme: str) -> None:
    colours = THEMES[theme]
    assert _contrast(colours["ink"], colours["map-land"]) >= 4.5
    assert _contrast(colours["muted"], colours["map-sea"]) >= 4.5
