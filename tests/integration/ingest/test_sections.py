"""Sections of imported data, compared with numbers that plain numpy computes from the same files."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from cmocean import cm
from PIL import Image
from pymongo.database import Database

from app.domain import columns, plot_style
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild, seawater, section_plots, section_refresh
from app.ingest.reports import Report
from app.store import indexes, sections
from tests.conftest import Seed
from tests.made_files import profile_file, rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
MADE = ("made", "20200913T1226")


def column(record: Any, name: str) -> Any:
    packed = record.packed[name]
    return np.asarray(columns.decoded(packed["data"], packed["dtype"]))


def cells(section: Any) -> Any:
    return column(section, "values").reshape(section.rows, section.columns)


def pixels(section: Any, theme: Any = "light", scale: Any = 1) -> Any:
    png = sections.picture(section.platform, section.mission, section.variable, theme, scale)
    assert png is not None
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.fixture(autouse=True)
def _pictures() -> None:
    """Override the blank pictures of the other modules: sections are drawn here."""


@pytest.fixture
def smilla(real: Path, ingest: Ingest, seed: Seed) -> Any:
    """The temperature section of the real SEA077, and the rows of the file: depth, temperature, profile."""
    file = real / "voto/nrt_SEA077_M17.nc"
    seed("SEA077 with pictures", lambda: ingest(file))
    with netCDF4.Dataset(file) as data:
        # Its `valid_min` of 0 would mask negative depths at the surface; missing values are NaN in this file.
        data.set_auto_mask(False)
        columns_of_file = [data[name][:].astype(float) for name in ("depth", "temperature", "profile_num")]
    return sections.find("smilla77", "20221208T1145", "temperature"), *columns_of_file


def means(section: Any, depth_m: Any, temperature: Any, profile: Any) -> Any:
    """Return the mean of each profile in bins of 5 m: the samples of SEA077 are three to four metres apart."""
    measured = np.isfinite(depth_m) & np.isfinite(temperature)
    in_cell = np.digitize(np.clip(depth_m, 0, None), np.arange(0, 90, 5.0)) - 1
    expected = np.full((section.rows, section.columns), np.nan)
    for position, number in enumerate(np.unique(profile)):
        for row in range(section.rows):
            values = temperature[measured & (profile == number) & (in_cell == row)]
            expected[row, position] = values.mean() if values.size else np.nan
    return expected


def test_cells_of_a_real_mission_are_the_means_of_its_samples(smilla: Any) -> None:
    section, depth_m, temperature, profile = smilla

    measured = np.isfinite(depth_m) & np.isfinite(temperature)
    assert section.samples == measured.sum() == 2868
    assert section.columns == len(np.unique(profile)) == 143
    assert section.bin_m == 5.0
    np.testing.assert_allclose(cells(section), means(section, depth_m, temperature, profile), rtol=1e-6)


def test_limits_of_a_real_mission_are_round_numbers_around_the_percentiles_of_its_samples(smilla: Any) -> None:
    section, _, temperature, _ = smilla
    (low, high), percentiles = section.limits, np.nanpercentile(temperature, [1, 99])
    assert (round(low, 1), round(high, 1)) == (low, high)
    assert percentiles[0] - 0.1 <= low <= percentiles[0]
    assert percentiles[1] <= high <= percentiles[1] + 0.1
    assert section.span == pytest.approx((np.nanmin(temperature), np.nanmax(temperature)), abs=1e-5)


def test_pictures_of_a_real_mission_are_small(smilla: Any, db: Db) -> None:
    sizes = [{scale: len(png) for scale, png in doc["pictures"].items()} for doc in db.sections.find()]
    assert len(sizes) == 4
    # Four times as wide and high, but not sixteen times as large.
    most = {"x1": 30_000, "x2": 50_000, "x4": 100_000}
    assert [each for each in sizes if each.keys() != most.keys() or any(each[name] > most[name] for name in most)] == []


def test_a_large_picture_has_the_same_cells_as_a_small_one(smilla: Any) -> None:
    section, *_ = smilla
    small, large = pixels(section), pixels(section, scale=4)
    assert (small.shape, large.shape) == ((420, 900, 3), (1680, 3600, 3))
    middle = slice(plot_style.TOP + 5, plot_style.BOTTOM - 5, 20), slice(plot_style.LEFT + 9, 700, 50)
    rows, columns_at = (slice(part.start * 4 + 2, part.stop * 4 + 2, part.step * 4) for part in middle)
    # Edges of cells fall between pixels of the small picture.
    assert (small[middle] == large[rows, columns_at]).all(axis=2).mean() > 0.8


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_pixel_has_the_colour_of_the_value(tmp_path: Path, ingest: Ingest, theme: str) -> None:
    ingest(time_series(tmp_path / "made.nc", rows(profiles=8)))
    section = sections.find(*MADE, "temperature")
    assert section is not None

    low, high = section.limits
    values = cells(section)
    x = plot_style.LEFT + (np.arange(8) + 0.5) / 8 * (plot_style.RIGHT - plot_style.LEFT)
    y = plot_style.TOP + (np.arange(section.rows) + 0.5) / section.rows * (plot_style.BOTTOM - plot_style.TOP)
    share = np.clip(np.floor((values - low) / (high - low) * 64), 0, 63)
    expected = np.round(cm.thermal((share + 0.5) / 64)[:, :, :3] * 255)
    assert np.isfinite(values).all()
    colours = pixels(section, theme)[y.astype(int)][:, x.astype(int)]
    np.testing.assert_array_equal(colours, expected)


def test_a_gap_in_time_or_depth_has_the_background_colour(tmp_path: Path, ingest: Ingest) -> None:
    series = rows(profiles=12)
    series["time"] = series["time"] + np.where(series["profile_index"] > 6, 20 * 3600.0, 0)
    series["temperature"] = np.where(
        (series["profile_index"] == 2) & (series["depth"] > 25), np.nan, series["temperature"]
    )
    ingest(time_series(tmp_path / "made.nc", series))
    section = sections.find(*MADE, "temperature")
    assert section is not None

    start, end = column(section, "from_ms"), column(section, "to_ms")
    assert np.flatnonzero(start[1:] != end[:-1]).tolist() == [5]
    assert np.isnan(cells(section)[-1]).tolist() == [False, True] + [False] * 10
    middle = (plot_style.LEFT + plot_style.RIGHT) // 2, (plot_style.TOP + plot_style.BOTTOM) // 2
    assert pixels(section)[middle[1], middle[0]].tolist() == [255, 255, 255]
    # Not the ground of the page, which the darkest colours would resemble.
    assert pixels(section, "dark")[middle[1], middle[0]].tolist() == [70, 82, 94]
    assert pixels(section, "dark")[2, 2].tolist() == [10, 23, 36]


def test_negative_temperatures_are_inside_the_limits(tmp_path: Path, ingest: Ingest) -> None:
    series = rows(profiles=8)
    ingest(time_series(tmp_path / "made.nc", {**series, "temperature": series["temperature"] - 11.8}))
    section = sections.find(*MADE, "temperature")
    assert section is not None
    assert section.span == pytest.approx((-6.8, -1.8))
    assert section.limits[0] < section.limits[1] <= -1.79


def test_a_variable_without_values_has_no_section_and_a_constant_has_one(tmp_path: Path, ingest: Ingest) -> None:
    series = rows()
    empty, constant = np.full(series["time"].size, np.nan), np.full(series["time"].size, 35.0)
    ingest(time_series(tmp_path / "made.nc", {**series, "oxygen": empty, "salinity": constant}))

    listed = sections.listed(*MADE)

    assert [section.variable for section in listed] == ["temperature", "salinity"]
    assert listed[1].limits == pytest.approx((34.65, 35.35))


def test_a_mission_without_measurements_has_no_sections(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    series = {name: values for name, values in rows().items() if name != "temperature"}
    assert [report.outcome for report in ingest(time_series(tmp_path / "made.nc", series))] == ["stored"]
    assert sections.listed(*MADE) == []
    assert db.derived_pending.count_documents({}) == 0


def test_hostile_names_in_a_file_do_not_stop_the_drawing(tmp_path: Path, ingest: Ingest) -> None:
    hostile = "$\\frac{1}{0}$ <script>\u202e \U0001f9a0" + "x" * 300
    file = time_series(tmp_path / "made.nc", attributes={"glider_name": hostile, "project": hostile})
    with netCDF4.Dataset(file, "a") as data:
        data["temperature"].long_name = hostile
    assert [report.outcome for report in ingest(file)] == ["stored"]
    assert [section.variable for section in sections.listed(*MADE)] == ["temperature"]


def test_five_thousand_profiles_fit_into_four_hundred_columns(tmp_path: Path, ingest: Ingest) -> None:
    series = rows(profiles=5000)
    series["longitude"] = np.full(series["time"].size, 15.5)
    ingest(time_series(tmp_path / "made.nc", series))
    section = sections.find(*MADE, "temperature")
    assert section is not None

    assert (section.profiles, section.profiles_each, section.samples) == (5000, 13, 30_000)
    assert section.columns == -(-5000 // 13)
    assert column(section, "profiles").sum() == 5000
    # Descent and ascent have equal values: every mean is the value of its depth.
    np.testing.assert_allclose(np.nanmean(cells(section), axis=1)[[0, -1]], [10.0, 5.0], atol=0.51)


def test_the_section_contains_a_new_profile_when_the_import_ends(tmp_path: Path, ingest: Ingest) -> None:
    ingest(profile_file(tmp_path / "1.nc", 1))
    before = sections.find(*MADE, "temperature")
    ingest(profile_file(tmp_path / "2.nc", 2))
    after = sections.find(*MADE, "temperature")
    assert before is not None
    assert after is not None
    assert (before.columns, before.samples, after.columns, after.samples) == (1, 6, 2, 12)
    assert after.number > before.number


def test_a_mission_is_redrawn_at_most_once_a_minute(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(profile_file(tmp_path / "1.nc", 1))
    first = sections.find(*MADE, "temperature")
    assert first is not None
    monkeypatch.setattr(section_refresh, "redraw", lambda _: [])
    ingest(profile_file(tmp_path / "2.nc", 2))
    monkeypatch.undo()

    section_refresh.redraw(at_once=False)
    waiting = sections.find(*MADE, "temperature")
    # Simulate that a minute has passed.
    mark = db.derived_pending.find_one({"_id": "sections:made/20200913T1226"})
    assert mark is not None
    earlier = {"$set": {"at": mark["at"] - timedelta(minutes=1)}}
    db.derived_pending.update_one({"_id": mark["_id"]}, earlier)
    section_refresh.redraw(at_once=False)
    redrawn = sections.find(*MADE, "temperature")

    assert waiting == first
    assert redrawn is not None
    assert redrawn.columns == 2
    assert db.derived_pending.count_documents({}) == 0


def test_a_change_during_the_drawing_stays_pending(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(profile_file(tmp_path / "1.nc", 1))
    scope = "sections:made/20200913T1226"
    db.derived_pending.insert_one({"_id": scope, "number": 100})
    draw = section_plots.section

    def draw_during_a_change(*args: Any) -> Any:
        db.derived_pending.update_one({"_id": scope}, {"$set": {"number": 101}})
        return draw(*args)

    monkeypatch.setattr(section_plots, "section", draw_during_a_change)
    section_refresh.redraw()

    section = sections.find(*MADE, "temperature")
    assert section is not None
    assert section.number == 100
    assert [doc["number"] for doc in db.derived_pending.find()] == [101]


def test_the_t_s_diagram_has_the_samples_with_both_temperature_and_salinity(tmp_path: Path, ingest: Ingest) -> None:
    series = rows(profiles=2000)
    salinity = 30.0 + series["depth"] / 10
    salinity[::4] = np.nan
    ingest(time_series(tmp_path / "made.nc", {**series, "longitude": series["depth"] * 0 + 15.5, "salinity": salinity}))
    cloud = sections.cloud(*MADE)
    assert cloud is not None

    assert cloud.pairs == 9000
    assert 2000 < cloud.points <= 4000
    depth_m = column(cloud, "depth_m")
    np.testing.assert_allclose(column(cloud, "salinity"), 30.0 + depth_m / 10, rtol=1e-6)
    np.testing.assert_allclose(column(cloud, "temperature"), 10.0 - depth_m / 10, rtol=1e-6)


def with_salinity(path: Path, unit: str | None = "1", temperature_unit: str = "Celsius") -> Path:
    """A file of samples from 10 °C at salinity 30 to 5 °C at salinity 35, in the Baltic."""
    made = rows()
    time_series(path, {**made, "salinity": 30.0 + made["depth"] / 10})
    with netCDF4.Dataset(path, "a") as data:
        data["temperature"].units = temperature_unit
        if unit is not None:
            data["salinity"].units = unit
    return path


def greys_of_lines(db: Db) -> int:
    """The number of pixels of the diagram's plot in the grey of the lines of equal density."""
    (doc,) = db.sections.find({"what": "ts"})
    pixels = np.asarray(Image.open(io.BytesIO(doc["pictures"]["x1"])).convert("RGB")).astype(int)
    plot = pixels[plot_style.TOP + 3 : plot_style.BOTTOM - 3, plot_style.LEFT + 3 : plot_style.RIGHT - 3]
    return int(((plot.mean(axis=2) > 130) & (plot.mean(axis=2) < 190) & (np.ptp(plot, axis=2) < 40)).sum())


def test_the_t_s_diagram_has_the_density_over_its_axes_and_more(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    ingest(with_salinity(tmp_path / "made.nc"))
    cloud = sections.cloud(*MADE)
    assert cloud is not None

    salinity, temperature = column(cloud, "density_salinity"), column(cloud, "density_temperature")
    assert (salinity[0], salinity[-1]) == pytest.approx((29.0, 36.0))
    assert (temperature[0], temperature[-1]) == pytest.approx((4.0, 11.0))
    positions = [(doc["lon_deg"], doc["lat_deg"]) for doc in db.profiles.find()]
    assert (cloud.lon_deg, cloud.lat_deg) == pytest.approx(tuple(np.mean(positions, axis=0)))
    across, up = np.meshgrid(salinity, temperature)
    expected = seawater.sigma0(across, up, (cloud.lon_deg, cloud.lat_deg))
    np.testing.assert_allclose(column(cloud, "sigma0"), expected.ravel(), rtol=1e-6)
    assert greys_of_lines(db) > 500


def test_samples_of_unknown_depth_are_grey_in_the_picture(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    made = rows()
    is_unknown = np.arange(made["time"].size) % 4 == 1
    depth = np.where(is_unknown, np.nan, made["depth"])
    salinity = np.where(is_unknown, 36.0, 30.0)
    ingest(time_series(tmp_path / "made.nc", {**made, "depth": depth, "salinity": salinity}, units={"salinity": "1"}))
    cloud = sections.cloud(*MADE)
    assert cloud is not None
    assert (cloud.points, cloud.depth_unknown) == (24, 6)

    doc = db.sections.find_one({"what": "ts"})
    assert doc is not None
    picture = np.asarray(Image.open(io.BytesIO(doc["pictures"]["x1"])).convert("RGB"))
    low, high = plot_style.usual_range(salinity.tolist())
    x = int(plot_style.LEFT + (36.0 - low) / (high - low) * (plot_style.RIGHT - plot_style.LEFT))
    beside = picture[plot_style.TOP + 2 : plot_style.BOTTOM - 2, x]
    painted = {bytes(pixel).hex() for pixel in beside}
    assert plot_style.inks("light")[2][1:] in painted
    colours = plot_style.colours("dense_on_light")
    assert painted & {colours[3 * step : 3 * step + 3].hex() for step in range(plot_style.COLOURS)} == set()


@pytest.mark.parametrize(("unit", "temperature_unit"), [("g kg-1", "Celsius"), ("1", "furlong")])
def test_measurements_in_other_units_have_no_density(
    tmp_path: Path, ingest: Ingest, db: Db, unit: str, temperature_unit: str
) -> None:
    ingest(with_salinity(tmp_path / "made.nc", unit, temperature_unit))
    cloud = sections.cloud(*MADE)
    assert cloud is not None
    assert cloud.packed.keys() == {"salinity", "temperature", "depth_m", "profile"}
    assert greys_of_lines(db) < 50


def test_diagrams_of_an_earlier_release_get_densities_at_the_next_import(
    tmp_path: Path, ingest: Ingest, db: Db, tools: ImportContext
) -> None:
    ingest(with_salinity(tmp_path / "made.nc"))
    before = sections.cloud(*MADE)
    removed = {f"packed.{name}": "" for name in ("sigma0", "density_salinity", "density_temperature")}
    db.sections.update_one({"what": "ts"}, {"$unset": {**removed, "lon_deg": "", "lat_deg": ""}})
    db.counters.delete_one({"_id": "ts_contents"})

    indexes.ensure(db)
    assert [doc["_id"] for doc in db.derived_pending.find()] == ["sections:made/20200913T1226"]
    indexes.ensure(db)
    assert rebuild.rebuild(tools.basin_map) == []

    after = sections.cloud(*MADE)
    assert before is not None
    assert after is not None
    assert (after.packed, after.lon_deg) == (before.packed, before.lon_deg)
    assert after.number > before.number
    assert db.derived_pending.count_documents({}) == 0
