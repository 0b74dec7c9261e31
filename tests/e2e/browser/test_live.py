"""Open pages refresh themselves: new data appear once and without a reload, and nothing of the visitor's is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import ROOT, Window
from tests.made_files import rows, time_series

# With a machine that runs tests and builds at once.
WITHIN_S = 30
STAMP = "20200913T1226"
Store = Callable[[str, int], None]
# What a visitor may have done to a page before it is refreshed.
_OCCUPY = """
  window.isSamePage = true;
  window.scrollTo(0, 200);
  const [text] = document.querySelectorAll("h1");
  getSelection().selectAllChildren(text);
  document.querySelector("main a[href]").focus({ preventScroll: true });
  window.focused = document.activeElement;
"""
_STATE = """
  return [window.isSamePage === true, document.activeElement === window.focused, String(getSelection()).length > 0];
"""


@pytest.fixture(scope="module")
def portal(serve: Callable[..., str]) -> str:
    """Address of a portal with the demo missions whose pages refresh themselves."""
    return serve("live", ["ingest", "demo"], HALOCLINE_LIVE_CLIENTS="50")


@pytest.fixture
def halocline(portal: str, mongodb_uri: str, redis_url: str, worker_number: int) -> Callable[..., None]:
    """A function that runs a command on the database of the portal."""
    environment = {
        "PATH": os.environ["PATH"],
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": f"test_browser_{worker_number}_live",
        "REDIS_URL": redis_url,
        "HALOCLINE_ENVIRONMENT": "development",
    }

    def run(*arguments: str) -> None:
        command = [sys.executable, "-m", "app.cli", *arguments]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)

    return run


@pytest.fixture
def store(halocline: Callable[..., None], tmp_path: Path) -> Store:
    """A function that imports a mission of a platform with so many profiles into the database of the portal."""

    def store(platform: str, profiles: int) -> None:
        columns = rows(profiles, start_s=1.7e9)
        path = time_series(tmp_path / f"{platform}{profiles}.nc", columns, {"id": f"{platform}-{STAMP}"})
        halocline("ingest", str(path))

    return store


def until(window: Window, condition: Callable[[Chrome], Any]) -> Any:
    """The first true value of the condition."""
    messages = "the page was not refreshed"
    return WebDriverWait(window.chrome, WITHIN_S, poll_frequency=0.05).until(condition, messages)


def numbers(window: Window, selector: str) -> list[str]:
    return [element.text for element in window.all(selector)]


@pytest.fixture
def open_page(window: Callable[[int], Window]) -> Callable[[str], Window]:
    """A function that opens a page whose stream is open."""

    def open_page(path: str) -> Window:
        opened = window(1440).open(path)
        opened.chrome.execute_script(_OCCUPY)
        return opened

    return open_page


@pytest.mark.parametrize(
    ("path", "key"),
    [("/", "data-track"), ("/map", "data-track"), ("/fleet", "data-platform"), ("/status", "data-platform")],
)
def test_a_new_mission_appears_once_on_an_open_page(
    open_page: Callable[[str], Window], store: Store, path: str, key: str
) -> None:
    platform = f"live-{path.strip('/') or 'landing'}"
    page = open_page(path)
    value = platform if key == "data-platform" else f"{platform}/{STAMP}"
    before = len(page.all(f'[{key}="{value}"]'))
    store(platform, 4)
    shown = until(page, lambda chrome: chrome.find_elements(By.CSS_SELECTOR, f'main [{key}="{value}"]'))
    note = until(
        page, lambda chrome: chrome.find_element(By.CSS_SELECTOR, "[data-live-note]").get_property("textContent")
    )

    assert before == 0
    assert len(shown) == 1
    assert page.chrome.execute_script(_STATE) == [True, True, True]
    assert str(note).startswith("Updated: ")
    assert page.console_messages() == []


def test_new_profiles_appear_on_the_page_of_their_mission(open_page: Callable[[str], Window], store: Store) -> None:
    store("live-profiles", 4)
    page = open_page(f"/missions/live-profiles/{STAMP}")
    before = numbers(page, "[data-profiles] tbody th")
    store("live-profiles", 6)
    until(page, lambda _: len(page.all("[data-profiles] tbody tr")) == 6)
    until(page, lambda _: page.all("[data-map]")[0].get_attribute("data-updated"))

    assert before == ["1", "2", "3", "4"]
    assert numbers(page, "[data-profiles] tbody th") == ["1", "2", "3", "4", "5", "6"]
    assert page.all('[data-figure="profiles"]')[0].get_attribute("value") == "6"
    assert page.chrome.execute_script(_STATE) == [True, True, True]
    assert page.console_messages() == []


def test_an_open_page_follows_a_rename_and_shows_a_withdrawal(
    open_page: Callable[[str], Window], store: Store, halocline: Callable[..., None]
) -> None:
    store("live-corrected", 4)
    page = open_page(f"/missions/live-corrected/{STAMP}")
    halocline("rename", "live-corrected", "live-present", "--yes")
    until(page, lambda chrome: chrome.current_url.endswith(f"/missions/live-present/{STAMP}"))
    halocline("withdraw", f"live-present/{STAMP}", "--reason", "a wrong file", "--yes")
    shown = until(page, lambda chrome: chrome.find_elements(By.CSS_SELECTOR, '[data-error="410"]'))

    assert "a wrong file" in shown[0].text
    assert page.all("[data-profiles]") == []


def test_an_open_popup_moves_with_its_glider(open_page: Callable[[str], Window], store: Store) -> None:
    store("live-popup", 4)
    page = open_page("/")
    row = f'[data-track="live-popup/{STAMP}"]'
    page.press(page.all(f"{row} [data-show]")[0])
    before = until(page, lambda _: page.all(".leaflet-popup-content"))[0].text
    store("live-popup", 8)
    after = until(page, lambda _: (text := page.all(".leaflet-popup-content")[0].text) != before and text)

    assert "live-popup" in after.lower()
    assert len(page.all(".leaflet-popup-content")) == 1
    assert len(page.all(".marker")) == len(page.all("[data-track]"))
