"""No page has overflow, cut text or blank space below its footer: at every width, for fleets of every size."""

from collections.abc import Callable
from itertools import product

import pytest
from selenium.webdriver import Chrome

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.layout_problems import problems
from tests.e2e.browser.page_paths import PAGES

WIDTHS_PX = (390, 768, 1024, 1440, 2560)
PLATFORMS = (0, 1, 12, 44, 400)
# Links to the first mission, platform and basin of the list, where there is one.
LISTS = (
    "/",
    "/map",
    "/map?embed=1",
    "/missions",
    "/fleet",
    "/stats",
    "/status",
    "/updates",
    "/data",
    "/search?q=seed",
    "/basins/baltic-sea",
    "/nowhere",
    "/api/v1/docs",
)
# How many lines the text of each element takes.
LINES = """
  return [...document.querySelectorAll(arguments[0])].map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  });
"""
MISSION = "main a[href^='/missions/']"
PLOT = "main a[data-large]"
DETAILS = (MISSION, "main a[href^='/fleet/']", "main a[href^='/basins/']")


def _details(window: Window) -> list[str]:
    """The first mission, platform and basin of the list of missions, and the first plot of that mission."""
    window.open("/missions")
    paths = [_first(window, selector) for selector in DETAILS]
    if paths[0]:
        window.open(paths[0])
        paths.append(_first(window, PLOT))
    return [path for path in paths if path]


def _visited(window: Window, path: str, name: str) -> list[str]:
    """The problems of a page, after a screenshot if they are enabled."""
    found = problems(window, path)
    window.screenshot(f"{name}{path.partition('?')[0].replace('/', '-')}")
    return found


def _first(window: Window, selector: str) -> str | None:
    """The address of the first link that matches, None without one."""
    script = "return document.querySelector(arguments[0])?.getAttribute('href')"
    address: str | None = window.chrome.execute_script(script, selector)
    return address


CASES = [
    pytest.param(
        *case,
        id="-".join(map(str, case)),
        marks=[] if case in ((12, 1440, "light"), (12, 390, "dark")) else pytest.mark.slow,
    )
    for case in product(PLATFORMS, WIDTHS_PX, ("light", "dark"))
]


@pytest.mark.parametrize(("platforms", "width_px", "scheme"), CASES)
def test_no_page_of_a_fleet_overflows_or_is_cut(
    chrome: Chrome, fleets: Callable[[int], str], platforms: int, width_px: int, scheme: str
) -> None:
    window = Window(chrome, fleets(platforms), width_px)
    window.prefer_colours(scheme)
    found = {path: _visited(window, path, f"fleet-of-{platforms}-{scheme}") for path in LISTS}
    found |= {path: _visited(window, path, f"fleet-of-{platforms}-{scheme}") for path in _details(window)}
    assert {path: each for path, each in found.items() if each} == {}


def test_names_and_positions_of_the_landing_list_take_one_line(chrome: Chrome, fleets: Callable[[int], str]) -> None:
    window = Window(chrome, fleets(12), 1440).open("/")
    lines: list[int] = window.chrome.execute_script(LINES, ".fleet th > a, .fleet [data-position]")
    assert len(lines) >= 12
    assert set(lines) == {1}


@pytest.mark.parametrize("width_px", [390, 768, 1024, pytest.param(2560, marks=pytest.mark.slow)])
def test_no_page_of_the_demo_overflows_or_is_cut(window: Callable[[int], Window], width_px: int) -> None:
    opened = window(width_px)
    found = {name: problems(opened, path) for name, path in PAGES.items()}
    assert {name: each for name, each in found.items() if each} == {}
