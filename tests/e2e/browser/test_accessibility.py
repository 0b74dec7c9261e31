"""axe-core finds nothing on any page, wide and narrow, light and dark."""

from collections.abc import Callable

import pytest

from tests.e2e.browser.looking import Window
from tests.e2e.browser.test_pages import PAGES

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
def test_no_page_puts_barriers_up(window: Open, width_px: int, dark: bool) -> None:
    opened = window(width_px)
    opened.prefer("dark" if dark else "light")
    assert {name: opened.open(path).barriers() for name, path in PAGES.items()} == {name: [] for name in PAGES}
