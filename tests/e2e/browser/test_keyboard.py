"""The keyboard reaches the contents of pages in a few steps, and the focus follows what opens."""

from collections.abc import Callable

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.page_paths import SMILLA

Open = Callable[[int], Window]
MAX_STOPS = 25
FOCUSED_IN = "return Boolean(document.activeElement.closest(arguments[0]))"


def stops_until(window: Window, selector: str) -> int:
    """Press Tab until the focus is within the selector; the number of presses, at most one more than allowed."""
    for stops in range(1, MAX_STOPS + 2):
        ActionChains(window.chrome).send_keys(Keys.TAB).perform()
        if window.chrome.execute_script(FOCUSED_IN, selector):
            return stops
    return MAX_STOPS + 1


@pytest.mark.parametrize("platforms", [44, pytest.param(400, marks=pytest.mark.slow)])
def test_the_list_of_the_landing_page_is_reached_with_few_tab_stops(
    chrome: Chrome, window: Open, fleets: Callable[[int], str], platforms: int
) -> None:
    window(1440)  # A tab without the focus of an earlier test.
    desk = Window(chrome, fleets(platforms), 1440).open("/")
    assert stops_until(desk, "[data-track], [data-platform]") <= MAX_STOPS


def test_markers_are_no_tab_stops(window: Open) -> None:
    for path in ("/", "/map", SMILLA):
        assert [marker.get_attribute("tabindex") for marker in window(1440).open(path).all(".marker-box")] in (
            [None],
            [None] * 2,
        )


def test_a_link_skips_the_map(window: Open) -> None:
    desk = window(1440).open("/")
    stops_until(desk, ".watch > .skip-link")
    ActionChains(desk.chrome).send_keys(Keys.ENTER).perform()
    assert desk.chrome.current_url.endswith("#listed")
    assert stops_until(desk, "[data-track]") <= 2


def test_the_focus_moves_into_a_popup_and_back(window: Open) -> None:
    desk = window(1440).open("/")
    (button,) = desk.all("[data-track='smilla77/20221208T1145'] [data-show]")
    button.send_keys(Keys.ENTER)
    WebDriverWait(desk.chrome, 20).until(lambda chrome: chrome.execute_script(FOCUSED_IN, ".leaflet-popup-content"))
    desk.all(".leaflet-popup-close-button")[0].send_keys(Keys.ENTER)
    WebDriverWait(desk.chrome, 20).until(lambda chrome: chrome.execute_script(FOCUSED_IN, "[data-show]"))


def test_the_menu_of_a_phone_opens_without_scripts_and_closes_with_escape(window: Open) -> None:
    phone = window(390).open("/data")
    (link,) = phone.all("header nav a[href='/fleet']")
    assert not link.is_displayed()
    phone.all(".menu-button")[0].click()
    assert link.is_displayed()
    assert stops_until(phone, "header nav") == 1
    ActionChains(phone.chrome).send_keys(Keys.ESCAPE).perform()
    assert not link.is_displayed()
    phone.all(".menu-button")[0].click()
    link.click()
    WebDriverWait(phone.chrome, 20).until(lambda chrome: chrome.current_url.endswith("/fleet"))
