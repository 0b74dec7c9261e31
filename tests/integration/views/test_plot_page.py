"""The page of one plot, and pages for frames of other sites."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import netCDF4
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from tests import made_flags
from tests.conftest import Seed
from tests.made_files import rows, time_series
from tests.made_flags import BAD, CONVENTIONS, GOOD

Page = Callable[[str], str]
Db = Database[dict[str, Any]]
MISSION = "/missions/made/20200913T1226"
TEMPERATURE = f"{MISSION}/plots/temperature"


@pytest.fixture(autouse=True)
def _mission(blank_pictures: None, tools: ImportContext, seed: Seed, tmp_path: Path) -> None:
    """Store a mission with flagged temperatures, and salinity."""
    made = rows()
    file = time_series(tmp_path / "made.nc", {**made, "salinity": 30.0 + made["depth"] / 10}, units={"salinity": "1"})
    with netCDF4.Dataset(file, "a") as data:
        made_flags.add(data, "temperature", [BAD] * 2 + [GOOD] * 22, CONVENTIONS["OG1"])
    seed("a mission with flagged temperatures", lambda: list(importer.real([file], tools)))


def pictures(html: str) -> list[str]:
    """The addresses of the pictures."""
    return [unescape(address) for address in re.findall(r'<img class="only-\w+" src="([^"]+)"', html)]


def test_the_mission_links_to_each_large_plot(page: Page) -> None:
    html = page(MISSION)
    assert re.findall(r'href="([^"]+)" data-large', html) == [
        f"{MISSION}/plots/{name}" for name in ("temperature", "salinity", "ts")
    ]


def test_a_plot_is_drawn_as_its_address_chooses(page: Page) -> None:
    plain, chosen = page(TEMPERATURE), page(f"{TEMPERATURE}?axis=distance&quality=all")
    svg = f"/api/v1{MISSION}/sections/temperature.svg"
    assert pictures(plain) == [f"{svg}?theme=light", f"{svg}?theme=dark"]
    assert pictures(chosen)[0] == f"{svg}?axis=distance&quality=all&theme=light"


def test_the_links_of_a_plot_choose_axis_and_values(page: Page) -> None:
    links = re.findall(r'<a href="([^"]+)"( aria-current="true")?>(by \w+|\w+ values)</a>', page(TEMPERATURE))
    assert [(unescape(address), bool(current), text) for address, current, text in links] == [
        (TEMPERATURE, True, "by time"),
        (f"{TEMPERATURE}?axis=distance", False, "by distance"),
        (TEMPERATURE, True, "good values"),
        (f"{TEMPERATURE}?quality=all", False, "all values"),
    ]


def test_a_plot_without_flagged_values_has_no_choice_of_values(page: Page) -> None:
    html = page(f"{MISSION}/plots/salinity")
    assert "by distance" in html
    assert "all values" not in html


def test_flagged_values_are_counted_beside_a_plot(page: Page) -> None:
    assert "2 values flagged as bad are hidden" in page(TEMPERATURE)


def caption(html: str) -> str:
    """The text below the first picture, without marks and with plain spaces."""
    (text,) = re.findall(r"<figcaption>(.*?)</figcaption>", html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", text)).replace("\u202f", " ").split())


def test_the_caption_of_all_values_counts_the_flagged_ones(page: Page) -> None:
    good, every = (page(f"{TEMPERATURE}?quality={quality}") for quality in ("good", "all"))
    assert "means of 22 samples" in caption(good)
    assert "means of 24 samples, 2 of them flagged as bad" in caption(every)
    assert "hidden" not in caption(every)
    assert "values flagged as bad are drawn, too" in every


def test_the_caption_of_the_t_s_diagram_counts_the_drawn_and_all_samples(page: Page, db: Db) -> None:
    thinned = {"pairs": 12_345, "depth_unknown": 3, "flagged": 5000}
    db.sections.update_one({"what": "ts"}, {"$set": thinned})
    good, every = (caption(page(f"{MISSION}/plots/ts?quality={quality}")) for quality in ("good", "all"))
    assert "salinity: 22 of 12 345 good samples, thinned evenly, coloured by depth" in good
    assert "potential density anomaly σ₀ (TEOS-10), kg m⁻³" in good
    assert "3 points of unknown depth are grey" in good
    assert "and, as hollow points, 2 of 5 000 with a flagged value, thinned evenly" in every
    assert "hidden" not in every


def test_the_caption_of_a_t_s_diagram_without_densities_names_none(page: Page, db: Db) -> None:
    db.sections.update_one({"what": "ts"}, {"$set": {"has_density": False}})
    html = page(f"{MISSION}/plots/ts")
    assert "density" not in caption(html)
    assert "lines of equal density" not in html


def test_an_unknown_distance_is_said_and_the_plot_is_by_time(page: Page, db: Db) -> None:
    db.sections.update_many({}, {"$set": {"along_m": None}})
    html = page(f"{TEMPERATURE}?axis=distance")
    assert 'data-distance="unknown"' in html
    assert "by distance" not in html
    assert "axis=" not in pictures(html)[0]


def test_the_t_s_diagram_has_a_page_without_a_choice_of_axis(page: Page) -> None:
    html = page(f"{MISSION}/plots/ts?axis=distance")
    assert "T-S diagram" in html
    assert pictures(html)[0] == f"/api/v1{MISSION}/ts.svg?theme=light"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{TEMPERATURE}?axis=depth", 400),
        (f"{TEMPERATURE}?quality=bad", 400),
        (f"{MISSION}/plots/nothing", 404),
        ("/missions/made/nothing/plots/temperature", 404),
    ],
)
def test_other_choices_and_plots_are_refused(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path, buffered=True).status_code == status


@pytest.mark.parametrize("path", ["/map", TEMPERATURE])
def test_a_page_in_a_frame_has_no_header_and_allows_frames(client: FlaskClient, path: str) -> None:
    whole, framed = (client.get(f"{path}{query}", buffered=True) for query in ("", "?embed=1"))

    assert ("<header" in whole.text, "<footer" in whole.text) == (True, True)
    assert ("<header" in framed.text, "<footer" in framed.text) == (False, False)
    assert '<base target="_blank">' in framed.text
    policies = [answer.headers["Content-Security-Policy"].split("; ") for answer in (whole, framed)]
    assert "frame-ancestors 'none'" in policies[0]
    assert "frame-ancestors *" in policies[1]
    assert policies[0][:-1] == policies[1][:-1]
    assert [answer.headers.get("X-Frame-Options") for answer in (whole, framed)] == ["DENY", None]


@pytest.mark.parametrize("path", [MISSION, "/", "/fleet", "/map?embed=yes", "/api/v1/missions"])
def test_no_other_page_may_be_in_a_frame(client: FlaskClient, path: str) -> None:
    answer = client.get(path, buffered=True)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_code_for_other_sites_has_the_address_of_the_plot_in_a_frame(page: Page) -> None:
    html = unescape(page(f"{TEMPERATURE}?quality=all"))
    assert f'<iframe src="http://localhost{TEMPERATURE}?quality=all&embed=1"' in html
