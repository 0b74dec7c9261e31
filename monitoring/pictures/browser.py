"""A headless Chromium that opens the page of a dashboard and takes its picture."""

import contextlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

# About 60 queries and 24 panels on a busy machine.
_DRAWN_WITHIN_S = 60
# A picture has few colours; with a palette it is less than half of the size.
_COLOURS = 256
_PROGRAMS = (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",))


class NoBrowser(Exception):
    """Chromium or its driver is missing. The message is one line."""


@contextlib.contextmanager
def opened(width: int) -> Iterator[Chrome]:
    """Yield a Chromium with a window of this width in pixels. Raises NoBrowser."""
    programs = [next((path for name in names if (path := shutil.which(name))), None) for names in _PROGRAMS]
    if None in programs:
        raise NoBrowser("chromium and chromedriver are needed on PATH (Debian: apt install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = str(programs[0])
    with tempfile.TemporaryDirectory() as profile:
        for argument in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--allow-file-access-from-files",
            f"--user-data-dir={profile}",
            f"--window-size={width},1000",
        ):
            options.add_argument(argument)
        # With the path of the driver, selenium downloads nothing.
        chrome = Chrome(options=options, service=Service(str(programs[1])))
        try:
            yield chrome
        finally:
            chrome.quit()


def failures(chrome: Chrome, page: Path) -> list[dict[str, str]]:
    """Return what went wrong on a page once all of its panels are drawn, each with `kind` (empty, error) and `text`."""
    chrome.get(page.resolve().as_uri())
    try:
        WebDriverWait[Any](chrome, _DRAWN_WITHIN_S).until(
            lambda window: window.execute_script("return document.body?.dataset.state") == "drawn"
        )
    except TimeoutException:
        return [{"kind": "error", "text": f"not drawn within {_DRAWN_WITHIN_S} s"}]
    result: list[dict[str, str]] = chrome.execute_script("return window.failures ?? []")
    return result


def picture(chrome: Chrome, width: int) -> bytes:
    """Return the whole page as PNG with a palette."""
    height = chrome.execute_script("return Math.ceil(parseFloat(document.body.style.minHeight))")
    chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    image = Image.open(io.BytesIO(chrome.get_screenshot_as_png())).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
