"""A mission's samples as CSV."""

import csv
from array import array
from collections.abc import Callable
from io import StringIO
from typing import Any
from zlib import compress

import pytest
from flask import Flask
from pymongo.database import Database

from app.api.v1 import csv_text, downloads, responses
from app.domain.records import Variable

Get = Callable[..., Any]
DATA = "/missions/smilla77/20221208T1145/data"


def test_the_export_has_a_named_column_with_its_unit_for_each_variable(get: Get) -> None:
    header = next(csv.reader(StringIO(get(DATA).text)))
    assert header[:6] == [
        "time (UTC)",
        "profile",
        "longitude (degrees_east)",
        "latitude (degrees_north)",
        "depth (m)",
        "temperature (Celsius)",
    ]


def test_the_export_holds_every_sample_and_leaves_missing_values_empty(get: Get) -> None:
    rows = list(csv.reader(StringIO(get(DATA).text)))[1:]
    assert [row[:6] for row in rows] == [
        ["2022-12-08T11:45:52.410Z", "0", "", "", "-0.05", ""],
        ["2022-12-08T11:46:52.410Z", "1", "15.98102", "55.24285", "0.5", "5.3"],
        ["2022-12-08T11:46:53.410Z", "1", "15.98103", "55.24286", "82.12", ""],
    ]


def test_the_export_is_a_file_to_save(get: Get) -> None:
    response = get(DATA)
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == "attachment; filename=smilla77_20221208T1145.csv"


def test_a_column_name_that_is_a_formula_is_escaped(get: Get) -> None:
    name = next(csv.reader(StringIO(get(DATA).text)))[6]
    assert name.startswith("'=cmd")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"])
def test_a_text_cell_that_is_a_formula_is_escaped(text: str) -> None:
    assert csv_text.text_cell(text).lstrip('"')[0] == "'"


def test_a_cell_with_a_comma_a_quote_and_a_line_end_is_quoted() -> None:
    text = 'sea, "salt"\r\nwater'
    assert next(csv.reader(StringIO(csv_text.text_cell(text), newline=""))) == [text]


def test_single_precision_values_are_preserved_bit_for_bit() -> None:
    values = array("f", [5.3, 1 / 3, 16777217, 1e-30, -0.0, 3.4028235e38, 1013.2501])
    column = {"dtype": "f4", "data": compress(values.tobytes())}
    times = {"dtype": "i8", "data": compress(array("q", [0] * len(values)).tobytes())}
    document = {"number": 1, "count": len(values), "columns": {"time": times, "p": column}}
    lines = list(csv_text.rows([document], [Variable("p", "hPa")]))[1].splitlines()
    cells = [line.rsplit(",", 1)[1] for line in lines]
    assert array("f", map(float, cells)) == values
    assert cells[0] == "5.3"


def test_a_time_outside_the_calendar_is_an_empty_cell() -> None:
    times = {"dtype": "i8", "data": compress(array("q", [0, 2**62]).tobytes())}
    lines = list(csv_text.rows([{"number": 3, "count": 2, "columns": {"time": times}}], []))[1].splitlines()
    assert [line[: line.index(",3")] for line in lines] == ["1970-01-01T00:00:00.000Z", ""]


def test_long_profiles_are_sent_in_pieces() -> None:
    times = {"dtype": "i8", "data": compress(array("q", range(2500)).tobytes())}
    pieces = list(csv_text.rows([{"number": 1, "count": 2500, "columns": {"time": times}}], []))
    assert [piece.count("\n") for piece in pieces] == [1, 1000, 1000, 500]


def test_a_stream_is_not_read_before_it_is_sent(app: Flask) -> None:
    chunks = iter(["time\r\n", "1\r\n"])
    with app.test_request_context():
        response = downloads.stream(chunks, responses.CSV, b"mission", "a.csv")
    assert next(chunks) == "time\r\n"
    assert response.is_streamed


def test_the_name_of_the_saved_file_is_ascii_for_any_mission(get: Get, db: Database[dict[str, Any]]) -> None:
    stored = db.missions.find_one({"_id": "smilla77/20221208T1145"})
    assert stored is not None
    db.missions.insert_one({**stored, "_id": "grön\u0661/20221208T1145", "platform": "grön\u0661"})

    disposition = get("/missions/grön\u0661/20221208T1145/data").headers["Content-Disposition"]

    assert disposition == "attachment; filename=gr_n__20221208T1145.csv"
