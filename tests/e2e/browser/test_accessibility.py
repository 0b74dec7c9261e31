"""axe-core reports no violation on any page, wide and narrow, light and dark."""

from collections.abc import Callable

import pytest

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.page_paths import PAGES

Open = Callable[[int], Window]


@pytest.mark.parametrize(
    ("width_px", "dark"),
    [
        pytest.param(1440, False, id="1440-light"),
        pytest.param(390, True, id="390-dark"),
        pytest.param(1440, True, id="1440-dark", marks=pytest.mark.slow),
        pytest.param(390, False, id="390-light", marks=pytest.mark.slow),
    ],
)
def test_no_page_has_accessibility_violations(window: Open, width_px: int, dark: bool) -> None:
    opened = window(width_px)
    opened.prefer_colours("dark" if dark else "light")
    assert {name: opened.open(path).accessibility_violations() for name, path in PAGES.items()} == {
        name: [] for name in PAGES
    }
