"""Platform, mission and data mode of a file."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import Invalid
from app.ingest.interpret import identity
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.made_files import rows, time_series

Read = Callable[..., Report]


@pytest.mark.parametrize(
    ("file_id", "platform", "mission", "mode"),
    [
        ("Smilla77-20221208T1145", "smilla77", "20221208T1145", "R"),
        ("sg033_20100903T182416_delayed", "sg033", "20100903T182416", "D"),
        ("sea076_20230906T0852_R", "sea076", "20230906T0852", "R"),
        ("whoi_406-20160902T1700", "whoi_406", "20160902T1700", "R"),
        ("dfo-eva035035-20190721T2325", "dfo-eva035035", "20190721T2325", "R"),
        ("sp065_20210616T143025_P", "sp065", "20210616T143025", "P"),
        ("bass-20171031T0000-delayed", "bass", "20171031T0000", "D"),
        ("unit_595-20190718", "unit_595", "20190718", "R"),
        ("ru29-20230601T0000-profile-sci-delayed", "ru29", "20230601T0000", "D"),
        ("ru29-20230601T0000-delayed-trajectory", "ru29", "20230601T0000", "D"),
        ("ru29-20230601T0000-profile-sci-rt", "ru29", "20230601T0000", "R"),
        ("x1-20230601T0000-real-time", "x1", "20230601T0000", "R"),
        (
            "IMOS_ANFOG_BCEOPSTUV_20230601T000000Z_SL209_FV01_timeseries_END-20230605T000000Z",
            "sl209", "20230601T000000", "D",
        ),
        ("IMOS_ANFOG_RBG_20230601T000000Z_SL209_FV00_timeseries_END-20230605T000000Z", "sl209", "20230601T000000", "R"),
    ],
)  # fmt: skip
def test_an_id_contains_platform_mission_and_mode(
    tmp_path: Path, read: Read, file_id: str, platform: str, mission: str, mode: str
) -> None:
    record = read(time_series(tmp_path / "a.nc", attributes={"id": file_id})).mission

    assert record is not None
    assert (record["platform"], record["mission"], record["data_mode"]) == (platform, mission, mode)


@pytest.mark.parametrize(
    "file_id",
    [
        "glider-٢٠٢٢١٢٠٨T١١٤٥",
        "abc-99999999T9999",
        "abc-20230230T1145",
        "abc-20221208T2460",
        "abc-20221208T1145-x1",
        "abc-20221208T1145_to-20221210T0000",
        "a-" * 500_000 + "20221208T1145",
    ],
)
def test_an_id_without_a_platform_and_a_valid_date_is_refused(tmp_path: Path, read: Read, file_id: str) -> None:
    assert read(time_series(tmp_path / "a.nc", attributes={"id": file_id})).reason_code == "no_mission"


@pytest.mark.parametrize("word", ["ab\n", "å", "٢٠٢", "..", "a/b", ""])
def test_an_identifier_of_the_caller_must_be_valid_in_a_url(word: str) -> None:
    with pytest.raises(Invalid):
        identity.options(None, word, None)


def test_adjusted_values_override_a_data_mode_attribute_of_real_time(tmp_path: Path, read: Read) -> None:
    columns = {**rows(), "temperature_adjusted": rows()["temperature"]}

    record = read(time_series(tmp_path / "a.nc", columns, {"data_mode": "R"})).mission

    assert record is not None
    assert record["data_mode"] == "A"


def test_the_mode_attribute_has_precedence_over_the_suffix(tmp_path: Path, read: Read) -> None:
    record = read(
        time_series(tmp_path / "a.nc", attributes={"id": "sp065_20210616T143025_R", "data_mode": "D"})
    ).mission

    assert record is not None
    assert record["data_mode"] == "D"


@pytest.mark.parametrize(
    ("attributes", "mission"),
    [
        ({"id": "abc-20200101T0000", "title": "abc-20200913T1226", "dataset_id": "abc-20200913T1226"}, "20200913T1226"),
        ({"id": "abc-20200101T0000", "title": "abc-20200913T1226"}, "20200101T0000"),
        ({"id": "abc-20200913T122640", "title": "abc-20200913T1226"}, "20200913T122640"),
        ({"id": "abc-20200101", "title": "abc-20200913T1226"}, "20200913T1226"),
    ],
)
def test_the_mission_that_most_texts_name_is_that_of_the_file(
    tmp_path: Path, read: Read, attributes: dict[str, str], mission: str
) -> None:
    record = read(time_series(tmp_path / "a.nc", attributes=attributes)).mission

    assert record is not None
    assert record["mission"] == mission


def test_options_of_the_caller_have_precedence_over_the_file(tmp_path: Path, read: Read) -> None:
    record = read(time_series(tmp_path / "a.nc"), identity.options("Other1", "20200101T0000", "d")).mission

    assert record is not None
    assert (record["platform"], record["mission"], record["data_mode"]) == ("other1", "20200101T0000", "D")


def test_options_of_the_caller_identify_a_file_without_an_identity(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc", attributes={"id": "nothing"})

    record = read(path, Options(platform="glider9", mission="m1")).mission

    assert record is not None
    assert (record["platform"], record["mission"]) == ("glider9", "m1")


@pytest.mark.parametrize("file_id", ["../etc-20200101T0000", "<b>x</b>-20200101T0000", "a/b-20200101T0000"])
def test_a_name_that_is_invalid_in_a_url_is_refused(tmp_path: Path, read: Read, file_id: str) -> None:
    assert read(time_series(tmp_path / "a.nc", attributes={"id": file_id})).reason_code == "bad_identity"


@pytest.mark.parametrize(
    ("platform", "mission", "mode", "field"),
    [("a/b", None, None, "platform"), (None, "x y", None, "mission"), (None, None, "Q", "mode")],
)
def test_invalid_options_give_the_name_of_the_field(
    platform: str | None, mission: str | None, mode: str | None, field: str
) -> None:
    with pytest.raises(Invalid) as raised:
        identity.options(platform, mission, mode)

    assert raised.value.field == field


def test_known_platforms_have_a_serial_and_a_name() -> None:
    names = identity.platform_names(None)

    assert (names["smilla77"].serial, names["smilla77"].name) == ("SEA077", "Smilla")


def test_the_names_of_an_operator_replace_the_default_names(tmp_path: Path) -> None:
    path = tmp_path / "platforms.toml"
    path.write_text('[SB2016]\nserial = "SB2016"\nkind = "sailbuoy"\n', encoding="utf-8")

    assert identity.platform_names(path) == {"sb2016": identity.PlatformName(serial="SB2016", kind="sailbuoy")}


@pytest.mark.parametrize(
    "text",
    [
        "[x",
        '[x]\ncolour = "red"',
        "x = 1",
        '[x]\nreporting_interval = "often"',
        '[x]\nreporting_interval = "0 h"',
        '[x]\nreporting_interval = "2 d"',
    ],
)
def test_an_invalid_file_of_names_gives_the_name_of_its_setting(tmp_path: Path, text: str) -> None:
    path = tmp_path / "platforms.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Invalid, match="HALOCLINE_PLATFORMS_FILE"):
        identity.platform_names(path)


@pytest.mark.parametrize(("text", "hours"), [("90 min", 1.5), ("6h", 6), ("1 d", 24)])
def test_the_file_of_names_sets_how_often_a_platform_reports(tmp_path: Path, text: str, hours: float) -> None:
    path = tmp_path / "platforms.toml"
    path.write_text(f'[x]\nreporting_interval = "{text}"\n', encoding="utf-8")

    assert identity.platform_names(path)["x"].reporting_interval == timedelta(hours=hours)
