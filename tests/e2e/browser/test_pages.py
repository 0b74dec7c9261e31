"""The pages of the portal with the demo missions in Chromium, on a desktop screen, a tablet and a phone."""

from collections.abc import Callable

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.page_paths import PAGES, SMILLA

Open = Callable[[int], Window]


@pytest.fixture(params=[1440, 768, 390])
def at_each_width(request: pytest.FixtureRequest, window: Open) -> Window:
    """A window of the width of a desktop screen, of a tablet and of a phone."""
    return window(request.param)


def _load(window: Window, name: str, path: str) -> dict[str, object]:
    window.open(path).screenshot(name)
    return {"console": window.console_messages(), "hosts": window.other_hosts(), "overflow_px": window.overflow_px()}


def test_every_page_loads_without_errors_from_the_portal_alone(at_each_width: Window) -> None:
    results = {name: _load(at_each_width, name, path) for name, path in PAGES.items()}
    assert results == {name: {"console": [], "hosts": set(), "overflow_px": 0} for name in PAGES}


def test_the_landing_map_shows_tracks_and_last_positions(at_each_width: Window) -> None:
    at_each_width.open("/")
    assert len(at_each_width.all("[data-map=fleet] path.track")) == 2
    assert len(at_each_width.all("[data-map=fleet] .marker")) == 2
    assert len(at_each_width.all("[data-map=fleet] canvas")) == 1


def test_the_mission_map_shows_its_track(at_each_width: Window) -> None:
    at_each_width.open(SMILLA)
    (track,) = at_each_width.all("[data-map=mission] path.track")
    assert track.size["height"] > 30


def test_the_basin_map_shows_outline_and_tracks(at_each_width: Window) -> None:
    at_each_width.open("/basins/SEA-007")
    assert len(at_each_width.all("[data-map=basin] path.area")) == 1
    assert len(at_each_width.all("[data-map=basin] path.track")) == 1


def test_the_demo_missions_show_their_figures(window: Open) -> None:
    desk = window(1440).open("/")
    assert [element.get_attribute("value") for element in desk.all("[data-total=missions]")] == ["2"]
    assert [element.get_attribute("value") for element in desk.all("[data-total=profiles]")] == ["165"]
    desk.open(SMILLA)
    assert [element.text for element in desk.all("[data-figure=profiles]")] == ["143"]
    assert [element.text for element in desk.all("[data-figure=distance_m]")] == ["189.2\u202fkm"]
    assert "Bornholm Basin" in desk.all(".lead-text")[0].text


@pytest.mark.parametrize("path", ["/", "/missions", SMILLA, "/fleet", "/fleet/SEA077", "/basins/SEA-007", "/stats"])
def test_the_first_view_transfers_at_most_150_kb(window: Open, path: str) -> None:
    received = window(390).open(path).received_bytes()
    assert 5_000 < received <= 150_000


def test_the_list_marks_and_opens_missions_on_the_map(window: Open) -> None:
    desk = window(1440).open("/")
    (entry,) = desk.all("[data-track='smilla77/20221208T1145']")
    ActionChains(desk.chrome).move_to_element(entry).perform()
    assert len(desk.all("path.track.is-marked")) == 1
    desk.all("[data-track='smilla77/20221208T1145'] [data-show]")[0].click()
    WebDriverWait(desk.chrome, 20).until(
        lambda _: desk.all(".leaflet-popup a[href='/missions/smilla77/20221208T1145']")
    )


def test_dark_mode_follows_the_system_and_the_switch_is_stored(window: Open) -> None:
    desk = window(1440)
    desk.prefer_colours("dark")
    desk.open("/").screenshot("landing-dark")
    assert desk.all("html")[0].get_attribute("data-bs-theme") == "dark"
    desk.open(SMILLA).screenshot("mission-dark")
    desk.all("[data-theme-switch]")[0].click()
    assert desk.open("/").all("html")[0].get_attribute("data-bs-theme") == "light"
    assert desk.console_messages() == []


def test_the_first_tab_stop_skips_to_the_content(window: Open) -> None:
    desk = window(1440).open(SMILLA)
    ActionChains(desk.chrome).send_keys(Keys.TAB).perform()
    assert desk.chrome.switch_to.active_element.get_attribute("href").endswith("#content")


def test_a_filter_gives_a_short_url(window: Open) -> None:
    desk = window(1440).open("/missions")
    desk.all("#filter-platform option[value=smilla77]")[0].click()
    desk.all(".filters button")[0].click()
    WebDriverWait(desk.chrome, 20).until(lambda chrome: chrome.current_url.endswith("/missions?platform=smilla77"))
    assert len(desk.all("tbody tr")) == 1


def test_ages_are_written_by_the_browser(window: Open) -> None:
    phone = window(390).open("/")
    assert phone.all(".age")[0].text.strip("()").endswith("years ago")
