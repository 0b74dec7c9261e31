"""Files are imported in the browser: checked, shown, stored after a click, and approved while in quarantine."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from app.localdev import pidfiles, valkey
from tests.e2e.browser.browser_window import ROOT, Window
from tests.e2e.browser.layout_problems import problems
from tests.made_files import time_series

Open = Callable[[int], Window]
# With a machine that runs tests and builds at once.
WITHIN_S = 60
STAMP = "20200913T1226"
# A file that is dropped on the page, as from a file manager.
_DROP = """
  const transfer = new DataTransfer();
  transfer.items.add(new File(["<html>Not found</html>"], "error.nc"));
  document.querySelector("[data-drop]").dispatchEvent(
    new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
  );
"""
# Counts the bytes of files that the page sends.
_COUNT = """
  window.sentBytes = 0;
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    window.sentBytes += body.size;
    return send.call(this, body);
  };
"""
# The portal has deleted the bytes of the check.
_NOT_KEPT = """
  const { fetch } = window;
  window.fetch = (url, options) =>
    url.endsWith("/import") ? Promise.resolve(new Response("{}", { status: 410 })) : fetch(url, options);
"""
# Everything of the page and of the browser that could hold a key, but the field itself.
_STORED = """
  return [document.documentElement.outerHTML, location.href, document.cookie,
          JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })].join();
"""
_FOCUSED = "return document.activeElement.matches(arguments[0])"


@dataclass(frozen=True)
class Keyring:
    """The secrets of two API keys."""

    importer: str
    operator: str


@pytest.fixture(scope="module")
def environment(
    mongodb_uri: str, redis_url: str, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of commands for the portal, whose broker and worker run during the module."""
    home = tmp_path_factory.mktemp("queue")
    variables = {
        "PATH": os.environ["PATH"],
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": f"test_browser_{worker_number}_imports",
        "REDIS_URL": redis_url,
        "REDIS_BROKER_URL": valkey.start_broker(home),
        "HALOCLINE_ENVIRONMENT": "development",
    }
    with ExitStack() as processes:
        processes.callback(pidfiles.stop, home / "broker.pid")
        pidfiles.start("worker", [sys.executable, "-m", "app.cli", "worker"], home, variables)
        processes.callback(pidfiles.stop, home / "worker.pid")
        yield variables


@pytest.fixture(scope="module")
def portal(serve: Callable[..., str], environment: dict[str, str]) -> str:
    """Address of a portal that accepts uploads; those of importers wait."""
    return serve(
        "imports",
        ["indexes"],
        HALOCLINE_UPLOADS="4",
        HALOCLINE_UPLOAD_QUARANTINE="true",
        REDIS_BROKER_URL=environment["REDIS_BROKER_URL"],
    )


@pytest.fixture(scope="module")
def keyring(portal: str, environment: dict[str, str]) -> Keyring:
    """A key of each role."""

    def secret(role: str) -> str:
        command = [sys.executable, "-m", "app.cli", "keys", "create", f"the {role}", "--role", role]
        options: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True, "timeout": WITHIN_S}
        return subprocess.run(command, capture_output=True, text=True, **options).stdout.strip()

    return Keyring(secret("importer"), secret("operator"))


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str], Path]:
    """A function that writes the file of a mission of this platform."""
    return lambda platform: time_series(tmp_path / f"{platform}.nc", attributes={"id": f"{platform}-{STAMP}"})


def enter(window: Window, key: str) -> None:
    (field,) = window.all("[data-key]")
    field.clear()
    field.send_keys(key, Keys.ENTER)


def upload(window: Window, name: str, *states: str) -> WebElement:
    """The entry of a file, as soon as it is in one of these states."""
    selector = ".upload" + "".join(f'[data-state="{state}"]' for state in states)

    def entry(_: object) -> WebElement | None:
        return next((each for each in window.all(selector) if f"{name}\n" in f"{each.text}\n"), None)

    shown = [each.text for each in window.all(".upload")]
    return WebDriverWait[Any](window.chrome, WITHIN_S).until(entry, f"{name} is not {states}: {shown}")  # type: ignore[return-value]


def button(entry: WebElement, text: str) -> WebElement:
    return next(each for each in entry.find_elements("css selector", "button") if each.text.startswith(text))


def missions(portal: str) -> list[str]:
    """The missions that the portal has."""
    with urllib.request.urlopen(f"{portal}/api/v1/missions", timeout=WITHIN_S) as response:
        return [each["platform"] for each in json.load(response)["items"]]


def shown_with(portal: str, platforms: set[str]) -> None:
    """Wait until the list of missions, which a cache may keep for a second, has those of these platforms."""
    WebDriverWait[Any](portal, WITHIN_S).until(lambda address: platforms <= {*missions(address)}, "not stored")


def until_summary(window: Window, text: str) -> None:
    """Wait until the line about all files has this text; screen readers announce it."""
    (line,) = window.all("[data-summary][role=status]")
    WebDriverWait[Any](line, WITHIN_S).until(lambda shown: shown.text == text, f"the summary is not {text}")


def is_focused(window: Window, selector: str) -> bool:
    focused: bool = window.chrome.execute_script(_FOCUSED, selector)
    return focused


def test_files_are_checked_before_they_are_stored(
    window: Open, portal: str, keyring: Keyring, made: Callable[[str], Path]
) -> None:
    desk = window(1440).open("/imports/new")
    enter(desk, keyring.operator)
    file = made("desk1")
    desk.chrome.execute_script(_COUNT)
    desk.all("[data-chooser]")[0].send_keys(str(file))
    desk.chrome.execute_script(_DROP)
    checked = upload(desk, "desk1.nc", "checked")
    refused = upload(desk, "error.nc", "refused")

    assert "Would be stored" in checked.text
    assert f"desk1\nMission\n{STAMP}" in checked.text
    assert "html_page" in refused.text
    assert missions(portal) == []
    until_summary(desk, "2 files: 1 checked, 1 refused.")
    assert desk.accessibility_violations() == []

    desk.press(button(checked, "Import"))
    done = upload(desk, "desk1.nc", "done")
    assert is_focused(desk, ".upload h3")
    shown_with(portal, {"desk1"})
    # The import uses the bytes of the check.
    assert desk.chrome.execute_script("return sentBytes") == file.stat().st_size + len("<html>Not found</html>")
    assert keyring.operator not in desk.chrome.execute_script(_STORED)
    assert desk.console_messages() == []
    desk.press(done.find_element("css selector", "a[href*='/missions/']"))
    WebDriverWait(desk.chrome, WITHIN_S).until(lambda chrome: "desk1" in chrome.title.lower())


def test_a_wrong_key_is_reported_and_the_next_one_continues(
    window: Open, keyring: Keyring, made: Callable[[str], Path]
) -> None:
    phone = window(390)
    phone.prefer_colours("dark")
    phone.open("/imports/new")
    file = made("phone1")
    phone.all("[data-chooser]")[0].send_keys(str(file))
    upload(phone, "phone1.nc", "no-key")
    assert is_focused(phone, "[data-key]")
    enter(phone, f"{keyring.operator[:-1]}~")
    WebDriverWait(phone.chrome, WITHIN_S).until(lambda _: phone.all("[data-key-error]")[0].text)
    assert "does not accept this API key" in phone.all("[data-key-error]")[0].text
    assert is_focused(phone, "[data-key][aria-invalid=true]")
    enter(phone, keyring.operator)
    checked = upload(phone, "phone1.nc", "checked")

    assert phone.overflow_px() == 0
    assert phone.accessibility_violations() == []

    phone.chrome.execute_script(_COUNT + _NOT_KEPT)
    phone.press(button(checked, "Import"))
    upload(phone, "phone1.nc", "done")
    assert phone.chrome.execute_script("return sentBytes") == file.stat().st_size


def test_an_operator_decides_about_the_uploads_of_importers(
    window: Open, portal: str, keyring: Keyring, made: Callable[[str], Path]
) -> None:
    desk = window(1440).open("/imports/new")
    enter(desk, keyring.importer)
    chooser = desk.all("[data-chooser]")[0]
    chooser.send_keys("\n".join(str(made(name)) for name in ("right1", "wrong1")))
    upload(desk, "right1.nc", "checked")
    upload(desk, "wrong1.nc", "checked")
    desk.press(desk.all("[data-import-all]")[0])
    upload(desk, "right1.nc", "waiting")
    upload(desk, "wrong1.nc", "waiting")

    desk.open("/imports/waiting")
    enter(desk, keyring.operator)
    right = upload(desk, "right1.nc")
    assert "the importer" in right.text
    assert "Would be stored" in right.text
    assert desk.accessibility_violations() == []
    desk.press(button(right, "Approve"))
    upload(desk, "right1.nc", "done")
    wrong = upload(desk, "wrong1.nc")
    desk.press(button(wrong, "Reject"))
    assert is_focused(desk, "[data-part=reason]")
    wrong.find_element("css selector", "[data-part=reason]").send_keys("another glider", Keys.ENTER)
    upload(desk, "wrong1.nc", "rejected")
    shown_with(portal, {"right1"})
    assert "wrong1" not in missions(portal)
    assert problems(desk, "/imports/waiting") == []
