"""Hostile attributes of files: every format of the API stays valid and runs no script."""

import csv
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import netCDF4
import orjson
import pytest
from pymongo.database import Database

from app.domain.records import Mission, Variable
from app.store import documents
from tests.integration.api.conftest import make_mission, make_platform

Get = Callable[..., Any]
TEXTS = {
    "quotes": "\"'`&quot;",
    "script": "</script><script>alert(1)</script><!-- ]]> -->",
    "formula": '=cmd|"/c calc"!A1',
    "right to left": "\u202egnp.exe\u2066\u200f",
    "controls": "a\x00b\x07c\x1b[31m\x7f\x85\u2028d",
    "line ends": "a\r\nSet-Cookie: x=1\n\nb",
    "not in XML": "\ufffe\uffff\x0b",
    "beyond": "\U0001f9ff\U0010ffff e\u0301\u0301\u0301",
    "long": "x" * 1_000_000,
    "template": "{{ 7*7 }}{% raw %}${7*7}$[description]",
}


@pytest.fixture(params=sorted(TEXTS))
def text(request: pytest.FixtureRequest, get: Get, db: Database[Any], fleet: Mission) -> str:
    """A hostile text in every attribute of Smilla's mission that comes from a file."""
    text = TEXTS[request.param]
    names = (
        "name",
        "title",
        "summary",
        "comment",
        "project",
        "institution",
        "licence",
        "citation",
        "pi",
        "doi",
        "sea_name",
    )
    variable = Variable("temperature", text[:80], text[:200], text[:200], text[:200], text[:80])
    mission = make_mission(
        metadata=dict.fromkeys(names, text),
        declared={"id": text},
        variables=(variable, replace(variable, name=text[:200])),
        source=replace(fleet.source, file_name=text[:255]),
    )
    db.missions.replace_one({"_id": fleet.id}, documents.mission_to_document(mission))
    platform = make_platform("smilla77", serial=text[:80], name=text, model=text, wmo_id=text[:80], operator=text)
    db.platforms.replace_one({"_id": "smilla77"}, documents.platform_to_document(platform), upsert=True)
    return text


@pytest.mark.parametrize("path", ["/missions", "/missions/smilla77/20221208T1145", "/platforms", "/tracks"])
def test_json_has_the_text_unchanged(get: Get, text: str, path: str) -> None:
    assert text in strings(orjson.loads(get(path).data))


def strings(value: Any) -> set[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {value} if isinstance(value, str) else set().union(*map(strings, inner))


@pytest.mark.parametrize("path", ["/missions/smilla77/20221208T1145/track?format=kml", "/export?format=kml"])
def test_kml_is_well_formed_and_the_text_adds_no_element(get: Get, text: str, path: str) -> None:
    tags = {element.tag for element in ElementTree.fromstring(get(path).data).iter()}  # noqa: S314 -- Our own response.
    assert {tag.partition("}")[0] for tag in tags} == {"{http://www.opengis.net/kml/2.2"}
    assert tags & {"{http://www.opengis.net/kml/2.2}script"} == set()


@pytest.mark.parametrize("path", ["/missions/smilla77/20221208T1145/data", "/export", "/observations?format=csv"])
def test_csv_has_equal_rows_and_no_cell_is_a_formula(get: Get, text: str, path: str) -> None:
    table = list(csv.reader(StringIO(get(path).text, newline="")))
    assert len({len(row) for row in table}) == 1
    assert [cell for cell in table[0] if cell.lstrip().startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize(
    "path", ["/missions/smilla77/20221208T1145/data?format=netcdf", "/export?format=netcdf&platform=smilla77"]
)
def test_netcdf_opens_and_its_texts_are_utf8(get: Get, text: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "hostile.nc").write_bytes(get(path).data)
    with netCDF4.Dataset(tmp_path / "hostile.nc") as file:
        units = {name: getattr(variable, "units", "") for name, variable in file.variables.items()}
        assert [name for name in units if not name.replace("_", "").isalnum()] == []
        assert file["TEMP"][:].size == 3
        cleaned = "".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in text)
        assert units["TEMP"] == cleaned[:80]


@pytest.mark.parametrize("path", ["/missions/smilla77/20221208T1145/data", "/export"])
def test_no_text_reaches_a_header(get: Get, text: str, path: str) -> None:
    headers = get(path).headers
    assert "Set-Cookie" not in headers
    assert headers["Content-Disposition"].startswith("attachment; filename=")
