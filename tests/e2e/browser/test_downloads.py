"""Downloads by click: each file arrives with its name and contains what the page shows."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browser.browser_window import Window

SMILLA = "/missions/smilla77/20221208T1145"
FILE = "smilla77_20221208T1145"
Open = Callable[[int], Window]
# Chromium gives a file its final name when the download is complete.
_TIMEOUT_S = 60


class Visitor:
    """A visitor with a browser that saves downloads in a folder."""

    def __init__(self, window: Window, folder: Path) -> None:
        self.window = window
        self._folder = folder
        behaviour = {"behavior": "allow", "downloadPath": str(folder)}
        window.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)

    def download(self, selector: str, name: str) -> bytes:
        """Click the only visible link of this selector; return the content of the file of this name."""
        (link,) = [one for one in self.window.all(selector) if one.is_displayed()]
        self.window.press(link)
        file = self._folder / name
        WebDriverWait(self.window.chrome, _TIMEOUT_S).until(lambda _: file.is_file(), f"{name} did not arrive")
        return file.read_bytes()


@pytest.fixture(params=[1440, 390])
def visitor(request: pytest.FixtureRequest, window: Open, tmp_path: Path) -> Visitor:
    """A visitor with a desktop screen, and one with a phone."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return Visitor(window(request.param), folder)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode("utf-8").splitlines()))


def _dimensions(content: bytes, path: Path) -> dict[str, int]:
    """The dimensions of a NetCDF file, read in a separate process: the library shares no memory with the driver."""
    path.write_bytes(content)
    script = (
        "import json, sys, netCDF4\n"
        "with netCDF4.Dataset(sys.argv[1]) as file:\n"
        "    print(json.dumps({name: len(one) for name, one in file.dimensions.items()}))"
    )
    completed = subprocess.run([sys.executable, "-c", script, str(path)], check=True, capture_output=True, timeout=60)
    dimensions: dict[str, int] = json.loads(completed.stdout)
    return dimensions


def _placemarks(content: bytes) -> int:
    document = ElementTree.fromstring(content)  # noqa: S314 -- Our own answer.
    return len(document.findall(".//{http://www.opengis.net/kml/2.2}Placemark"))


def test_all_samples_of_a_mission_download_as_csv(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    rows = _rows(visitor.download(".downloads a[download$='.csv']", f"{FILE}.csv"))
    assert len(rows) == _shown_figure(visitor, "samples")
    assert {row["profile"] for row in rows} >= {"1", "143"}


def test_all_samples_of_a_mission_download_as_netcdf(visitor: Visitor, tmp_path: Path) -> None:
    visitor.window.open(SMILLA)
    content = visitor.download(".downloads a[download$='.nc']", f"{FILE}_R.nc")
    assert _shown_figure(visitor, "samples") in _dimensions(content, tmp_path / "opened.nc").values()


def test_the_track_of_a_mission_downloads_as_geojson(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    track = json.loads(visitor.download(".downloads a[download$='.geojson']", f"{FILE}.geojson"))
    assert [feature["properties"]["kind"] for feature in track["features"]] == ["track", "last_position"]
    assert [feature["geometry"]["type"] for feature in track["features"]] == ["MultiLineString", "Point"]


def test_the_track_of_a_mission_downloads_as_kml(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    assert _placemarks(visitor.download(".downloads a[download$='.kml']", f"{FILE}.kml")) > 0


def test_a_plot_downloads_as_a_picture_and_as_data(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    picture = visitor.download("#section-temperature a[download$='_temperature.png']", f"{FILE}_temperature.png")
    values = _rows(visitor.download("#section-temperature a[download$='.csv']", f"{FILE}_temperature.csv"))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(values) > 1000


def test_the_view_of_a_plot_downloads_as_a_picture(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    (change,) = [one for one in visitor.window.all(".sections button") if one.text == "Change the axes"]
    visitor.window.chrome.execute_script("arguments[0].click()", change)
    save = "#section-temperature [data-save]"
    WebDriverWait(visitor.window.chrome, _TIMEOUT_S).until(
        lambda _: [one for one in visitor.window.all(save) if one.is_displayed()]
    )
    assert visitor.download(save, f"{FILE}_temperature_view.png").startswith(b"\x89PNG\r\n\x1a\n")
    larger = "#section-temperature [aria-label$='4 times as large']"
    picture = visitor.download(larger, f"{FILE}_temperature_view_4x.png")
    (canvas,) = [one for one in visitor.window.all("canvas[data-plot]") if one.is_displayed()]
    assert int.from_bytes(picture[16:20], "big") == round(4 * canvas.rect["width"])


def test_a_citation_downloads_as_bibtex(visitor: Visitor) -> None:
    visitor.window.open(SMILLA)
    entry = visitor.download("a[download$='.bib']", f"{FILE}.bib").decode()
    assert entry.startswith("@misc{halocline_smilla77_20221208T1145,\n")
    assert entry == visitor.window.all("[data-bibtex]")[0].get_attribute("textContent")


@pytest.mark.parametrize("page", ["/missions", "/map"])
def test_the_selected_missions_download_in_one_file(visitor: Visitor, page: str, tmp_path: Path) -> None:
    visitor.window.open(f"{page}?platform=smilla77&sort=oldest")
    rows = _rows(visitor.download("[data-exports] a[download$='.csv']", "halocline-missions.csv"))
    assert {(row["platform"], row["mission"]) for row in rows} == {("smilla77", "20221208T1145")}
    content = visitor.download("[data-exports] a[download$='.nc']", "halocline-missions.nc")
    assert len(rows) in _dimensions(content, tmp_path / "opened.nc").values()


@pytest.mark.parametrize("page", ["/missions", "/map"])
def test_the_tracks_of_all_missions_download_in_one_file(visitor: Visitor, page: str) -> None:
    visitor.window.open(page)
    tracks = json.loads(visitor.download("[data-exports] a[download$='.geojson']", "halocline-missions.geojson"))
    assert {feature["properties"]["platform"] for feature in tracks["features"]} == {"smilla77", "dfo-eva035035"}
    assert _placemarks(visitor.download("[data-exports] a[download$='.kml']", "halocline-missions.kml")) >= 2


def test_statistics_download_as_csv(visitor: Visitor) -> None:
    visitor.window.open("/stats")
    rows = _rows(visitor.download("[data-statistics=year] a[download$='.csv']", "halocline-year.csv"))
    shown = visitor.window.all("[data-statistics=year] tbody [data-sum=profiles]")
    assert sorted(row["profiles"] for row in rows) == sorted(one.get_attribute("value") or "" for one in shown)


def _shown_figure(visitor: Visitor, figure: str) -> int:
    return int(visitor.window.all(f"[data-figure={figure}]")[0].get_attribute("value") or "0")
