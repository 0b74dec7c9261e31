"""A mission with 60 variables, 5 000 profiles and 200 warnings stays usable on a phone and on a large screen."""

from collections.abc import Callable

import pytest
from pymongo import MongoClient
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.layout_problems import problems
from tests.made_big_mission import MISSION, big_file, warnings

Serve = Callable[[str, list[str]], str]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def big_portal(serve: Serve, mongodb_uri: str, worker_number: int, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a portal with the mission."""
    address = serve("big", ["ingest", str(big_file(tmp_path_factory.mktemp("big") / "big.nc"))])
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client[f"test_browser_{worker_number}_big"].missions.update_one({}, {"$set": {"warnings": warnings()}})
    return address


@pytest.mark.parametrize("width_px", [390, 1440])
def test_a_big_mission_is_light_and_its_plots_open(chrome: Chrome, big_portal: str, width_px: int) -> None:
    window = Window(chrome, big_portal, width_px)
    assert problems(window, MISSION) == []
    window.screenshot("big-mission")
    assert window.received_bytes() <= 200_000
    button = next(one for one in window.all(".sections [data-open=figure]") if one.is_displayed())
    if button.get_attribute("aria-expanded") == "false":
        window.press(button)
    WebDriverWait(chrome, 30).until(lambda _: [one for one in window.all("canvas[data-plot]") if one.is_displayed()])
    assert window.overflow_px() == 0
    assert window.accessibility_violations() == []
    assert window.console_messages() == []


def test_the_profiles_of_a_big_mission_are_browsed(chrome: Chrome, big_portal: str) -> None:
    window = Window(chrome, big_portal, 1440).open(MISSION)
    window.press(next(one for one in window.all(".sections [data-open=profiles]") if one.is_displayed()))
    WebDriverWait(chrome, 30).until(lambda _: window.all("[data-profile-browser] dd"))
    (slider,) = window.all("[data-profile-browser] input[type=range]")
    assert slider.get_attribute("max") == "5000"
