"""Exports of several missions: samples as CSV and NetCDF, tracks as GeoJSON and KML."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import netCDF4
import pytest
from pymongo.database import Database

from app.domain.records import Mission
from app.queries import exports

Get = Callable[..., Any]
KML = "{http://www.opengis.net/kml/2.2}"
TRACK = "/missions/smilla77/20221208T1145/track?format=kml"


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.text)))


def elements(answer: Any, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(answer.data).iter(f"{KML}{name}"))  # noqa: S314 -- Our own response.


def test_each_row_of_the_csv_has_its_platform_and_mission(get: Get) -> None:
    samples = rows(get("/export?year=2022"))
    assert [(row["platform"], row["mission"], row["data_mode"]) for row in samples] == [
        ("smilla77", "20221208T1145", "D")
    ] * 3
    assert [row["temperature (Celsius)"] for row in samples] == ["", "5.3", ""]


def test_the_csv_has_the_rows_of_the_csv_of_each_mission(get: Get) -> None:
    of_mission = get("/missions/smilla77/20221208T1145/data").text.splitlines()[1:]
    of_export = get("/export?platform=smilla77").text.splitlines()[1:]
    assert [line.removeprefix("smilla77,20221208T1145,D,") for line in of_export] != []
    # In an export of several missions, variables are ordered by name.
    assert [line.split(",")[3:8] for line in of_export] == [line.split(",")[:5] for line in of_mission]


def test_the_netcdf_is_a_ragged_array(get: Get, tmp_path: Path) -> None:
    answer = get("/export?format=netcdf")
    path = tmp_path / "selection.nc"
    path.write_bytes(answer.data)
    with netCDF4.Dataset(path) as file:
        names = netCDF4.chartostring(file["TRAJECTORY"][:]).tolist()
        sizes = dict(zip(names, file["ROW_SIZE"][:].tolist(), strict=True))
        assert file["ROW_SIZE"].sample_dimension == "N_MEASUREMENTS"
        assert file["TEMP"][:].filled(-1).tolist() == [-1, pytest.approx(5.3), -1]
        assert file["LONGITUDE"][:].filled(0).tolist() == [0, 15.98102, 15.98103]
    assert sizes == {"smilla77_20221208T1145": 3, "fiji_20231230T1200": 0, "nowhere_20240601T0000": 0}
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_the_geojson_has_complete_tracks(get: Get) -> None:
    answer = get("/export?format=geojson")
    assert answer.mimetype == "application/geo+json"
    tracks = {feature["id"]: feature["geometry"] for feature in answer.get_json(force=True)["features"]}
    track = get("/missions/fiji/20231230T1200/track").get_json(force=True)["features"]
    assert tracks["fiji/20231230T1200/track"] == track[0]["geometry"]
    assert len(tracks["fiji/20231230T1200/track"]["coordinates"]) == 2


def test_the_kml_has_a_folder_for_each_mission(get: Get) -> None:
    answer = get("/export?format=kml")
    assert answer.mimetype == "application/vnd.google-earth.kml+xml"
    assert len(elements(answer, "Folder")) == 3


def test_a_track_in_kml_is_split_at_180_degrees(get: Get) -> None:
    lines = elements(get("/missions/fiji/20231230T1200/track?format=kml"), "LineString")
    assert [line.findtext(f"{KML}coordinates", "").split() for line in lines] == [
        ["178.000000,-17.000000", "180.000000,-18.000000"],
        ["-180.000000,-18.000000", "-178.000000,-17.000000"],
    ]


def test_a_track_in_kml_has_its_time_and_its_last_position(get: Get) -> None:
    answer = get(TRACK)
    assert [point.findtext(f"{KML}coordinates") for point in elements(answer, "Point")] == ["16.300000,55.500000"]
    assert [when.text for when in elements(answer, "when")] == ["2022-12-08T13:45:52.410Z"]
    assert [begin.text for begin in elements(answer, "begin")] == ["2022-12-08T11:45:52.410Z"]


# The order that KML 2.2 requires of the children of a feature.
ORDER = ("name", "open", "description", "TimeSpan", "TimeStamp", "styleUrl", "Style", "ExtendedData", "MultiGeometry")


def test_the_children_of_a_placemark_are_in_the_order_of_the_schema(get: Get) -> None:
    placemarks = elements(get(TRACK), "Placemark")
    orders = [
        [ORDER.index(child.tag.removeprefix(KML)) for child in placemark if not child.tag.endswith("Point")]
        for placemark in placemarks
    ]
    assert [order == sorted(order) for order in orders] == [True, True]


def test_a_balloon_in_kml_shows_no_text_from_files(get: Get) -> None:
    answer = get(TRACK)
    assert [text.text for text in elements(answer, "text")] == ["$[description]"]
    assert [description.text for description in elements(answer, "description")] == [
        "5 profiles, 189.2 km",
        "Last position",
    ]


def test_simulated_missions_are_exported_only_on_request(get: Get, db: Database[Any], fleet: Mission) -> None:
    db.missions.update_one({"_id": fleet.id}, {"$set": {"simulated": True}})
    assert rows(get("/export")) == []
    assert len(rows(get("/export?simulated=include"))) == 3


@pytest.mark.parametrize("form", ["csv", "netcdf", "geojson", "kml"])
def test_too_many_missions_are_refused_with_advice(get: Get, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(exports, "MOST_MISSIONS", 2)
    answer = get(f"/export?format={form}")
    assert answer.status_code == 400
    assert "more than 2 missions: narrow them by year" in answer.json["detail"]


@pytest.mark.parametrize("form", ["csv", "netcdf"])
def test_too_many_samples_are_refused_with_advice(get: Get, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    answer = get(f"/export?format={form}")
    assert answer.status_code == 400
    assert "missions with 3 samples" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/export", "/missions/smilla77/20221208T1145/data", TRACK.partition("?")[0]])
def test_an_unknown_format_is_refused_with_the_choices(get: Get, path: str) -> None:
    answer = get(f"{path}?format=xlsx")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "format"
    assert "should be 'csv'" in answer.json["detail"] or "should be 'geojson'" in answer.json["detail"]
