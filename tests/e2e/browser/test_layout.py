"""No page has overflow, cut text or blank space below its footer: at every width, for fleets of every size."""

from collections.abc import Callable
from itertools import product

import pytest
from selenium.webdriver import Chrome

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.page_paths import PAGES

Serve = Callable[[str, list[str]], str]
WIDTHS_PX = (390, 768, 1024, 1440, 2560)
PLATFORMS = (0, 1, 12, 44, 400)
# Links to the first mission, platform and basin of the list, where there is one.
LISTS = (
    "/",
    "/map",
    "/missions",
    "/fleet",
    "/stats",
    "/status",
    "/updates",
    "/data",
    "/search?q=seed",
    "/basins/baltic-sea",
)
DETAILS = ("main a[href^='/missions/']", "main a[href^='/fleet/']", "main a[href^='/basins/']")
# A header of one row.
MAX_HEADER_PX = 64

# Texts that end outside the window, or outside a box that cuts them; texts for screen readers and maps are left out.
PROBLEMS = """
  const problems = [];
  const root = document.documentElement;
  const bottom = document.querySelector("footer").getBoundingClientRect().bottom + scrollY;
  const blank = Math.round(root.scrollHeight - bottom);
  if (blank > 1) problems.push(`${blank} px below the footer`);
  if (root.scrollWidth > root.clientWidth) problems.push(`${root.scrollWidth - root.clientWidth} px of overflow`);
  const header = document.querySelector("header").getBoundingClientRect().height;
  if (header > MAX_HEADER_PX) problems.push(`a header of ${header} px`);
  const isLeftOut = (element) =>
    element.closest(".visually-hidden, .skip-link, .map, script, noscript, svg, option, [popover]") ||
    !element.checkVisibility({ visibilityProperty: true });
  const boxes = (element) => {
    const found = [];
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const { overflowX, clipPath } = getComputedStyle(box);
      if (clipPath !== "none") return null;
      if (["auto", "scroll"].includes(overflowX)) return found;
      if (["hidden", "clip"].includes(overflowX)) found.push(box.getBoundingClientRect());
    }
    return [...found, { left: 0, right: root.clientWidth }];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || isLeftOut(element)) continue;
    const cutting = boxes(element);
    if (!cutting) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right } of range.getClientRects()) {
      if (cutting.some((box) => left < box.left - 1 || right > box.right + 1)) {
        problems.push(`cut: ${element.localName}.${element.className} "${node.data.trim().slice(0, 40)}"`);
        break;
      }
    }
  }
  return problems;
""".replace("MAX_HEADER_PX", str(MAX_HEADER_PX))


@pytest.fixture(scope="session")
def fleets(serve: Serve) -> Callable[[int], str]:
    """A function that returns the address of a portal with so many platforms, a few of them at sea."""
    addresses: dict[int, str] = {}

    def address(platforms: int) -> str:
        if platforms not in addresses:
            addresses[platforms] = serve(f"fleet{platforms}", _command(platforms))
        return addresses[platforms]

    return address


def _command(platforms: int) -> list[str]:
    if not platforms:
        return ["indexes"]
    # Eight missions each. Sections take a second for each mission at sea.
    active = min(platforms, 3)
    return ["seed", "--missions", f"{platforms * 8}", "--profiles", "1", "--samples", "2", "--active", f"{active}"]


def problems(window: Window, path: str) -> list[str]:
    found: list[str] = window.open(path).chrome.execute_script(PROBLEMS)
    return found


def _details(window: Window) -> list[str]:
    """The first mission, platform and basin that a page links to."""
    first = "return document.querySelector(arguments[0])?.getAttribute('href')"
    paths = (window.chrome.execute_script(first, selector) for selector in DETAILS)
    return [path for path in paths if path]


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
    found = {path: problems(window, path) for path in LISTS}
    window.open("/missions")
    found |= {path: problems(window, path) for path in _details(window)}
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize("width_px", [390, 768, 1024, pytest.param(2560, marks=pytest.mark.slow)])
def test_no_page_of_the_demo_overflows_or_is_cut(window: Callable[[int], Window], width_px: int) -> None:
    opened = window(width_px)
    found = {name: problems(opened, path) for name, path in PAGES.items()}
    assert {name: each for name, each in found.items() if each} == {}
