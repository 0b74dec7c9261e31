"""A browser window on the portal: opens pages, waits for their maps, reports errors, takes screenshots."""

import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import ElementClickInterceptedException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / "build" / "screenshots"
_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_TIMEOUT_S = 60
_DESKTOP_HEIGHT_PX = 1000
_PHONE_HEIGHT_PX = 844
# The largest screenshot of Chromium; longer pages are cut off.
_MAX_HEIGHT_PX = 8000
_SETTLED = """
  const maps = [...document.querySelectorAll("[data-map]")];
  return maps.every((map) => map.dataset.ready === "true" && map.dataset.pending === "0");
"""

_VIOLATIONS = """
  const done = arguments[arguments.length - 1];
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  axe.run(document, { resultTypes: ["violations"] }).then(
    ({ violations }) => done(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))),
    (error) => done([String(error)]),
  );
"""


class Window:
    """A Chromium window of one width."""

    def __init__(self, chrome: Chrome, address: str, width_px: int) -> None:
        self.chrome = chrome
        self._address = address
        self._width_px = width_px
        self._height_px = _PHONE_HEIGHT_PX if width_px < 600 else _DESKTOP_HEIGHT_PX
        size = {"width": width_px, "height": self._height_px, "deviceScaleFactor": 1, "mobile": width_px < 600}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def open(self, path: str) -> "Window":
        """Open a page and wait until its maps are drawn."""
        self.chrome.get(self._address + path)
        WebDriverWait(self.chrome, _TIMEOUT_S).until(
            lambda chrome: chrome.execute_script(_SETTLED), f"{path} did not settle: {self.console_messages()}"
        )
        return self

    def prefer_colours(self, scheme: str) -> None:
        """Emulate a system that prefers `light` or `dark` colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def all(self, selector: str) -> list[WebElement]:
        """The elements that match a CSS selector."""
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def press(self, element: WebElement) -> None:
        """Scroll to an element and click it, again if a plot that a phone opens by itself moves it meanwhile."""

        def press(chrome: Chrome) -> bool:
            chrome.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
            element.click()
            return True

        WebDriverWait(self.chrome, _TIMEOUT_S, ignored_exceptions=(ElementClickInterceptedException,)).until(press)

    def console_messages(self) -> list[str]:
        """The warnings and errors of the console since the last call, without the status of the page itself."""
        entries = [entry for entry in self.chrome.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        return [entry["message"] for entry in entries if not entry["message"].startswith(self.chrome.current_url + " ")]

    def other_hosts(self) -> set[str]:
        """The hosts, other than the portal, that received requests since the last call."""
        own = urlsplit(self._address).netloc
        messages = [json.loads(entry["message"])["message"] for entry in self.chrome.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).netloc for url in urls if urlsplit(url).scheme.startswith(("http", "ws"))} - {own}

    def received_bytes(self) -> int:
        """The compressed size of the page and all its resources, without headers."""
        script = """
          return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .reduce((sum, entry) => sum + entry.encodedBodySize, 0);
        """
        received: int = self.chrome.execute_script(script)
        return received

    def accessibility_violations(self) -> list[str]:
        """The accessibility violations that axe-core reports: rule and element."""
        self.chrome.execute_script(_AXE.read_text(encoding="utf-8"))
        violations: list[str] = self.chrome.execute_async_script(_VIOLATIONS)
        return violations

    def overflow_px(self) -> int:
        """The difference between the width of the page and the width of the window."""
        width: int = self.chrome.execute_script("return document.documentElement.scrollWidth")
        return width - self._width_px

    def screenshot(self, name: str) -> None:
        """Save the window, and the whole page, in build/screenshots. HALOCLINE_SCREENSHOTS enables it."""
        if "HALOCLINE_SCREENSHOTS" not in os.environ:
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height: int = self.chrome.execute_script("return document.documentElement.scrollHeight")
        self._capture(f"{name}-{self._width_px}.png", self._height_px)
        self._capture(f"{name}-{self._width_px}-full.png", min(height, _MAX_HEIGHT_PX))

    def _capture(self, name: str, height_px: int) -> None:
        clip = {"x": 0, "y": 0, "width": self._width_px, "height": height_px, "scale": 1}
        options: dict[str, Any] = {"captureBeyondViewport": True, "clip": clip}
        capture = self.chrome.execute_cdp_cmd("Page.captureScreenshot", options)
        (SCREENSHOTS / name).write_bytes(base64.b64decode(capture["data"]))
