"""The complete portal with the demo missions, in a separate process, and a Chromium that opens its pages."""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from pymongo import MongoClient
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

from app.localdev.ports import free_port
from tests.e2e.browser.browser_window import Window

ROOT = Path(__file__).parents[3]
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# A cold start on two busy cores, with a browser beside it.
_TIMEOUT_S = 60


def _program(*names: str) -> str:
    """The path of the first of these programs. Missing: skipped on a developer's machine, a failure in CI."""
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program:
        return program
    reason = f"{names[0]} is not on PATH: the pages were not tested in a browser"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_programs() -> tuple[str, str]:
    """Chromium and its driver."""
    return _program(*_CHROMIUM), _program("chromedriver")


@pytest.fixture(scope="session")
def serve(
    browser_programs: tuple[str, str],
    mongodb_uri: str,
    redis_url: str,
    worker_number: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., str]]:
    """A function that fills a database by a command of the portal, and returns the address of a portal on it.

    Settings may follow.
    """
    assert (ROOT / "app/static/manifest.json").exists(), "the front end is not built: run `make setup`"
    with ExitStack() as portals:

        def start(name: str, command: list[str], **settings: str) -> str:
            database = f"test_browser_{worker_number}_{name}"
            log = tmp_path_factory.mktemp(name) / "portal.log"
            return portals.enter_context(_serving(database, command, mongodb_uri, redis_url, log, settings))

        yield start


@pytest.fixture(scope="session")
def portal(serve: Callable[..., str]) -> str:
    """Address of a portal with the demo missions."""
    return serve("demo", ["ingest", "demo"])


@pytest.fixture(scope="session")
def fleets(serve: Callable[[str, list[str]], str]) -> Callable[[int], str]:
    """A function that returns the address of a portal with so many platforms, a few of them at sea."""
    addresses: dict[int, str] = {}

    def address(platforms: int) -> str:
        if platforms not in addresses:
            addresses[platforms] = serve(f"fleet{platforms}", _fleet(platforms))
        return addresses[platforms]

    return address


def _fleet(platforms: int) -> list[str]:
    """The command that fills a database with a fleet of this size."""
    if not platforms:
        return ["indexes"]
    # Eight missions each. Sections take a second for each mission at sea.
    active = min(platforms, 3)
    return ["seed", "--missions", f"{platforms * 8}", "--profiles", "1", "--samples", "2", "--active", f"{active}"]


@contextmanager
def _serving(
    database: str, command: list[str], mongodb_uri: str, redis_url: str, log: Path, settings: dict[str, str]
) -> Iterator[str]:
    """A portal in a separate process, on a database that the command fills. The database is dropped at the end."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": database,
        "MONGODB_TIMEOUT_MS": "20000",
        "REDIS_URL": redis_url,
        "HALOCLINE_ENVIRONMENT": "development",
        "WEB_WORKERS": "1",
        "WEB_BIND": f"127.0.0.1:{port}",
        **settings,
    }
    with log.open("wb") as output:
        options: dict[str, Any] = {"cwd": ROOT, "env": environment, "stdout": output, "stderr": output}
        cli = [sys.executable, "-m", "app.cli"]
        subprocess.run([*cli, *command], check=True, timeout=_TIMEOUT_S * 5, **options)
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "app.wsgi:application"]
        process = subprocess.Popen(gunicorn, **options)
        try:
            address = f"http://127.0.0.1:{port}"
            WebDriverWait[Any](address, _TIMEOUT_S, ignored_exceptions=(URLError, OSError)).until(
                lambda url: _is_live(url), f"the portal did not start: {log.read_text(errors='replace')[-2000:]}"
            )
            yield address
        finally:
            process.terminate()
            process.wait(_TIMEOUT_S)
            with MongoClient[Any](mongodb_uri) as client:
                client.drop_database(database)


def _is_live(address: str) -> bool:
    with urllib.request.urlopen(f"{address}/livez", timeout=5) as answer:
        return bool(answer.status == 200)


@pytest.fixture(scope="session")
def chrome(browser_programs: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One Chromium for all tests of this worker."""
    chromium, driver = browser_programs
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",  # A container's /dev/shm is too small for a page with a map.
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With the path of the driver, selenium downloads nothing.
    browser = Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()


@pytest.fixture
def window(portal: str, chrome: Chrome) -> Callable[[int], Window]:
    """A function that opens a new tab of a width in pixels, without cookies, storage and cache of earlier tests."""
    old_tabs = chrome.window_handles
    chrome.switch_to.new_window("tab")
    new_tab = chrome.current_window_handle
    for handle in old_tabs:
        chrome.switch_to.window(handle)
        chrome.close()
    chrome.switch_to.window(new_tab)
    chrome.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": portal, "storageTypes": "all"})
    chrome.execute_cdp_cmd("Network.clearBrowserCache", {})
    _ = [chrome.get_log(kind) for kind in ("browser", "performance")]
    return lambda width_px: Window(chrome, portal, width_px)
