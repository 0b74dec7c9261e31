"""The explorer of a mission's measurements: tabs, axes, read-outs, profiles, and their state in the URL."""

import base64
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window

SMILLA = "/missions/smilla77/20221208T1145"
API = f"/api/v1{SMILLA}"
Open = Callable[[int], Window]


@pytest.fixture(params=[1440, 390])
def opened(request: pytest.FixtureRequest, window: Open) -> Window:
    """The page of Smilla's mission on a desktop screen and on a phone."""
    return window(request.param).open(SMILLA)


# The picture on the only canvas that is shown, in one script, because it may be replaced.
PICTURE = """
const shown = [...document.querySelectorAll("canvas[data-plot]")].filter((each) => each.checkVisibility());
return shown.length === 1 ? shown[0].toDataURL() : null;
"""


def _wait_for(window: Window, condition: Callable[[], Any]) -> Any:
    # A plot that is drawn again replaces its elements.
    wait = WebDriverWait(window.chrome, 30, ignored_exceptions=[StaleElementReferenceException])
    return wait.until(lambda _: condition())


def _button(window: Window, text: str) -> WebElement:
    return next(one for one in window.all(".sections button") if one.text == text and one.is_displayed())


def _open_explorer(window: Window) -> WebElement:
    """Open the explorer of the visible section, which a phone does by itself; return its canvas."""
    button = _button(window, "Change the axes")
    window.chrome.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
    window.chrome.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    return _wait_for(window, lambda: next((one for one in window.all("canvas[data-plot]") if one.is_displayed()), None))


def _picture(window: Window, canvas: WebElement) -> str:
    window.chrome.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    return str(window.chrome.execute_script("return arguments[0].toDataURL()", canvas))


def _json(window: Window, path: str) -> Any:
    origin = window.chrome.execute_script("return location.origin")
    with urllib.request.urlopen(f"{origin}{path}", timeout=30) as response:
        return json.load(response)


def _type(window: Window, field: WebElement, text: str) -> None:
    window.chrome.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", field)
    field.clear()
    field.send_keys(text, Keys.TAB)


def test_tabs_show_one_variable_and_follow_the_arrow_keys(opened: Window) -> None:
    tabs = opened.all("[role=tab]")
    assert [tab.text for tab in tabs] == ["Temperature", "Salinity", "Potential density", "T-S diagram"]
    opened.chrome.execute_script("arguments[0].focus()", tabs[0])
    ActionChains(opened.chrome).send_keys(Keys.ARROW_RIGHT).perform()
    assert opened.chrome.current_url.endswith("#section-salinity")
    assert [figure.get_attribute("id") for figure in opened.all(".sections figure") if figure.is_displayed()] == [
        "section-salinity"
    ]
    assert tabs[1].get_attribute("aria-selected") == "true"


def test_new_limits_change_the_colours_and_the_url_restores_them(opened: Window) -> None:
    canvas = _open_explorer(opened)
    first = _picture(opened, canvas)
    (upper,) = [one for one in opened.all("[data-axis=colours-to]") if one.is_displayed()]
    _type(opened, upper, "9")
    _wait_for(opened, lambda: "colours=" in opened.chrome.current_url)
    changed = _picture(opened, canvas)
    assert changed != first
    opened.chrome.refresh()
    _wait_for(opened, lambda: [one for one in opened.all("canvas[data-plot]") if one.is_displayed()])
    (restored,) = [one for one in opened.all("[data-axis=colours-to]") if one.is_displayed()]
    assert float(restored.get_attribute("value")) == 9.0
    opened.press(_button(opened, "Reset"))
    _wait_for(opened, lambda: "colours=" not in opened.chrome.current_url)


def test_invalid_limits_show_an_error_and_change_nothing(opened: Window) -> None:
    canvas = _open_explorer(opened)
    before = _picture(opened, canvas)
    (upper,) = [one for one in opened.all("[data-axis=colours-to]") if one.is_displayed()]
    _type(opened, upper, "-50")
    _wait_for(opened, lambda: any("must be less than" in one.text for one in opened.all(".wrong")))
    assert _picture(opened, canvas) == before


def test_the_read_out_shows_a_value_of_the_api(opened: Window) -> None:
    canvas = _open_explorer(opened)
    opened.chrome.execute_script("arguments[0].focus()", canvas)
    ActionChains(opened.chrome).send_keys(Keys.ARROW_RIGHT).perform()
    read_out = _wait_for(opened, lambda: next((one.text for one in opened.all("[data-read-out]") if one.text), None))
    section = _json(opened, f"{API}/sections/temperature")
    values = {
        f"{depth_m} m, profile {profile}: {str(value).replace('-', '−')} °C"
        for depth_m, row in zip(section["depth_m"], section["values"], strict=True)
        for profile, value in zip(section["profile"], row, strict=True)
        if value is not None
    }
    gap = "no data"
    assert gap in read_out or any(read_out.endswith(value) for value in values)


def test_zooming_in_by_key_narrows_the_axes(opened: Window) -> None:
    canvas = _open_explorer(opened)
    opened.chrome.execute_script("arguments[0].focus()", canvas)
    ActionChains(opened.chrome).send_keys("+").perform()
    _wait_for(opened, lambda: "x=" in opened.chrome.current_url and "y=" in opened.chrome.current_url)
    ActionChains(opened.chrome).send_keys("0").perform()
    _wait_for(opened, lambda: "x=" not in opened.chrome.current_url)


def test_a_plot_can_lie_along_the_track_and_the_url_restores_it(opened: Window) -> None:
    first = _picture(opened, _open_explorer(opened))
    (axis,) = [one for one in opened.all("[data-choice=along]") if one.is_displayed()]
    opened.press(axis.find_element("css selector", "option[value=distance]"))
    _wait_for(opened, lambda: opened.chrome.current_url.endswith("#section-temperature&along=distance"))
    # The plot is drawn again on a new canvas.
    _wait_for(opened, lambda: opened.chrome.execute_script(PICTURE) not in (None, first))
    opened.chrome.refresh()
    (restored,) = _wait_for(opened, lambda: [one for one in opened.all("[data-choice=along]") if one.is_displayed()])
    assert restored.get_attribute("value") == "distance"


def test_the_view_is_saved_as_a_png(opened: Window) -> None:
    canvas = _open_explorer(opened)
    kind, _, data = _picture(opened, canvas).partition(",")
    size = opened.chrome.execute_script("return [arguments[0].width, arguments[0].height]", canvas)
    header = base64.b64decode(data)[:24]
    assert kind == "data:image/png;base64"
    assert [int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")] == size
    assert _button(opened, "Save as PNG").is_enabled()


def test_the_profile_browser_shows_the_profiles_of_the_api(opened: Window) -> None:
    opened.press(_button(opened, "Browse the profiles"))
    (slider,) = _wait_for(opened, lambda: opened.all("[data-profile-browser] input[type=range]"))
    _wait_for(opened, lambda: opened.all("[data-profile-browser] dd"))
    opened.chrome.execute_script("arguments[0].focus()", slider)
    ActionChains(opened.chrome).send_keys(Keys.HOME, Keys.ARROW_RIGHT).perform()
    second = _json(opened, f"{API}/profiles?limit=2")["items"][1]
    # One script reads all facts: between single reads, the next profile could replace them.
    facts = "return [...document.querySelectorAll('[data-profile-browser] dd')].map(fact => fact.textContent)"
    shown = lambda: opened.chrome.execute_script(facts)  # noqa: E731
    _wait_for(opened, lambda: str(second["number"]) in shown())
    assert any(f"{second['max_depth_m']:.1f}" in text for text in shown())


def test_a_phone_shows_the_plot_by_itself_and_one_button_shows_its_axes(window: Open) -> None:
    phone = window(390).open(f"{SMILLA}/plots/salinity")
    button = _button(phone, "Change the axes")
    (canvas,) = _wait_for(phone, lambda: phone.all("canvas[data-plot]"))
    shown = lambda: [field.is_displayed() for field in phone.all("input[data-axis]")]  # noqa: E731
    assert (button.get_attribute("aria-expanded"), set(shown())) == ("false", {False})
    phone.press(button)
    _wait_for(phone, lambda: all(shown()))
    assert button.get_attribute("aria-expanded") == "true"
    # What the button opens lies below it.
    (first, *_) = phone.all("input[data-axis]")
    assert first.location["y"] > button.location["y"] > canvas.location["y"]
    phone.press(button)
    _wait_for(phone, lambda: not any(shown()))
    assert canvas.is_displayed()


def test_the_picture_stays_if_the_plot_cannot_be_loaded(window: Open) -> None:
    desk = window(1440)
    desk.chrome.execute_cdp_cmd("Network.enable", {})
    desk.chrome.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/sections/temperature"]})
    desk.open(SMILLA)
    desk.press(_button(desk, "Change the axes"))
    _wait_for(desk, lambda: any("cannot be loaded" in one.text for one in desk.all(".explore-status")))
    assert [image.is_displayed() for image in desk.all("#section-temperature img.only-light")] == [True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_opened_explorer_has_no_accessibility_violations(window: Open, scheme: str) -> None:
    desk = window(390)
    desk.prefer_colours(scheme)
    desk.open(SMILLA)
    _open_explorer(desk)
    desk.press(_button(desk, "Browse the profiles"))
    _wait_for(desk, lambda: desk.all("[data-profile-browser] dd"))
    desk.screenshot(f"explorer-{scheme}")
    # The darkest colours of a section would look like gaps on the ground of the page.
    ground = "return getComputedStyle(document.body).getPropertyValue('--plot-ground')"
    assert desk.chrome.execute_script(ground).strip()
    assert desk.accessibility_violations() == []
    assert desk.overflow_px() == 0
    assert desk.console_messages() == []
