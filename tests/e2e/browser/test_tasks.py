"""What visitors come for takes few clicks."""

import csv
import io
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.page_paths import SMILLA

Open = Callable[[int], Window]


class Visitor:
    """A visitor who begins on the landing page; `clicks` counts the links and buttons used."""

    def __init__(self, window: Window, path: str = "/") -> None:
        self.window = window.open(path)
        self.clicks = 0

    def click(self, selector: str, to: str = "") -> "Visitor":
        """Click the first visible element that matches, and wait for the address whose path ends with `to`."""
        element = next(each for each in self.window.all(selector) if each.is_displayed())
        self.window.press(element)
        self.clicks += 1
        WebDriverWait(self.window.chrome, 20).until(lambda chrome: urlsplit(chrome.current_url).path.endswith(to))
        return self

    def file(self, selector: str) -> bytes:
        """The file that a click on a visible link downloads."""
        link = next(each for each in self.window.all(selector) if each.is_displayed())
        self.clicks += 1
        with urllib.request.urlopen(str(link.get_attribute("href")), timeout=60) as response:
            content: bytes = response.read()
        return content


def test_kilometres_by_basin_in_a_year_take_two_clicks(window: Open) -> None:
    visitor = Visitor(window(1440)).click("header nav a[href='/stats']", "/stats")
    rows = list(csv.DictReader(io.StringIO(visitor.file("a[download='halocline-year_basin.csv']").decode())))
    of_2022 = {row["name"]: float(row["distance (m)"]) for row in rows if row["year_basin"].startswith("2022/")}
    assert {"Baltic Sea", "Bornholm Basin"} <= of_2022.keys()
    assert visitor.clicks <= 2


def test_the_citation_is_on_the_page_of_the_mission(window: Open) -> None:
    visitor = Visitor(window(1440), SMILLA)
    assert visitor.window.all("[data-cite]")[0].is_displayed()
    assert [button.text for button in visitor.window.all(".copy") if button.is_displayed()] == [
        "Copy position",
        "Copy citation",
    ]


def test_the_link_to_a_view_of_the_map_takes_one_click(window: Open) -> None:
    desk = window(1440)
    desk.chrome.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    visitor = Visitor(desk, "/map#map=6/55/16").click(".copy")
    copied = desk.chrome.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == desk.chrome.current_url
    assert visitor.clicks == 1


def test_the_last_position_of_a_platform_on_a_phone_takes_one_click(window: Open) -> None:
    phone = window(390)
    visitor = Visitor(phone)
    shown = [entry.text for entry in phone.all("[data-platform=smilla77] [data-position]") if entry.is_displayed()]
    assert len(shown) == 1
    visitor.click("[data-platform=smilla77] a", "/fleet/SEA077")
    (position,) = phone.all("[data-last-position]")
    assert shown[0] in position.text
    assert "years ago" in position.text
    assert visitor.clicks == 1


def test_a_platform_is_found_by_its_wmo_id_with_one_click(window: Open) -> None:
    desk = window(1440)
    visitor = Visitor(desk)
    wmo_id = "6801666"
    desk.all("#search")[0].send_keys(f"WMO {wmo_id}")
    visitor.click(".site-search-button", "/fleet/smilla77")
    assert wmo_id in desk.all("main")[0].text
    assert visitor.clicks <= 2


def test_the_salinity_section_as_a_large_picture_takes_three_clicks(window: Open) -> None:
    visitor = (
        Visitor(window(1440)).click(f"main a[href='{SMILLA}']", SMILLA).click(".section-tabs [data-variable=salinity]")
    )
    large = visitor.file("#section-salinity a[download$='_4x.png']")
    width, height = (int.from_bytes(large[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (3600, 1680)
    assert visitor.clicks <= 3
