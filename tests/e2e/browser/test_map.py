"""The map of all missions in a browser: filter, slider, zoom, popups, keyboard, and the state in the URL."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window

SMILLA = "smilla77/20221208T1145"
EVA = "dfo-eva035035/20190721T2325"
MAP = "[data-map=archive]"
Open = Callable[[int], Window]


@pytest.fixture(params=[1440, 390])
def at_each_width(request: pytest.FixtureRequest, window: Open) -> Window:
    """A window of the width of a desktop screen, and one of a phone."""
    return window(request.param)


def map_attribute(window: Window, name: str) -> str | None:
    """A data attribute of the map: a canvas has no elements to count."""
    return window.all(MAP)[0].get_attribute(f"data-{name}")


def listed(window: Window) -> list[str | None]:
    """The visible missions of the table."""
    return [row.get_attribute("data-track") for row in window.all("[data-track]") if row.is_displayed()]


def query(window: Window) -> dict[str, list[str]]:
    return parse_qs(urlsplit(window.chrome.current_url).query)


def fragment(window: Window) -> dict[str, list[str]]:
    return parse_qs(urlsplit(window.chrome.current_url).fragment)


def path(window: Window) -> str:
    """The URL without scheme and host."""
    return "/" + window.chrome.current_url.split("/", 3)[3]


def wait_until(window: Window, condition: Callable[[], bool]) -> None:
    WebDriverWait(window.chrome, 30).until(
        lambda _: condition(), f"{window.chrome.current_url}: {window.console_messages()}"
    )


def show_on_map(window: Window, mission: str) -> None:
    """Scroll to the row of the mission and press its button."""
    button = window.all(f"[data-track='{mission}'] [data-show]")[0]
    window.press(button)


def test_the_map_draws_the_missions_of_the_table(at_each_width: Window) -> None:
    at_each_width.open("/map")
    assert map_attribute(at_each_width, "drawn") == "2"
    assert listed(at_each_width) == [SMILLA, EVA]
    wait_until(at_each_width, lambda: map_attribute(at_each_width, "basins") == "3")
    at_each_width.screenshot("map")
    assert (at_each_width.console_messages(), at_each_width.other_hosts()) == ([], set())
    assert at_each_width.overflow_px() == 0


def test_the_first_view_transfers_at_most_150_kb(window: Open) -> None:
    phone = window(390).open("/map")
    wait_until(phone, lambda: map_attribute(phone, "basins") == "3")
    assert 5_000 < phone.received_bytes() <= 150_000


def test_the_map_has_no_accessibility_violations(at_each_width: Window) -> None:
    assert at_each_width.open("/map").accessibility_violations() == []


def test_the_dark_map_has_no_accessibility_violations(window: Open) -> None:
    desk = window(1440)
    desk.prefer_colours("dark")
    desk.open("/map").screenshot("map-dark")
    assert desk.accessibility_violations() == []


def test_a_filter_of_the_form_selects_its_missions(at_each_width: Window) -> None:
    at_each_width.open("/map").all(".archive-filters summary")[0].click()
    at_each_width.all("#filter-year option[value='2019']")[0].click()
    at_each_width.all(".filters button")[0].click()
    wait_until(
        at_each_width,
        lambda: query(at_each_width) == {"year": ["2019"]} and map_attribute(at_each_width, "ready") == "true",
    )
    assert listed(at_each_width) == [EVA]
    assert map_attribute(at_each_width, "drawn") == "1"


def test_the_keyboard_moves_the_slider_and_the_url_stores_it(at_each_width: Window) -> None:
    at_each_width.open("/map")
    low = at_each_width.all(".timeline input")[0]
    at_each_width.chrome.execute_script("arguments[0].focus()", low)
    low.send_keys(Keys.PAGE_UP)
    wait_until(
        at_each_width, lambda: "from" in query(at_each_width) and map_attribute(at_each_width, "ready") == "true"
    )
    assert listed(at_each_width) == [SMILLA]
    assert map_attribute(at_each_width, "drawn") == "1"
    assert (low.get_attribute("aria-valuetext") or "").startswith("2019-")
    text = at_each_width.all(".timeline-text")[0].text

    at_each_width.open(path(at_each_width))
    assert listed(at_each_width) == [SMILLA]
    assert at_each_width.all(".timeline-text")[0].text == text

    at_each_width.all(".timeline button")[0].click()
    wait_until(at_each_width, lambda: query(at_each_width) == {} and map_attribute(at_each_width, "ready") == "true")
    assert listed(at_each_width) == [SMILLA, EVA]


def test_a_row_shows_its_mission_and_the_url_restores_the_state(at_each_width: Window) -> None:
    at_each_width.open("/map")
    at_each_width.all("[data-layer=basins]")[0].click()
    show_on_map(at_each_width, SMILLA)
    wait_until(at_each_width, lambda: bool(at_each_width.all(f".leaflet-popup a[href='/missions/{SMILLA}']")))
    wait_until(at_each_width, lambda: "map" in fragment(at_each_width))
    state = fragment(at_each_width)
    assert (state["mission"], state["hide"]) == ([SMILLA], ["basins"])

    address = path(at_each_width)
    at_each_width.chrome.get("about:blank")
    at_each_width.open(address)
    wait_until(at_each_width, lambda: bool(at_each_width.all(f".leaflet-popup a[href='/missions/{SMILLA}']")))
    assert not at_each_width.all("[data-layer=basins]")[0].is_selected()
    zoom, lat, lon = (float(part) for part in fragment(at_each_width)["map"][0].split("/"))
    assert zoom == 8
    assert [lat, lon] == [pytest.approx(55.4, abs=1), pytest.approx(16.2, abs=1)]


def test_a_popup_describes_the_mission_and_links_to_it(window: Open) -> None:
    desk = window(1440).open("/map")
    show_on_map(desk, SMILLA)
    wait_until(desk, lambda: bool(desk.all(".leaflet-popup-content a")))
    text = desk.all(".leaflet-popup-content")[0].text
    assert "SEA077 Smilla" in text
    assert "2022-12-16 15:41 UTC" in text
    desk.all(".leaflet-popup-content a")[0].click()
    wait_until(desk, lambda: desk.chrome.current_url.endswith(f"/missions/{SMILLA}"))


def test_a_closer_zoom_loads_finer_lines(window: Open) -> None:
    desk = window(1440).open("/map#map=7/55.4/16.2")
    wait_until(desk, lambda: map_attribute(desk, "detail") == "medium")
    desk.open("/map").all(MAP)[0].send_keys("+")
    wait_until(desk, lambda: "map" in fragment(desk))


def test_the_keyboard_moves_the_map(window: Open) -> None:
    desk = window(1440).open("/map#map=5/56/16")
    desk.all(MAP)[0].send_keys(Keys.ARROW_RIGHT)
    wait_until(desk, lambda: float(fragment(desk)["map"][0].split("/")[2]) > 16.5)


def test_a_hovered_row_marks_its_mission_on_the_map(window: Open) -> None:
    desk = window(1440).open("/map")
    row = desk.all(f"[data-track='{SMILLA}']")[0]
    ActionChains(desk.chrome).move_to_element(row).perform()
    assert len(desk.all(".marker-box.is-marked")) == 1
    assert "is-marked" in (row.get_attribute("class") or "")


def test_a_click_on_a_basin_shows_a_link_to_its_page(window: Open) -> None:
    desk = window(1440).open("/map#map=8/55.0/15.4&hide=positions")
    wait_until(desk, lambda: map_attribute(desk, "basins") == "3")
    ActionChains(desk.chrome).move_to_element(desk.all(MAP)[0]).click().perform()
    wait_until(desk, lambda: bool(desk.all(".leaflet-popup a[href='/basins/SEA-007']")))


def test_the_table_stays_when_the_tracks_cannot_be_loaded(window: Open) -> None:
    desk = window(1440).open("/missions")
    desk.chrome.execute_cdp_cmd("Network.enable", {})
    desk.chrome.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/api/v1/tracks*"]})
    desk.all("header nav a[href='/map']")[0].click()
    wait_until(desk, lambda: map_attribute(desk, "ready") == "failed")
    assert listed(desk) == [SMILLA, EVA]
    assert "cannot be loaded" in desk.all("[data-map-status]")[0].text
