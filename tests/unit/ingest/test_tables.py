"""Tables of ERDDAP in sample files: forms, texts, identity, invalid values, and refusals by column and row."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.ingest import importer
from app.ingest.formats import detection
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.made_files import csv_file, rows, table

Read = Callable[..., Report]
NAMED = Options(platform="made", mission="m1")
SOUND = {"samples": 24, "profiles": 4, "max_depth_m": 50.0, "vertical_m": 200.0}


def mission_of(report: Report) -> dict[str, Any]:
    """Return the mission of a stored table."""
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def figures(report: Report) -> dict[str, Any]:
    """Return the figures that `SOUND` contains."""
    return {name: mission_of(report)[name] for name in SOUND}


def refused(report: Report, code: str, *words: str) -> None:
    """Assert that the table is refused with this code, and that the reason is one line with these words."""
    assert (report.outcome, report.reason_code, report.mission) == ("refused", code, None)
    assert report.reason is not None
    assert "\n" not in report.reason
    assert [word for word in words if word not in report.reason] == []


def changed(row: int, name: str, cell: str) -> list[list[str]]:
    """Return the cells of a sound table with one cell changed; row 0 is the header."""
    cells = table()
    column = next(i for i, head in enumerate(cells[0]) if head.startswith(name))
    cells[row][column] = cell
    return cells


def time_last() -> list[list[str]]:
    """Return the cells of a sound table with time in the last column, as in responses of ERDDAP."""
    return [[*row[1:], row[0]] for row in table()]


def with_units_below(cells: list[list[str]]) -> list[list[str]]:
    """Return the same table as `.csv`: names in one row, units in the next."""
    parts = [head.rstrip(")").partition(" (") for head in cells[0]]
    return [[name for name, _, _ in parts], [unit for _, _, unit in parts], *cells[1:]]


def as_json(cells: list[list[str]]) -> dict[str, Any]:
    """Return the same table as JSON of ERDDAP, with null for missing values."""
    names, units, *body = with_units_below(cells)
    return {
        "table": {
            "columnNames": names,
            "columnTypes": ["String" if name == "time" else "float" for name in names],
            "columnUnits": [unit or None for unit in units],
            "rows": [[None if c == "NaN" else c if "T" in c else float(c) for c in row] for row in body],
        }
    }


@pytest.fixture
def json_file(tmp_path: Path) -> Callable[[Any], Path]:
    """Write a JSON document and return its path."""

    def write(document: Any) -> Path:
        path = tmp_path / "a.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


def test_a_table_with_units_in_its_names_is_read(tmp_path: Path, read: Read) -> None:
    report = read(csv_file(tmp_path / "a.bin"), NAMED)

    assert figures(report) == SOUND
    assert mission_of(report)["warnings"] == []
    assert mission_of(report)["bbox"] == pytest.approx([15.5, 55.5, 15.53, 55.5])
    assert mission_of(report)["start_at"] == "2020-09-13T12:26:40.000Z"


def test_all_forms_of_one_table_give_the_same_mission(
    tmp_path: Path, read: Read, json_file: Callable[[Any], Path]
) -> None:
    cells = changed(3, "temperature", "NaN")

    expected = mission_of(read(csv_file(tmp_path / "a.csvp", cells), NAMED))

    assert mission_of(read(csv_file(tmp_path / "a.csv", with_units_below(cells)), NAMED)) == expected
    assert mission_of(read(json_file(as_json(cells)), NAMED)) == expected


def test_a_table_without_units_is_read(tmp_path: Path, read: Read) -> None:
    names, _, *body = with_units_below(table())

    assert figures(read(csv_file(tmp_path / "a.csv", [names, *body]), NAMED)) == SOUND


def test_times_as_seconds_since_a_reference_time_are_read(tmp_path: Path, read: Read) -> None:
    cells = table()
    cells[0] = [head.replace("(UTC)", "(seconds since 1970-01-01T00:00:00Z)") for head in cells[0]]
    cells[1:] = [[f"{1.6e9 + 60 * i:.0f}", *row[1:]] for i, row in enumerate(cells[1:])]

    assert figures(read(csv_file(tmp_path / "a.csv", cells), NAMED)) == SOUND


@pytest.mark.parametrize(
    "form", ["2020-09-13T12:26:40.123Z", "2020-09-13T12:26:40.123000000Z", "2020-09-13 12:26:40.123"]
)
def test_times_keep_their_milliseconds(tmp_path: Path, read: Read, form: str) -> None:
    mission = mission_of(read(csv_file(tmp_path / "a.csv", changed(1, "time", form)), NAMED))

    assert mission["start_at"] == "2020-09-13T12:26:40.123Z"


def test_a_byte_order_mark_windows_line_ends_and_quotes_do_not_change_the_result(tmp_path: Path, read: Read) -> None:
    quoted = [[f'"{cell}"' for cell in row] for row in table()]
    path = csv_file(tmp_path / "a.csv", quoted, end="\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n")

    assert figures(read(path, NAMED)) == SOUND


def test_a_column_of_texts_may_hold_commas_quotes_and_breaks(tmp_path: Path, read: Read) -> None:
    cells = table()
    comments = ["comment", *['"a, ""b""\nc"'] * 24]

    report = read(
        csv_file(tmp_path / "a.csv", [[*row, text] for row, text in zip(cells, comments, strict=True)]), NAMED
    )

    assert figures(report) == SOUND


@pytest.mark.parametrize("missing", ["NaN", "", "null"])
def test_missing_values_do_not_make_a_column_text(tmp_path: Path, read: Read, missing: str) -> None:
    mission = mission_of(read(csv_file(tmp_path / "a.csv", changed(5, "latitude", missing)), NAMED))

    assert mission["warnings"] == [{"code": "position_missing", "count": 1}]


def test_a_row_without_a_time_is_dropped(tmp_path: Path, read: Read) -> None:
    mission = mission_of(read(csv_file(tmp_path / "a.csv", changed(5, "time", "")), NAMED))

    assert mission["warnings"] == [{"code": "time_missing", "count": 1}]


def test_equal_rows_are_dropped_but_counted(tmp_path: Path, read: Read) -> None:
    cells = table()

    mission = mission_of(read(csv_file(tmp_path / "a.csv", [*cells, *cells[4:7]]), NAMED))

    assert (mission["samples"], mission["profiles"]) == (27, 4)
    assert mission["warnings"] == [{"code": "duplicate_rows", "count": 3}]


def test_profiles_are_separated_by_number_and_time_if_each_has_a_single_time(tmp_path: Path, read: Read) -> None:
    columns = rows(profiles=6)
    columns["time"] = columns["time"].reshape(6, 6)[:, 0].repeat(6)
    columns["profile_index"] = np.array([1, 2, 3, 1, 2, 4]).repeat(6)

    mission = mission_of(read(csv_file(tmp_path / "a.csv", table(columns)), NAMED))

    assert mission["profiles"] == 6
    assert mission["warnings"] == [{"code": "profile_number_repeated", "count": 2}]


def test_depth_is_derived_from_pressure_if_it_is_missing(tmp_path: Path, read: Read) -> None:
    columns = {**rows(), "pressure": rows()["depth"]}
    del columns["depth"]

    mission = mission_of(read(csv_file(tmp_path / "a.csv", table(columns, {"pressure": "dbar"})), NAMED))

    assert mission["warnings"] == [{"code": "depth_from_pressure", "count": 24}]
    # -gsw.z_from_p(50, 55.5)
    assert mission["max_depth_m"] == pytest.approx(49.5412, abs=1e-4)


def test_negative_depths_are_negated(tmp_path: Path, read: Read) -> None:
    columns = rows()
    columns["depth"] = -columns["depth"] - 1

    mission = mission_of(read(csv_file(tmp_path / "a.csv", table(columns)), NAMED))

    assert (mission["max_depth_m"], mission["warnings"]) == (51, [{"code": "depth_sign_flipped", "count": 24}])


def test_a_constant_column_identifies_the_mission(tmp_path: Path, read: Read) -> None:
    cells = table({**rows(), "trajectory": ["sp007-20200913T1226-delayed"] * 24})

    mission = mission_of(read(csv_file(tmp_path / "a.csv", cells)))

    assert (mission["platform"], mission["mission"], mission["data_mode"]) == ("sp007", "20200913T1226", "D")


def test_a_serial_number_keeps_its_leading_zero(tmp_path: Path, read: Read) -> None:
    cells = table({**rows(), "platform_serial": ["077"] * 24})

    assert mission_of(read(csv_file(tmp_path / "a.csv", cells), Options(mission="m1")))["platform"] == "077"


@pytest.mark.parametrize(
    "written",
    [
        "Åland".encode(),
        "Åland".encode("latin-1"),
        "Åland".encode().decode("latin-1").encode(),
        rb"\u00c5land",
        rb"\u00c3\u0085land",
    ],
)
def test_wrongly_decoded_texts_are_corrected(tmp_path: Path, written: bytes) -> None:
    cells = table({**rows(), "project": ["#"] * 24})
    path = csv_file(tmp_path / "a.csv", cells)
    path.write_bytes(path.read_bytes().replace(b"#", written))

    observations = detection.read(path, detection.Limits(1 << 20, 1000))

    assert observations.attributes["project"] == "Åland"


def test_units_of_a_table_are_converted(tmp_path: Path) -> None:
    cells = table({**rows(), "conductivity": [35.0] * 24}, {"conductivity": "mS cm-1", "temperature": "Celsius"})

    observations = detection.read(csv_file(tmp_path / "a.csv", cells), detection.Limits(1 << 20, 1000))

    columns = {column.about.name: (column.about.unit, float(column.values[0])) for column in observations.columns}
    assert columns == {"conductivity": ("S m-1", 3.5), "temperature": ("degree_C", 10.0)}


def test_a_table_of_many_blocks_is_read_as_one(tmp_path: Path, read: Read) -> None:
    mission = mission_of(read(csv_file(tmp_path / "a.csv", table(rows(profiles=3000))), NAMED))

    assert (mission["samples"], mission["profiles"]) == (18_000, 3000)


def test_a_folder_contributes_its_tables_and_no_other_text_files(tmp_path: Path) -> None:
    csv_file(tmp_path / "a.csv")
    (tmp_path / "notes.csv").write_text("name,depth\nx,3\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("time flies", encoding="utf-8")

    assert importer.files_of([tmp_path]) == [tmp_path / "a.csv"]


@pytest.mark.parametrize(
    "text", ["time,latitude,longitude\n", "time,latitude,longitude\nUTC,degrees_north,degrees_east\n"]
)
def test_a_table_with_a_header_only_is_refused(tmp_path: Path, read: Read, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")

    refused(read(path, NAMED), "no_samples", "a.csv", "row")


def test_a_table_without_a_header_is_refused(tmp_path: Path, read: Read) -> None:
    refused(read(csv_file(tmp_path / "a.csv0", table()[1:]), NAMED), "no_header", "names of the columns", ".csvp")


@pytest.mark.parametrize(
    ("name", "code"), [("time", "no_time"), ("latitude", "no_valid_position"), ("longitude", "no_valid_position")]
)
def test_a_table_without_a_coordinate_is_refused(tmp_path: Path, read: Read, name: str, code: str) -> None:
    columns = {key: values for key, values in rows().items() if key != name}

    refused(read(csv_file(tmp_path / "a.csv", table(columns)), NAMED), code, name)


@pytest.mark.parametrize(
    ("cut", "word"),
    [(8, "not a time"), (15, "not a time"), (20, "not a time"), (22, "instead of 6"), (40, "instead of 6")],
)
def test_a_truncated_table_is_refused(tmp_path: Path, read: Read, cut: int, word: str) -> None:
    path = csv_file(tmp_path / "a.csv", time_last())
    path.write_bytes(path.read_bytes()[:-cut])

    refused(read(path, NAMED), "truncated", "row 24", word)


def test_the_last_line_may_have_no_line_end(tmp_path: Path, read: Read) -> None:
    path = csv_file(tmp_path / "a.csv", time_last())
    path.write_bytes(path.read_bytes()[:-1])

    assert figures(read(path, NAMED)) == SOUND


def test_a_row_of_another_length_is_refused_with_its_number(tmp_path: Path, read: Read) -> None:
    cells = table()
    cells[7] = cells[7][:-1]

    refused(read(csv_file(tmp_path / "a.csv", cells), NAMED), "unreadable", "row 7", "5 values instead of 6")


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("latitude", "north", ["latitude", "row 9", "'north'", "not a number"]),
        ("temperature", "<b>warm</b>", ["temperature", "row 9", "not a number"]),
        ("depth", "x" * 60_000, ["depth", "row 9", "x…"]),
        ("time", "yesterday", ["time", "row 9", "'yesterday'", "not a time"]),
        ("time", "2020-02-30T00:00:00Z", ["time", "row 9", "not a time"]),
        ("time", "2020-09-13", ["time", "row 9", "not a time"]),
        ("time", "9" * 60_000, ["time", "row 9", "not a time"]),
    ],
)
def test_an_invalid_number_or_time_is_refused_with_its_row(
    tmp_path: Path, read: Read, name: str, cell: str, words: list[str]
) -> None:
    report = read(csv_file(tmp_path / "a.csv", changed(9, name, cell)), NAMED)

    refused(report, "unreadable", *words)
    assert report.reason is not None
    assert len(report.reason) < 200


def test_a_position_column_of_text_is_refused(tmp_path: Path, read: Read) -> None:
    cells = table({**rows(), "latitude": ["north"] * 24})

    refused(read(csv_file(tmp_path / "a.csv", cells), NAMED), "no_valid_position", "latitude", "not numbers")


@pytest.mark.parametrize(
    ("text", "code"), [('"', "truncated"), ('"2020-09-13T12:26:40Z"x', "unreadable"), ("y" * 70_000, "unreadable")]
)
def test_unclosed_quotes_and_overlong_lines_are_refused(tmp_path: Path, read: Read, text: str, code: str) -> None:
    refused(read(csv_file(tmp_path / "a.csv", changed(20, "time", text)), NAMED), code, "line")


def test_two_columns_of_one_name_are_refused(tmp_path: Path, read: Read) -> None:
    cells = [[*row, row[1]] for row in table()]

    refused(read(csv_file(tmp_path / "a.csv", cells), NAMED), "unreadable", "longitude", "two columns")


def test_a_table_with_a_thousand_columns_is_refused(tmp_path: Path, read: Read) -> None:
    cells = [[*row, *(f"c{i}" for i in range(1000))] for row in table()]

    refused(read(csv_file(tmp_path / "a.csv", cells), NAMED), "unreadable", "1006 columns")


def test_an_overlong_column_name_is_refused(tmp_path: Path, read: Read) -> None:
    cells = table()
    cells[0][-1] = "x" * 5000

    refused(read(csv_file(tmp_path / "a.csv", cells), NAMED), "unreadable", "5000 characters")


def test_a_table_with_more_rows_than_the_limit_is_refused(tmp_path: Path, read: Read) -> None:
    report = read(csv_file(tmp_path / "a.csv"), NAMED, HALOCLINE_MAX_SAMPLES=20)

    refused(report, "too_large", "20 rows")


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"rows": []}, "no_samples", "row"),
        ({"rows": [[1, 2]]}, "unreadable", "row 1"),
        ({"rows": [["x"] * 6]}, "unreadable", "not a time"),
        ({"rows": [["2020-09-13T12:26:40Z", [1], 1, 1, 1, 1]]}, "unreadable", "longitude"),
        ({"rows": [[12, 1, 1, 1, 1, 1]]}, "unreadable", "not a time"),
        ({"rows": 7}, "no_samples", "row"),
        ({"columnNames": [1, 2]}, "not_observations", "names"),
        ({"columnUnits": ["m"]}, "unreadable", "unit"),
    ],
)
def test_invalid_json_tables_are_refused(
    read: Read, json_file: Callable[[Any], Path], change: dict[str, Any], code: str, word: str
) -> None:
    document = as_json(table())
    document["table"].update(change)

    refused(read(json_file(document), NAMED), code, word)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_json_table_is_refused(read: Read, json_file: Callable[[Any], Path], share: float) -> None:
    path = json_file(as_json(table()))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    refused(read(path, NAMED), "truncated", "a.json")
