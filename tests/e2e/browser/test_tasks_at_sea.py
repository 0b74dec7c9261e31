"""What visitors come for while platforms are at sea takes few clicks."""

import csv
import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests import made_files
from tests.e2e.browser.browser_window import Window
from tests.e2e.browser.test_tasks import Visitor

Open = Callable[[int], Window]
HOUR_S = 3600
# Platforms in the Bornholm Basin by the age of their data. Without a learned interval, one is late after 18 hours.
AGES_S = {"glider1": HOUR_S, "glider2": 20 * HOUR_S}


@pytest.fixture(scope="session")
def portal_at_sea(serve: Callable[[str, list[str]], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a portal with two platforms that report now, one of them late."""
    folder: Path = tmp_path_factory.mktemp("at_sea")
    for name, age_s in AGES_S.items():
        rows = made_files.rows(start_s=time.time() - age_s - 24 * made_files.STEP_S)
        made_files.time_series(folder / f"{name}.nc", rows, {"id": f"{name}-20260101T0000"})
    return serve("at_sea", ["ingest", str(folder)])


@pytest.fixture
def window_at_sea(portal_at_sea: str, window: Open, chrome: Chrome) -> Open:
    """A function that opens a window of a width in pixels on that portal, in the new tab of `window`."""
    return lambda width_px: Window(chrome, portal_at_sea, width_px)


def test_gliders_in_the_baltic_now_take_one_click(window_at_sea: Open) -> None:
    visitor = Visitor(window_at_sea(1440)).click("[data-reporting-in] a[href*='basin=baltic-sea']")
    listed = [row.get_attribute("data-mission") or "" for row in visitor.window.all("[data-mission]")]
    assert sorted(mission.split("/")[0] for mission in listed) == sorted(AGES_S)
    assert visitor.clicks <= 2


def test_samples_of_the_last_week_of_all_platforms_take_two_clicks(window_at_sea: Open) -> None:
    visitor = Visitor(window_at_sea(1440)).click("a[href='/data']")
    lines = csv.DictReader(io.StringIO(visitor.file("a[href*='observations'][href*='days=7']").decode()))
    assert {line["platform"] for line in lines} == {*AGES_S}
    assert visitor.clicks <= 2


@pytest.mark.parametrize("width_px", [1440, 390])
def test_a_late_platform_shows_at_once_and_its_name_takes_one_click(window_at_sea: Open, width_px: int) -> None:
    visitor = Visitor(window_at_sea(width_px))
    (summary,) = visitor.window.all("[data-fleet]")
    assert "Of 2 platforms at sea, 1 on time, 1 late, 0 silent." in summary.text
    visitor.click("[data-fleet] a[href*='reporting_state=late']")
    assert [row.get_attribute("data-platform") for row in visitor.window.all("[data-platform]")] == ["glider2"]
    assert visitor.window.overflow_px() == 0
    assert visitor.clicks <= 1


def test_pages_with_states_have_no_accessibility_violations(window_at_sea: Open) -> None:
    desk = window_at_sea(1440)
    for path in ("/", "/fleet", "/fleet/glider2", "/status"):
        assert desk.open(path).accessibility_violations() == [], path
