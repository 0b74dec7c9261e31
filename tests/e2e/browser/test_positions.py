"""A position that is sent over HTTP is shown on open pages: list, map and page of the platform."""

import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests import signed_webhooks
from tests.e2e.browser.browser_window import Window

# With a machine that runs tests and builds at once.
WITHIN_S = 30
TRACK = '[data-track="smilla77/20221208T1145"]'


@pytest.fixture(scope="module")
def portal(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a portal with the demo missions that accepts positions and refreshes open pages."""
    senders: Path = tmp_path_factory.mktemp("senders") / "senders.toml"
    senders.write_text(f'[tracker]\nsecrets = ["{signed_webhooks.secret()}"]\n', encoding="utf-8")
    settings = {"HALOCLINE_UPLOADS": "2", "HALOCLINE_POSITION_SECRETS_FILE": str(senders)}
    return serve("positions", ["ingest", "demo"], HALOCLINE_LIVE_CLIENTS="50", **settings)


@pytest.fixture
def send(portal: str) -> Callable[[float], list[dict[str, Any]]]:
    """A function that sends a position of Smilla at this latitude; its result."""

    def send(latitude: float) -> list[dict[str, Any]]:
        at = datetime.now(UTC).isoformat()
        position = {"platform": "6801666", "time": at, "latitude": latitude, "longitude": 16.5, "accuracy_m": 250}
        body = orjson.dumps(position)
        headers = signed_webhooks.headers(body, signed_webhooks.secret())
        with urllib.request.urlopen(urllib.request.Request(portal + signed_webhooks.PATH, body, headers)) as answer:
            result: list[dict[str, Any]] = orjson.loads(answer.read())["positions"]
        return result

    return send


# In one script, because a live page may replace markers: the colours of the ring and of its key, and the number of
# markers without an arrow.
RING_AND_KEY = """
const ring = document.querySelector(".marker-ring");
const keys = [...document.querySelectorAll(".key-reported, [data-reported-key]")];
const key = keys.find((each) => each.checkVisibility());
const count = (selector) => document.querySelectorAll(selector).length;
return ring && key && [
  getComputedStyle(ring).borderTopColor, getComputedStyle(key).color, count(".marker") - count(".marker-arrow")
];
"""


def until(window: Window, condition: Callable[[Chrome], Any]) -> Any:
    """The first true value of the condition. A live page may replace an element while the condition reads it."""
    wait = WebDriverWait(window.chrome, WITHIN_S, 0.02, ignored_exceptions=[StaleElementReferenceException])
    return wait.until(condition, "the position is not shown")


@pytest.mark.parametrize(("path", "latitude"), [("/", 56.25), ("/fleet/SEA077", 56.5)])
def test_a_position_is_shown_on_an_open_page(
    window: Callable[[int], Window], send: Callable[[float], list[dict[str, Any]]], path: str, latitude: float
) -> None:
    page = window(1440).open(path)
    (result,) = send(latitude)
    shown = f'[data-position="{latitude:.5f}, 16.50000"]'
    until(page, lambda chrome: chrome.find_elements(By.CSS_SELECTOR, shown))

    assert result["outcome"] == "newest"
    assert until(page, lambda _: page.all("[data-reported]")[0].text).startswith("reported")
    # Its course is unknown: a ring, and no arrow.
    ring, key, without_arrow = until(page, lambda chrome: chrome.execute_script(RING_AND_KEY))
    assert ring == key
    assert without_arrow == 1
    assert page.console_messages() == []


@pytest.mark.parametrize(("path", "latitude"), [("/", 57.25), ("/map", 57.5)])
def test_the_marker_of_an_open_map_moves_to_the_position(
    window: Callable[[int], Window], send: Callable[[float], list[dict[str, Any]]], path: str, latitude: float
) -> None:
    page = window(1440).open(path)
    page.press(page.all(f"{TRACK} [data-show]")[0])
    until(page, lambda _: page.all(".leaflet-popup-content"))
    send(latitude)
    # The map pans until the whole popup is inside; the text of what is still outside is not visible.
    parts = (
        "Mission M17 20221208T1145",
        "Reported position",
        "Not from profile data; accuracy 250",
        f"{latitude:.5f}, 16.50000",
    )
    until(page, lambda _: all(part in page.all(".leaflet-popup-content")[0].text for part in parts))
    (key,) = until(page, lambda _: [each.text for each in page.all(".key-reported, .legend-reported")])

    assert until(page, lambda _: [ring.is_displayed() for ring in page.all(".marker-ring")]) == [True]
    assert key.startswith("Reported position")
    assert page.console_messages() == []
