"""What a visitor takes home by clicking: each file arrives, has its name, and holds what the page shows."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.looking import Window

SMILLA = "/missions/smilla77/20221208T1145"
FILE = "smilla77_20221208T1145"
Open = Callable[[int], Window]
# A file is complete when Chromium has given it its own name.
_PATIENCE_S = 60


class Visitor:
    """Somebody with a browser who keeps what they click."""

    def __init__(self, window: Window, kept: Path) -> None:
        self.window = window
        self._kept = kept
        asked = {"behavior": "allow", "downloadPath": str(kept)}
        window.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", asked)

    def take(self, selector: str, name: str) -> bytes:
        """Clicks the one link of this selector that can be seen; the file that arrives under the name."""
        (link,) = [one for one in self.window.all(selector) if one.is_displayed()]
        script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
        self.window.chrome.execute_script(script, link)
        link.click()
        arrived = self._kept / name
        WebDriverWait(self.window.chrome, _PATIENCE_S).until(lambda _: arrived.is_file(), f"{name} did not arrive")
        return arrived.read_bytes()


@pytest.fixture(params=[1440, 390])
def visitor(request: pytest.FixtureRequest, window: Open, tmp_path: Path) -> Visitor:
    """A visitor at a desk and one with a phone."""
    kept = tmp_path / "kept"
    kept.mkdir()
    return Visitor(window(request.param), kept)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode("utf-8").splitlines()))


def _dimensions(content: bytes, path: Path) -> dict[str, int]:
    """The dimensions of a NetCDF file, by a process of its own: the library and a browser's driver share no memory."""
    path.write_bytes(content)
    script = (
        "import json, sys, netCDF4\n"
        "with netCDF4.Dataset(sys.argv[1]) as file:\n"
        "    print(json.dumps({name: len(one) for name, one in file.dimensions.items()}))"
    )
    said = subprocess.run([sys.executable, "-c", script, str(path)], check=True, capture_output=True, timeout=60)
    found: dict[str, int] = json.loads(said.stdout)
    return found


def _placemarks(content: bytes) -> int:
    found = ElementTree.fromstring(content)  # noqa: S314 -- Our own answer.
    return len(found.findall(".//{http://www.opengis.net/kml/2.2}Placemark"))


def test_all_samples_of_a_mission_are_taken_as_csv(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    rows = _rows(visitor.take(".downloads a[download$='.csv']", f"{FILE}.csv"))
    assert len(rows) == _shown(visitor, "samples")
    assert {row["profile"] for row in rows} >= {"1", "143"}


def test_all_samples_of_a_mission_are_taken_as_netcdf(visitor: Visitor, tmp_path: Path) -> None:
    visitor.window.open(SMILLA)
    content = visitor.take(".downloads a[download$='.nc']", f"{FILE}_R.nc")
    assert _shown(visitor, "samples") in _dimensions(content, tmp_path / "opened.nc").values()


def test_the_track_of_a_mission_is_taken_as_geojson(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    found = json.loads(visitor.take(".downloads a[download$='.geojson']", f"{FILE}.geojson"))
    assert [one["properties"]["kind"] for one in found["features"]] == ["track", "last_position"]
    assert [one["geometry"]["type"] for one in found["features"]] == ["MultiLineString", "Point"]


def test_the_track_of_a_mission_is_taken_as_kml(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    assert _placemarks(visitor.take(".downloads a[download$='.kml']", f"{FILE}.kml")) > 0


def test_a_plot_is_taken_as_a_picture_and_as_data(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    picture = visitor.take("#section-temperature a[download$='.png']", f"{FILE}_temperature.png")
    values = _rows(visitor.take("#section-temperature a[download$='.csv']", f"{FILE}_temperature.csv"))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(values) > 1000


def test_the_view_of_a_plot_is_taken_as_a_picture(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    (change,) = [one for one in visitor.window.all(".sections button") if one.text == "Change the axes"]
    visitor.window.chrome.execute_script("arguments[0].click()", change)
    save = "#section-temperature [data-save]"
    WebDriverWait(visitor.window.chrome, _PATIENCE_S).until(
        lambda _: [one for one in visitor.window.all(save) if one.is_displayed()]
    )
    assert visitor.take(save, f"{FILE}_temperature_view.png").startswith(b"\x89PNG\r\n\x1a\n")


def test_a_citation_is_taken_as_bibtex(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    entry = visitor.take("a[download$='.bib']", f"{FILE}.bib").decode()
    assert entry.startswith("@misc{halocline_smilla77_20221208T1145,\n")
    assert entry == visitor.window.all("[data-bibtex]")[0].get_attribute("textContent")


@pytest.mark.parametrize("page", ["/missions", "/map"])
def test_the_missions_chosen_are_taken_in_one_file(visitor: Visitor, page: str, tmp_path: Path) -> None:
    visitor.window.open(f"{page}?platform=smilla77&sort=oldest")
    rows = _rows(visitor.take("[data-exports] a[download$='.csv']", "halocline-missions.csv"))
    assert {(row["platform"], row["mission"]) for row in rows} == {("smilla77", "20221208T1145")}
    content = visitor.take("[data-exports] a[download$='.nc']", "halocline-missions.nc")
    assert len(rows) in _dimensions(content, tmp_path / "opened.nc").values()


@pytest.mark.parametrize("page", ["/missions", "/map"])
def test_the_ways_of_all_missions_are_taken_in_one_file(visitor: Visitor, page: str) -> None:
    visitor.window.open(page)
    found = json.loads(visitor.take("[data-exports] a[download$='.geojson']", "halocline-missions.geojson"))
    assert {one["properties"]["platform"] for one in found["features"]} == {"smilla77", "dfo-eva035035"}
    assert _placemarks(visitor.take("[data-exports] a[download$='.kml']", "halocline-missions.kml")) >= 2


def test_statistics_are_taken_as_csv(visitor: Visitor) -> None:
    visitor.window.open("/stats")
    rows = _rows(visitor.take("[data-statistics=year] a[download$='.csv']", "halocline-year.csv"))
    shown = visitor.window.all("[data-statistics=year] tbody [data-sum=profiles]")
    assert sorted(row["profiles"] for row in rows) == sorted(one.get_attribute("value") or "" for one in shown)


def _shown(visitor: Visitor, figure: str) -> int:
    return int(visitor.window.all(f"[data-figure={figure}]")[0].get_attribute("value") or "0")
