"""The keyboard reaches the contents of pages in a few steps, and the focus follows what opens."""

from collections.abc import Callable

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.page_paths import PAGES, SMILLA

Open = Callable[[int], Window]
MAX_STOPS = 25
FOCUSED_IN = "return Boolean(document.activeElement.closest(arguments[0]))"
EVA = PAGES["mission-eva035"]
# In place of the clipboard, which a test may not use without permission.
COUNT_COPIES = """
  window.copies = 0;
  const writeText = async () => { window.copies += 1; };
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
"""


def stops_until(window: Window, selector: str) -> int:
    """Press Tab until the focus is within the selector; the number of presses, at most one more than allowed."""
    for stops in range(1, MAX_STOPS + 2):
        ActionChains(window.chrome).send_keys(Keys.TAB).perform()
        if window.chrome.execute_script(FOCUSED_IN, selector):
            return stops
    return MAX_STOPS + 1


def button_of(mission: str) -> str:
    return f"[data-track='{mission.removeprefix('/missions/')}'] [data-show]"


def popup_of(mission: str) -> str:
    return f".leaflet-popup-content:has(a[href='{mission}'])"


def show_by_keyboard(window: Window, mission: str) -> None:
    """Press the button of a mission in the table; its popup gets the focus."""
    window.all(button_of(mission))[0].send_keys(Keys.ENTER)
    WebDriverWait(window.chrome, 20).until(lambda chrome: chrome.execute_script(FOCUSED_IN, popup_of(mission)))


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


def test_the_focus_moves_into_a_second_popup_and_back_to_its_button(window: Open) -> None:
    desk = window(1440).open("/map")
    show_by_keyboard(desk, SMILLA)
    show_by_keyboard(desk, EVA)
    # The first popup has faded out.
    WebDriverWait(desk.chrome, 20).until(lambda _: len(desk.all(".leaflet-popup")) == 1)
    assert desk.chrome.execute_script(FOCUSED_IN, popup_of(EVA))
    desk.all(".leaflet-popup-close-button")[0].send_keys(Keys.ENTER)
    WebDriverWait(desk.chrome, 20).until(lambda chrome: chrome.execute_script(FOCUSED_IN, button_of(EVA)))


def test_a_copy_button_that_is_pressed_twice_copies_once_and_keeps_its_label(window: Open) -> None:
    desk = window(1440).open("/map")
    desk.chrome.execute_script(COUNT_COPIES)
    (button,) = desk.all(".archive-tools .copy")
    label = button.text
    desk.chrome.execute_script("arguments[0].click(); arguments[0].click();", button)
    WebDriverWait(desk.chrome, 20).until(lambda _: button.text == "Copied")
    desk.chrome.execute_script("arguments[0].click()", button)
    WebDriverWait(desk.chrome, 20).until(lambda _: button.text == label)
    assert desk.chrome.execute_script("return window.copies") == 1
    assert button.get_attribute("aria-live") is None


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
