"""The search box in a browser: suggestions while typing, Enter opens the page, descriptions run no script."""

from collections.abc import Callable

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window

Open = Callable[[int], Window]
_TIMEOUT_S = 20


@pytest.mark.parametrize("width_px", [1440, 390])
def test_names_are_suggested_while_typing_and_enter_opens_the_page(window: Open, width_px: int) -> None:
    opened = window(width_px).open("/data")
    (box,) = opened.all("#search")
    box.send_keys("smil")
    WebDriverWait(opened.chrome, _TIMEOUT_S).until(lambda _: opened.all("#suggestions option"))
    suggestions = [option.get_attribute("value") for option in opened.all("#suggestions option")]
    assert suggestions == ["SEA077 Smilla", "SEA077 Smilla 20221208T1145"]
    box.clear()
    box.send_keys(suggestions[0], Keys.ENTER)
    WebDriverWait(opened.chrome, _TIMEOUT_S).until(lambda chrome: chrome.current_url.endswith("/fleet/smilla77"))
    assert opened.console_messages() == []


def test_a_partial_name_opens_the_list_of_results(window: Open) -> None:
    desk = window(1440).open("/missions")
    (box,) = desk.all("#search")
    box.send_keys("bornholm b", Keys.ENTER)
    WebDriverWait(desk.chrome, _TIMEOUT_S).until(lambda chrome: "/search?q=bornholm" in chrome.current_url)
    assert [link.text for link in desk.all("[data-kind=basin] a")] == ["Bornholm Basin"]


def test_a_figure_links_to_its_method_of_computation(window: Open) -> None:
    desk = window(1440).open("/missions/smilla77/20221208T1145")
    desk.all("a.how[href$='#distance']")[0].click()
    WebDriverWait(desk.chrome, _TIMEOUT_S).until(lambda chrome: chrome.current_url.endswith("/data#distance"))
    assert "Karney" in desk.all("#distance:target dd")[0].text


def test_the_browser_does_not_run_the_description_for_search_engines(window: Open) -> None:
    desk = window(1440).open("/missions/smilla77/20221208T1145")
    assert desk.console_messages() == []
    kind = "return JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)['@type']"
    assert desk.chrome.execute_script(kind) == "Dataset"


@pytest.mark.parametrize("path", ["/data", "/search?q=s", "/search"])
def test_these_pages_are_small_and_have_no_accessibility_violations(window: Open, path: str) -> None:
    phone = window(390).open(path)
    assert 5_000 < phone.received_bytes() <= 150_000
    assert (phone.accessibility_violations(), phone.overflow_px()) == ([], 0)
