"""Sections, T-S diagrams and single profiles as arrays, CSV and pictures."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from app.domain.records import Mission
from app.store import documents
from tests.integration.api.conftest import START, make_profile, make_samples
from tests.integration.api.section_samples import png

Get = Callable[..., Any]
Db = Database[dict[str, Any]]
MISSION = "/missions/smilla77/20221208T1145"


def test_the_list_has_the_variables_and_links_to_their_sections(get: Get) -> None:
    body = get(f"{MISSION}/sections").json
    first = body["items"][0]

    assert [item["variable"] for item in body["items"]] == ["temperature", "air_temperature"]
    assert {key: first[key] for key in ("kind", "unit", "colour_map", "count", "limits", "range", "bottom_m")} == {
        "kind": "section",
        "unit": "degree_C",
        "colour_map": "thermal",
        "count": 17,
        "limits": [-0.9877, 9.5],
        "range": [-1.25, 10.0],
        "bottom_m": 10.0,
    }
    assert first["links"]["self"] == f"/api/v1{MISSION}/sections/temperature"
    assert body["ts"] == f"/api/v1{MISSION}/ts"


def test_a_mission_without_sections_has_an_empty_list(get: Get) -> None:
    body = get("/missions/nowhere/20240601T0000/sections").json
    assert (body["items"], body["ts"], body["version"]) == ([], None, None)


def test_a_section_is_rows_of_depth_and_columns_of_time(get: Get) -> None:
    body = get(f"{MISSION}/sections/temperature").json

    assert body["values"] == [[1.235, -1.25, 3.0], [4.0, None, 10.0]]
    assert (body["depth_m"], body["depth_edges_m"]) == ([2.5, 7.5], [0.0, 5.0, 10.0])
    assert body["profile"] == [1, 2, 5]
    assert body["time"][0] == "2022-12-08T12:30:00.000Z"
    assert (body["low"], body["high"]) == (None, None)


def test_a_gap_is_between_the_end_of_a_column_and_the_start_of_the_next(get: Get) -> None:
    body = get(f"{MISSION}/sections/temperature").json

    assert body["time_to"][0] == body["time_from"][1]
    assert (body["time_to"][1], body["time_from"][2]) == ("2022-12-08T14:00:00.000Z", "2022-12-08T16:00:00.000Z")


def test_a_section_has_the_distance_of_its_columns(get: Get) -> None:
    body, series = (get(f"{MISSION}/sections/{name}").json for name in ("temperature", "air_temperature"))

    assert (body["along_m"], body["distance_m"]) == (1500.0, [100.0, 600.0, 1400.0])
    assert (body["distance_from_m"], body["distance_to_m"]) == ([0.0, 400.0, 1300.0], [400.0, 900.0, 1500.0])
    assert (series["along_m"], series["distance_m"]) == (None, None)


def test_a_section_of_all_values_names_the_cells_of_flagged_values_only(get: Get) -> None:
    good, every = (get(f"{MISSION}/sections/temperature?quality={quality}").json for quality in ("good", "all"))

    assert every["values"] == [[1.235, -1.25, 7.0], [4.0, 12.5, 10.0]]
    assert (good["flagged"], good["flagged_cells"], every["flagged_cells"]) == (2, [], [[1, 1]])
    assert get(f"{MISSION}/sections/air_temperature?quality=all").json["values"] == [[2.5, None]]


def test_a_series_has_no_depths(get: Get) -> None:
    body = get(f"{MISSION}/sections/air_temperature").json

    assert (body["values"], body["low"], body["high"]) == ([[2.5, None]], [2.0, None], [3.0, None])
    assert (body["depth_m"], body["depth_edges_m"], body["profile"]) == ([], [], [])


def test_csv_has_a_line_for_each_cell_with_a_value(get: Get) -> None:
    answer = get(f"{MISSION}/sections/temperature?format=csv")
    rows = list(csv.reader(io.StringIO(answer.text)))

    assert answer.mimetype == "text/csv"
    assert rows == [
        ["time (UTC)", "profile", "depth (m)", "temperature (degree_C)"],
        ["2022-12-08T12:30:00.000Z", "1", "2.5", "1.235"],
        ["2022-12-08T12:30:00.000Z", "1", "7.5", "4.0"],
        ["2022-12-08T13:30:00.000Z", "2", "2.5", "-1.25"],
        ["2022-12-08T16:30:00.000Z", "5", "2.5", "3.0"],
        ["2022-12-08T16:30:00.000Z", "5", "7.5", "10.0"],
    ]


def test_csv_of_a_series_has_a_line_for_each_time(get: Get) -> None:
    rows = list(csv.reader(io.StringIO(get(f"{MISSION}/sections/air_temperature?format=csv").text)))
    assert [row[1:] for row in rows[1:]] == [["2.5", "2.0", "3.0"], ["", "", ""]]


def test_a_picture_has_the_requested_theme(get: Get) -> None:
    light, dark = get(f"{MISSION}/sections/temperature.png"), get(f"{MISSION}/ts.png?theme=dark")

    assert (light.mimetype, light.data) == ("image/png", png(1))
    # All colours of points, also those of pictures that an earlier release has drawn.
    assert dark.data == png(1, "dark", "dense_on_dark")
    assert light.headers["Content-Disposition"] == "inline; filename=smilla77_20221208T1145_temperature.png"


@pytest.mark.parametrize("part", ["sections/temperature", "ts"])
def test_a_picture_has_the_requested_size(get: Get, part: str) -> None:
    name = part.rpartition("/")[2]
    pictures = {scale: get(f"{MISSION}/{part}.png?scale={scale}&theme=dark") for scale in (1, 2, 4)}

    colour_map = "dense_on_dark" if part == "ts" else "thermal"
    expected = {size: png(size, "dark", colour_map) for size in (1, 2, 4)}
    assert {scale: answer.data for scale, answer in pictures.items()} == expected
    assert pictures[4].headers["Content-Disposition"] == f"inline; filename=smilla77_20221208T1145_{name}_4x.png"


def test_pictures_of_an_earlier_release_are_sent_until_they_are_redrawn(get: Get, db: Db) -> None:
    db.sections.update_many({}, {"$set": {"pictures": {"light": b"light", "dark": b"dark"}}})
    answers = [get(f"{MISSION}/ts.png?{query}") for query in ("theme=light", "theme=dark", "scale=2")]
    assert [(answer.status_code, answer.data) for answer in answers[:2]] == [(200, b"light"), (200, b"dark")]
    assert answers[2].status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "sections/temperature.png?scale=3",
        "sections/temperature.png?axis=distance",
        "sections/temperature.svg?axis=depth",
        "sections/temperature.svg?quality=bad",
        "sections/temperature?quality=",
        "ts.svg?axis=time",
        "ts?quality=some",
    ],
)
def test_another_choice_of_a_plot_is_refused_and_named(get: Get, path: str) -> None:
    answer = get(f"{MISSION}/{path}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, path.partition("?")[2].partition("=")[0])


def test_a_picture_with_a_matching_etag_is_304(get: Get) -> None:
    etag = get(f"{MISSION}/sections/temperature.png").headers["ETag"]
    assert get(f"{MISSION}/sections/temperature.png", headers={"If-None-Match": etag}).status_code == 304


def test_an_unknown_theme_or_format_is_refused_and_named(get: Get) -> None:
    bad_theme = get(f"{MISSION}/sections/temperature.png?theme=sepia")
    bad_format = get(f"{MISSION}/sections/temperature?format=xml")

    assert (bad_theme.status_code, bad_theme.json["errors"][0]["field"]) == (400, "theme")
    assert (bad_format.status_code, bad_format.json["errors"][0]["field"]) == (400, "format")


def test_a_t_s_diagram_has_its_points_as_arrays(get: Get) -> None:
    body = get(f"{MISSION}/ts").json

    assert (body["salinity"], body["temperature"]) == ([7.5, 15.25], [9.0, -0.5])
    assert (body["depth_m"], body["profile"], body["count"], body["pairs"]) == ([1.5, None], [1, 2], 2, 5)
    assert (body["flagged"], body["flagged_points"]) == (1, None)


def test_a_t_s_diagram_of_all_values_has_the_flagged_samples_too(get: Get) -> None:
    body = get(f"{MISSION}/ts?quality=all").json

    assert body["salinity"] == [7.5, 15.25]
    assert body["flagged_points"] == {
        "count": 1,
        "salinity": [9.5],
        "temperature": [3.25],
        "depth_m": [2.5],
        "profile": [2],
    }


def test_a_t_s_diagram_has_the_density_over_its_axes(get: Get) -> None:
    assert get(f"{MISSION}/ts").json["density"] == {
        "longitude": 15.5,
        "latitude": 55.25,
        "salinity": [5.0, 15.0, 25.0],
        "temperature": [-1.0, 10.0],
        "sigma0": [[3.9, 12.0, 20.1], [3.6, 11.3, 19.0]],
    }


def test_a_t_s_diagram_of_an_earlier_release_has_no_density(get: Get, db: Db) -> None:
    no_grid = dict.fromkeys(("lon_deg", "lat_deg", "packed.sigma0", "packed.density_salinity"), "")
    db.sections.update_one({"what": "ts"}, {"$unset": no_grid})
    body = get(f"{MISSION}/ts").json
    assert (body["density"], body["salinity"]) == (None, [7.5, 15.25])


def store_samples(db: Db, mission: Mission, number: int, hour: int, **columns: Any) -> None:
    db.samples.insert_one(
        {**make_samples(mission, number, START + timedelta(hours=hour), **columns), "_id": f"{number}/{hour}"}
    )


def test_a_profile_has_its_samples_as_arrays(get: Get, db: Db, fleet: Mission) -> None:
    store_samples(db, fleet, 2, 2, depth=("f8", [0.5, 1.25]), temperature=("f4", [5.3, float("nan")]))

    body = get(f"{MISSION}/profiles/2").json

    assert (body["number"], body["count"], body["step"], body["version"]) == (2, 2, 1, "v1")
    assert body["depth_m"] == [0.5, 1.25]
    assert body["columns"] == {"temperature": {"unit": "Celsius", "values": [5.3, None], "flags": None}}
    assert body["time"] == ["2022-12-08T13:45:52.410Z", "2022-12-08T13:45:53.410Z"]


def test_a_repeated_profile_number_needs_a_start(get: Get, db: Db, fleet: Mission) -> None:
    later = make_profile(2, start_at=START + timedelta(days=2), end_at=START + timedelta(days=2, hours=1))
    version = (fleet.platform, fleet.mission, fleet.version)
    db.profiles.insert_one(documents.profile_to_document(*version, later))
    store_samples(db, fleet, 2, 2, depth=("f8", [0.5, 1.25]))
    store_samples(db, fleet, 2, 48, depth=("f8", [7.0, 8.0]))

    refused = get(f"{MISSION}/profiles/2")
    first = get(f"{MISSION}/profiles/2?start=2022-12-08T13:45:52.410Z").json
    second = get(f"{MISSION}/profiles/2?start=2022-12-10T11:45:52.410Z").json

    assert (refused.status_code, refused.json["errors"][0]["field"]) == (400, "start")
    assert "2022-12-10T11:45:52.410" in refused.json["detail"]
    assert (first["depth_m"], second["depth_m"]) == ([0.5, 1.25], [7.0, 8.0])
    assert get(f"{MISSION}/profiles/2?start=2022-12-09").status_code == 404


def test_a_long_profile_is_thinned_evenly(get: Get, db: Db, fleet: Mission) -> None:
    db.profiles.update_one({"platform": "smilla77", "number": 3}, {"$set": {"samples": 12_000}})
    store_samples(db, fleet, 3, 3, depth=("f8", [float(row) for row in range(12_000)]))

    body = get(f"{MISSION}/profiles/3").json

    assert (body["samples"], body["step"], body["count"]) == (12_000, 3, 4000)
    assert body["depth_m"][:3] == [0.0, 3.0, 6.0]
