"""The search box as a visitor uses it: suggestions while typing, Enter to go there, descriptions that run nothing."""

from collections.abc import Callable

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.looking import Window

Open = Callable[[int], Window]
_PATIENCE_S = 20


@pytest.mark.parametrize("width_px", [1440, 390])
def test_names_are_suggested_while_typing_and_enter_opens_the_page(window: Open, width_px: int) -> None:
    opened = window(width_px).open("/data")
    (box,) = opened.all("#search")
    box.send_keys("smil")
    WebDriverWait(opened.chrome, _PATIENCE_S).until(lambda _: opened.all("#suggestions option"))
    suggested = [option.get_attribute("value") for option in opened.all("#suggestions option")]
    assert suggested == ["SEA077 Smilla", "SEA077 Smilla 20221208T1145"]
    box.clear()
    box.send_keys(suggested[0], Keys.ENTER)
    WebDriverWait(opened.chrome, _PATIENCE_S).until(lambda chrome: chrome.current_url.endswith("/fleet/smilla77"))
    assert opened.complaints() == []


def test_what_several_have_is_listed(window: Open) -> None:
    desk = window(1440).open("/missions")
    (box,) = desk.all("#search")
    box.send_keys("bornholm b", Keys.ENTER)
    WebDriverWait(desk.chrome, _PATIENCE_S).until(lambda chrome: "/search?q=bornholm" in chrome.current_url)
    assert [link.text for link in desk.all("[data-kind=basin] a")] == ["Bornholm Basin"]


def test_a_figure_leads_to_how_it_is_computed(window: Open) -> None:
    desk = window(1440).open("/missions/smilla77/20221208T1145")
    desk.all("a.how[href$='#distance']")[0].click()
    WebDriverWait(desk.chrome, _PATIENCE_S).until(lambda chrome: chrome.current_url.endswith("/data#distance"))
    assert "Karney" in desk.all("#distance:target dd")[0].text


def test_a_description_for_search_engines_is_no_script_to_the_browser(window: Open) -> None:
    desk = window(1440).open("/missions/smilla77/20221208T1145")
    assert desk.complaints() == []
    kind = "return JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)['@type']"
    assert desk.chrome.execute_script(kind) == "Dataset"


@pytest.mark.parametrize("path", ["/data", "/search?q=s", "/search"])
def test_these_pages_are_light_and_have_no_barriers(window: Open, path: str) -> None:
    phone = window(390).open(path)
    assert 5_000 < phone.received_bytes() <= 150_000
    assert (phone.barriers(), phone.overflow_px()) == ([], 0)
