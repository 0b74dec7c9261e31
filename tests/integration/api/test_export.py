"""Files of a selection of missions: samples as CSV and NetCDF, ways as GeoJSON and KML."""

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
WAY = "/missions/smilla77/20221208T1145/track?format=kml"


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.text)))


def elements(answer: Any, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(answer.data).iter(f"{KML}{name}"))  # noqa: S314 -- Our own answer.


def test_the_csv_of_a_selection_says_whose_each_row_is(get: Get) -> None:
    found = rows(get("/export?year=2022"))
    assert [(row["platform"], row["mission"], row["data_mode"]) for row in found] == [
        ("smilla77", "20221208T1145", "D")
    ] * 3
    assert [row["temperature (Celsius)"] for row in found] == ["", "5.3", ""]


def test_the_csv_of_a_mission_is_in_that_of_its_selection(get: Get) -> None:
    alone = get("/missions/smilla77/20221208T1145/data").text.splitlines()[1:]
    among = get("/export?platform=smilla77").text.splitlines()[1:]
    assert [line.removeprefix("smilla77,20221208T1145,D,") for line in among] != []
    # Quantities stand in the order of their names in a selection.
    assert [line.split(",")[3:8] for line in among] == [line.split(",")[:5] for line in alone]


def test_the_netcdf_of_a_selection_is_a_ragged_array(get: Get, tmp_path: Path) -> None:
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


def test_the_geojson_of_a_selection_has_whole_ways(get: Get) -> None:
    answer = get("/export?format=geojson")
    assert answer.mimetype == "application/geo+json"
    ways = {feature["id"]: feature["geometry"] for feature in answer.get_json(force=True)["features"]}
    one = get("/missions/fiji/20231230T1200/track").get_json(force=True)["features"]
    assert ways["fiji/20231230T1200/track"] == one[0]["geometry"]
    assert len(ways["fiji/20231230T1200/track"]["coordinates"]) == 2


def test_the_kml_of_a_selection_has_a_folder_for_each_mission(get: Get) -> None:
    answer = get("/export?format=kml")
    assert answer.mimetype == "application/vnd.google-earth.kml+xml"
    assert len(elements(answer, "Folder")) == 3


def test_a_way_in_kml_is_split_at_180_degrees(get: Get) -> None:
    lines = elements(get("/missions/fiji/20231230T1200/track?format=kml"), "LineString")
    assert [line.findtext(f"{KML}coordinates", "").split() for line in lines] == [
        ["178.000000,-17.000000", "180.000000,-18.000000"],
        ["-180.000000,-18.000000", "-178.000000,-17.000000"],
    ]


def test_a_way_in_kml_has_its_time_and_its_last_position(get: Get) -> None:
    answer = get(WAY)
    assert [point.findtext(f"{KML}coordinates") for point in elements(answer, "Point")] == ["16.300000,55.500000"]
    assert [when.text for when in elements(answer, "when")] == ["2022-12-08T13:45:52.410Z"]
    assert [begin.text for begin in elements(answer, "begin")] == ["2022-12-08T11:45:52.410Z"]


# The order in which KML 2.2 wants the children of a feature.
ORDER = ("name", "open", "description", "TimeSpan", "TimeStamp", "styleUrl", "Style", "ExtendedData", "MultiGeometry")


def test_the_parts_of_a_place_in_kml_are_in_the_order_of_the_schema(get: Get) -> None:
    places = elements(get(WAY), "Placemark")
    orders = [
        [ORDER.index(part.tag.removeprefix(KML)) for part in place if not part.tag.endswith("Point")]
        for place in places
    ]
    assert [order == sorted(order) for order in orders] == [True, True]


def test_a_balloon_in_kml_shows_our_own_words_alone(get: Get) -> None:
    answer = get(WAY)
    assert [text.text for text in elements(answer, "text")] == ["$[description]"]
    assert [said.text for said in elements(answer, "description")] == ["5 profiles, 189.2 km", "Last position"]


def test_simulated_missions_are_left_out_unless_asked_for(get: Get, db: Database[Any], fleet: Mission) -> None:
    db.missions.update_one({"_id": fleet.id}, {"$set": {"simulated": True}})
    assert rows(get("/export")) == []
    assert len(rows(get("/export?simulated=include"))) == 3


@pytest.mark.parametrize("form", ["csv", "netcdf", "geojson", "kml"])
def test_too_many_missions_are_refused_with_the_way_out(get: Get, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(exports, "MOST_MISSIONS", 2)
    answer = get(f"/export?format={form}")
    assert answer.status_code == 400
    assert "more than 2 missions: narrow them by year" in answer.json["detail"]


@pytest.mark.parametrize("form", ["csv", "netcdf"])
def test_too_many_samples_are_refused_with_the_way_out(get: Get, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    answer = get(f"/export?format={form}")
    assert answer.status_code == 400
    assert "missions with 3 samples" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/export", "/missions/smilla77/20221208T1145/data", WAY.partition("?")[0]])
def test_an_unknown_format_is_refused_with_the_choices(get: Get, path: str) -> None:
    answer = get(f"{path}?format=xlsx")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "format"
    assert "should be 'csv'" in answer.json["detail"] or "should be 'geojson'" in answer.json["detail"]
