"""A browser window on the portal: opens pages, waits for their maps, says what went wrong, takes pictures."""

import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "build" / "screenshots"
_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_PATIENCE_S = 60
_DESKTOP_HEIGHT_PX = 1000
_PHONE_HEIGHT_PX = 844
# Chromium's largest picture; longer pages are cut off.
_TALLEST_PX = 8000
_SETTLED = """
  const maps = [...document.querySelectorAll("[data-map]")];
  return maps.every((map) => map.dataset.ready === "true" && map.dataset.pending === "0");
"""

_BARRIERS = """
  const done = arguments[arguments.length - 1];
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  axe.run(document, { resultTypes: ["violations"] }).then(
    ({ violations }) => done(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))),
    (error) => done([String(error)]),
  );
"""


class Window:
    """One Chromium at one width."""

    def __init__(self, chrome: Chrome, address: str, width_px: int) -> None:
        self.chrome = chrome
        self._address = address
        self._width_px = width_px
        self._height_px = _PHONE_HEIGHT_PX if width_px < 600 else _DESKTOP_HEIGHT_PX
        size = {"width": width_px, "height": self._height_px, "deviceScaleFactor": 1, "mobile": width_px < 600}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def open(self, path: str) -> "Window":
        """Opens a page and waits until its maps are drawn."""
        self.chrome.get(self._address + path)
        WebDriverWait(self.chrome, _PATIENCE_S).until(
            lambda chrome: chrome.execute_script(_SETTLED), f"{path} did not settle: {self.complaints()}"
        )
        return self

    def prefer(self, scheme: str) -> None:
        """The system asks for `light` or `dark` colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def all(self, selector: str) -> list[WebElement]:
        """What a CSS selector finds."""
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def complaints(self) -> list[str]:
        """What the console has said since the last question, but for the status of the page itself."""
        said = [entry for entry in self.chrome.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        return [entry["message"] for entry in said if not entry["message"].startswith(self.chrome.current_url + " ")]

    def other_hosts(self) -> set[str]:
        """The hosts other than the portal's that were asked for something since the last question."""
        own = urlsplit(self._address).netloc
        messages = [json.loads(entry["message"])["message"] for entry in self.chrome.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).netloc for url in urls if urlsplit(url).scheme.startswith(("http", "ws"))} - {own}

    def received_bytes(self) -> int:
        """What the page and everything it asked for weighed over the wire, headers left out."""
        script = """
          return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .reduce((sum, entry) => sum + entry.encodedBodySize, 0);
        """
        received: int = self.chrome.execute_script(script)
        return received

    def barriers(self) -> list[str]:
        """What axe-core finds in the way of people with a screen reader, a keyboard or weak eyes: rule and element."""
        self.chrome.execute_script(_AXE.read_text(encoding="utf-8"))
        found: list[str] = self.chrome.execute_async_script(_BARRIERS)
        return found

    def overflow_px(self) -> int:
        """By how much the page is wider than the window."""
        width: int = self.chrome.execute_script("return document.documentElement.scrollWidth")
        return width - self._width_px

    def picture(self, name: str) -> None:
        """Save the window, and the whole page, in build/screenshots. HALOCLINE_SCREENSHOTS enables it."""
        if "HALOCLINE_SCREENSHOTS" not in os.environ:
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        height: int = self.chrome.execute_script("return document.documentElement.scrollHeight")
        self._shoot(f"{name}-{self._width_px}.png", self._height_px)
        self._shoot(f"{name}-{self._width_px}-full.png", min(height, _TALLEST_PX))

    def _shoot(self, name: str, height_px: int) -> None:
        clip = {"x": 0, "y": 0, "width": self._width_px, "height": height_px, "scale": 1}
        options: dict[str, Any] = {"captureBeyondViewport": True, "clip": clip}
        shot = self.chrome.execute_cdp_cmd("Page.captureScreenshot", options)
        (PICTURES / name).write_bytes(base64.b64decode(shot["data"]))
