"""Sailbuoys in sample logs: distances checked by hand, separate missions, invalid values, and refusals by line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.formats import detection, sailbuoy
from app.ingest.interpret import deployment_split
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.made_sailbuoys import NAV, PLD, START_AT, STEPS, Row, fixes, logs, measured, moved, text, warnings

Read = Callable[..., Report]
LATER = START_AT + timedelta(days=10)
HARBOUR: dict[str, object] = {"Lat": 57.7, "Long": 11.9}
LIMITS = detection.Limits(1 << 30, 1_000_000)


@pytest.fixture
def reports(tools: ImportContext) -> Callable[..., list[Report]]:
    """Return the reports of a dry run on these paths."""

    def run(*paths: Path, options: Options | None = None) -> list[Report]:
        import_context = replace(tools, options=options or Options())
        return list(importer.dry(importer.files_of(paths), import_context))

    return run


def mission_of(report: Report) -> dict[str, Any]:
    """Return the mission of a stored log."""
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def refused(report: Report, code: str, *words: str) -> None:
    """Assert that the log is refused with this code, and that the reason is one line with these words."""
    assert (report.outcome, report.reason_code) == ("refused", code), report
    assert report.reason is not None
    assert "\n" not in report.reason
    assert [word for word in words if word not in report.reason] == []


def test_a_degree_of_longitude_at_60_north_is_55_8_km(read: Read, tmp_path: Path) -> None:
    """The geodesic is 55.7995 km (domain.md); steps along the parallel are 55.8000: pi/180 N cos 60."""
    mission = mission_of(read(logs(tmp_path, fixes())))
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=0.1)
    assert (mission["samples"], mission["profiles"], mission["max_depth_m"], mission["vertical_m"]) == (433, 0, None, 0)
    assert (mission["platform"], mission["mission"], mission["data_mode"]) == ("sb2016", "20220501T0600", "R")
    assert (mission["start_at"], mission["end_at"]) == ("2022-05-01T06:00:00.000Z", "2022-05-04T06:00:00.000Z")
    assert mission["bbox"] == [10.0, 60.0, 11.0, 60.0]
    assert warnings(mission) == {"payload_missing": 1}


def test_a_degree_of_latitude_along_the_meridian_is_110_6_km(read: Read, tmp_path: Path) -> None:
    """Karney: (0, 0)-(0, 1) is 110.5744 km; 0, 0 itself is no valid fix, so the track begins a step later."""
    mission = mission_of(read(logs(tmp_path, fixes(lon=(0, 0), lat=(0, 1)))))
    assert mission["distance_m"] == pytest.approx(110_574.4 * (STEPS - 1) / STEPS, abs=1)
    assert warnings(mission)["position_zero"] == 1


def test_steps_shorter_than_ten_minutes_are_thinned(read: Read, tmp_path: Path) -> None:
    """A zigzag every two minutes adds no distance: every fifth fix is on the straight line."""
    rows = fixes(steps=STEPS * 5, every_min=2)
    zigzag = [row if i % 5 == 0 else moved([row], Lat=60.001)[0] for i, row in enumerate(rows)]
    mission = mission_of(read(logs(tmp_path, zigzag)))
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=0.1)
    assert mission["samples"] == STEPS * 5 + 1
    assert mission["bbox"] == [10.0, 60.0, 11.0, 60.0]


def test_a_track_ends_at_the_last_fix(read: Read, tmp_path: Path) -> None:
    """Fixes every four minutes: every third one is used, and always the last one."""
    mission = mission_of(read(logs(tmp_path, fixes(steps=1090, every_min=4))))
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=0.1)
    assert mission["bbox"][2] == 11.0


def test_fixes_a_few_seconds_early_are_used(read: Read, tmp_path: Path) -> None:
    """There and back every ten minutes: with half of the fixes, the distance would be zero."""
    rows = fixes(steps=STEPS)
    jitter = [(row[0] - timedelta(seconds=9 * (i % 3)), *row[1:]) for i, row in enumerate(rows)]  # type: ignore[operator]
    there_and_back = [moved([row], Long=10.0 + 0.01 * (i % 2))[0] for i, row in enumerate(jitter)]
    # A hundredth of a degree of longitude at 60 north is 558.0 m.
    mission = mission_of(read(logs(tmp_path, there_and_back)))
    assert mission["distance_m"] == pytest.approx(558.0 * STEPS, rel=1e-3)


def test_a_jump_is_counted_and_excluded_from_distance_and_box(read: Read, tmp_path: Path) -> None:
    rows = fixes()
    rows[200] = moved([rows[200]], Lat=61.0)[0]
    mission = mission_of(read(logs(tmp_path, rows)))
    assert warnings(mission)["position_jump"] == 1
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=1)
    assert mission["bbox"] == [10.0, 60.0, 11.0, 60.0]
    assert mission["samples"] == 433


def test_a_sailbuoy_may_have_a_speed_of_three_and_a_half_metres_a_second(read: Read, tmp_path: Path) -> None:
    """2.1 km every ten minutes: too fast for a glider."""
    east = 10 + STEPS * 2100 / 55_800
    mission = mission_of(read(logs(tmp_path, fixes(lon=(10.0, east)))))
    assert "position_jump" not in warnings(mission)
    assert mission["distance_m"] == pytest.approx(2100 * STEPS, rel=1e-4)


def test_rows_without_position_count_as_samples_only(read: Read, tmp_path: Path) -> None:
    rows = fixes()
    rows[10:20] = moved(rows[10:20], Lat=None, Long="NaN")
    mission = mission_of(read(logs(tmp_path, rows)))
    assert (mission["samples"], warnings(mission)["position_missing"]) == (433, 10)
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=0.1)


def test_rows_out_of_order_and_repeated_give_the_same_distance(read: Read, tmp_path: Path) -> None:
    rows = fixes()
    mission = mission_of(read(logs(tmp_path, [*rows[::-1], *rows[5:8]], measured(rows))))
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=0.1)
    assert (mission["samples"], warnings(mission)) == (436, {"duplicate_rows": 3})


def test_a_track_across_180_degrees_has_a_short_distance_and_a_box_that_crosses(read: Read, tmp_path: Path) -> None:
    """Karney: (179.5, 0)-(-179.5, 0) is 111.3195 km along the equator."""
    rows = fixes(lon=(179.5, 180.5), lat=(0, 0))
    wrapped = [moved([row], Long=float(row[2]) - 360 if float(row[2]) >= 180 else row[2])[0] for row in rows]  # type: ignore[arg-type]
    mission = mission_of(read(logs(tmp_path, wrapped)))
    assert mission["distance_m"] == pytest.approx(111_319.5, abs=1)
    assert mission["bbox"] == [179.5, 0.0, -179.5, 0.0]


def test_a_gap_of_more_than_three_hours_begins_another_mission(
    reports: Callable[..., list[Report]], tmp_path: Path
) -> None:
    rows = [*fixes(), *fixes(lon=(12.0, 12.5), start_at=LATER)]
    first, second = map(mission_of, reports(logs(tmp_path, rows)))
    assert (first["mission"], second["mission"]) == ("20220501T0600", "20220511T0600")
    assert [first["distance_m"], second["distance_m"]] == pytest.approx([55_800.0, 27_900.0], abs=0.1)


def test_a_gap_of_exactly_three_hours_does_not_begin_another_mission(
    reports: Callable[..., list[Report]], tmp_path: Path
) -> None:
    rows = [*fixes(), *fixes(lon=(11.0, 12.0), start_at=START_AT + timedelta(days=3, hours=3))]
    (mission,) = map(mission_of, reports(logs(tmp_path, rows)))
    assert mission["distance_m"] == pytest.approx(2 * 55_800.0, abs=0.2)


def test_trips_shorter_than_three_days_are_dropped_with_a_warning(
    reports: Callable[..., list[Report]], tmp_path: Path
) -> None:
    rows = [*fixes(steps=STEPS - 1), *fixes(start_at=LATER), *fixes(steps=9, start_at=LATER + timedelta(days=9))]
    (mission,) = map(mission_of, reports(logs(tmp_path, rows)))
    assert (mission["mission"], warnings(mission)["rows_of_short_trip"]) == ("20220511T0600", STEPS + 10)


def test_rows_in_the_harbour_are_dropped_with_a_warning(reports: Callable[..., list[Report]], tmp_path: Path) -> None:
    """A week in the harbour, partly without a fix, does not join two missions."""
    moored = moved(fixes(steps=1008, start_at=START_AT + timedelta(days=3, minutes=10)), **HARBOUR)
    moored[50:90] = moved(moored[50:90], Lat=None)
    rows = [*fixes(), *moored, *fixes(start_at=LATER + timedelta(minutes=10))]
    first, second = map(mission_of, reports(logs(tmp_path, rows)))
    assert first["end_at"] == "2022-05-04T06:00:00.000Z"
    assert second["mission"] == "20220511T0610"
    assert (first["samples"], second["samples"]) == (433, 433)
    assert warnings(second)["rows_in_harbour"] == 1009
    assert "rows_in_harbour" not in warnings(first)


def test_times_of_a_wrong_clock_are_dropped_with_a_warning(read: Read, tmp_path: Path) -> None:
    future = fixes(steps=3, start_at=datetime(2080, 1, 6, tzinfo=UTC))
    past = fixes(steps=4, start_at=datetime(1980, 1, 6, tzinfo=UTC))
    mission = mission_of(read(logs(tmp_path, [*past, *fixes(), *future, (None, *fixes()[0][1:])])))
    assert (mission["samples"], mission["end_at"]) == (433, "2022-05-04T06:00:00.000Z")
    assert warnings(mission) == {"payload_missing": 1, "time_out_of_range": 9, "time_missing": 1}


def test_payload_is_paired_with_the_fix_nearest_in_time(tmp_path: Path) -> None:
    rows = fixes()
    path = logs(tmp_path, rows, measured(rows, later_min=4, every=3))
    observations = detection.read(path, LIMITS)
    values = {column.about.name: column for column in observations.columns}
    assert (observations.kind, observations.time_ms.size, observations.warnings["payload_unpaired"]) == (
        "sailbuoy",
        433,
        0,
    )
    assert values["temperature"].values[[0, 3, 6]].tolist() == pytest.approx([8.0, 8.01, 8.02])
    assert values["temperature"].values[[1, 2]].tolist() == pytest.approx([float("nan")] * 2, nan_ok=True)
    assert values["conductivity"].values[0] == pytest.approx(3.0)
    assert (values["conductivity"].about.unit, values["conductivity"].about.source_unit) == ("S m-1", "mS cm-1")
    assert values["wind_speed"].about.standard_name == "wind_speed"
    assert values["salinity"].about.source_name == "RBRL_Sal"
    assert {"heading", "waypoint_direction", "battery_voltage", "air_temperature", "wave_height"} <= set(values)
    assert not {"commands", "leak", "BigLeak"} & set(values)


def test_payload_without_a_fix_is_a_row_without_position(read: Read, tmp_path: Path) -> None:
    """Payload every two minutes: of five rows one has a fix, four are samples without a position."""
    payload_rows = measured(fixes(steps=STEPS * 5, every_min=2))
    mission = mission_of(read(logs(tmp_path, fixes(), payload_rows)))
    assert mission["samples"] == STEPS * 5 + 1
    assert warnings(mission) == {"payload_unpaired": STEPS * 4, "position_missing": STEPS * 4}
    assert mission["distance_m"] == pytest.approx(55_800.0, abs=0.1)


def test_repeated_payload_rows_are_dropped_with_a_warning(read: Read, tmp_path: Path) -> None:
    rows = fixes()
    mission = mission_of(read(logs(tmp_path, rows, measured(rows) * 2)))
    assert (mission["samples"], warnings(mission)) == (433, {"payload_repeated": 433})


def test_a_pair_of_logs_is_imported_once_for_any_argument(reports: Callable[..., list[Report]], tmp_path: Path) -> None:
    nav = logs(tmp_path, fixes(), measured(fixes()))
    outcomes = reports(tmp_path / "SB2016pld.csv", tmp_path, nav)
    assert [(report.path, report.outcome) for report in outcomes] == [(str(nav), "stored")]


def test_a_payload_without_its_navigation_is_refused(reports: Callable[..., list[Report]], tmp_path: Path) -> None:
    logs(tmp_path, fixes(), measured(fixes())).unlink()
    (report,) = reports(tmp_path)
    refused(report, "no_navigation", "SB2016nav.csv")


def test_a_folder_is_listed_once_for_all_its_logs_and_again_after_a_change(
    reports: Callable[..., list[Report]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ = [logs(tmp_path, fixes(), measured(fixes()), buoy=f"SB{number}") for number in range(3)]
    listed: list[Path] = []
    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: (listed.append(folder), iterdir(folder))[1])

    before = reports(tmp_path)
    alone = logs(tmp_path, fixes(), buoy="SB9")
    after = reports(alone)

    assert [report.outcome for report in (*before, *after)] == ["stored"] * 4
    assert listed == [tmp_path] * 2


def test_file_names_of_any_case_identify_the_platform(reports: Callable[..., list[Report]], tmp_path: Path) -> None:
    (tmp_path / "sb2121_NAV.CSV").write_text(text(NAV, fixes(), ",", "\r\n"), encoding="ascii")
    (tmp_path / "sb2121_PLD.CSV").write_text(text(PLD, measured(fixes()), ";"), encoding="ascii")
    (mission,) = map(mission_of, reports(tmp_path))
    assert (mission["platform"], warnings(mission)) == ("sb2121", {})
    (other,) = map(mission_of, reports(tmp_path, options=Options(platform="kringla")))
    assert (other["platform"], other["mission"]) == ("kringla", "20220501T0600")


def test_one_mission_name_for_two_missions_is_refused(reports: Callable[..., list[Report]], tmp_path: Path) -> None:
    (report,) = reports(logs(tmp_path, [*fixes(), *fixes(start_at=LATER)]), options=Options(mission="m1"))
    refused(report, "several_missions", "2 missions")


def test_a_longer_log_does_not_change_finished_missions(tmp_path: Path) -> None:
    def digests(rows: list[Row], name: str) -> list[str]:
        path = logs(tmp_path, rows, measured(rows), name)
        return [
            deployment_split.digest(deployment)
            for deployment in deployment_split.cut(detection.read(path, LIMITS), 0, 2**53)
        ]

    before = [*fixes(), *fixes(start_at=LATER)]
    first, second = digests(before, "SB1")
    assert digests([*before, *fixes(steps=3, start_at=LATER + timedelta(days=3, minutes=10))], "SB2")[0] == first
    assert digests([*before, *fixes(steps=3, start_at=LATER + timedelta(days=3, minutes=10))], "SB2")[1] != second


def test_dates_that_begin_with_the_day_are_read(read: Read, tmp_path: Path) -> None:
    path = logs(tmp_path, fixes())
    path.write_text(
        path.read_text()
        .replace("2022-05-0", "0")
        .replace("01 ", "01.05.2022 ")
        .replace("02 ", "02.05.2022 ")
        .replace("03 ", "03.05.2022 ")
        .replace("04 ", "04.05.2022 ")
    )
    assert mission_of(read(path))["mission"] == "20220501T0600"


@pytest.mark.parametrize(
    ("broken", "code", "words"),
    [
        (lambda t: t.replace("Time", "Clock"), "no_time", ["SB2016nav.csv", "Time"]),
        (lambda t: t.replace("Long", "Length"), "no_valid_position", ["SB2016nav.csv", "Long"]),
        (lambda t: t.replace("\tLat", "\tLong"), "unreadable", ["Long", "two columns"]),
        (lambda t: t.split("\n", 1)[1], "no_header", ["line 1"]),
        (lambda t: t.split("\n", 1)[0] + "\n", "no_samples", ["SB2016nav.csv"]),
        (lambda t: t.replace("2022-05-01 06:20:00", "yesterday"), "unreadable", ["line 4", "'yesterday'", "Time"]),
        (lambda t: t.replace("2022-05-01 06:20:00", "2022-05-32 06:20:00"), "unreadable", ["line 4", "Time"]),
        (lambda t: t.replace("2022-05-01 06:20:00", "2022-05-01"), "unreadable", ["line 4", "time of day"]),
        (lambda t: t.replace("\t60.000000000", "\tsixty", 1), "unreadable", ["line 2", "'sixty'", "Lat"]),
        (lambda t: t.replace("\t90\t", "\t9\t0\t", 1), "unreadable", ["line 2", "11 values instead of 10"]),
        (lambda t: t[: t.index("2022-05-03 06") + 30], "truncated", ["SB2016nav.csv", "ends in the middle"]),
        (lambda t: t.replace("\t90\t", '\t"90\t', 1), "truncated", ["SB2016nav.csv", "line"]),
        (lambda t: t.replace("\t", " "), "unreadable", ["SB2016nav.csv", "line 1"]),
        (lambda t: f"<!DOCTYPE html><html>{t}", "html_page", ["web page"]),
        (lambda t: "\x00\x01\x02" * len(t), "unreadable", ["line 1"]),
        (lambda t: t.replace("60.0000", "5936.0"), "position_not_degrees", ["Lat"]),
        (lambda t: t.replace("\t60.000000000\t", "\tNULL\t"), "no_valid_position", ["Lat"]),
        (lambda t: t.replace("2022-", "2080-"), "time_out_of_range", ["Time"]),
        (lambda t: t.replace("2022-05-04", "2022-05-01"), "no_deployment", ["shorter than three days"]),
        (lambda t: "\n" + t, "unreadable", ["line 1"]),
        (lambda t: t.replace("Commands", "x" * 300), "unreadable", ["300 characters"]),
        (lambda t: t + "x" * 70_000, "unreadable", ["line 435", "characters"]),
    ],
)
def test_an_invalid_log_is_refused_with_file_and_line(
    read: Read, tmp_path: Path, broken: Callable[[str], str], code: str, words: list[str]
) -> None:
    path = logs(tmp_path, fixes())
    path.write_text(broken(path.read_text(encoding="ascii")), encoding="utf-8")
    refused(read(path), code, *words)


def test_an_invalid_payload_is_refused_with_its_own_name(read: Read, tmp_path: Path) -> None:
    path = logs(tmp_path, fixes(), measured(fixes()))
    payload = tmp_path / "SB2016pld.csv"
    payload.write_text(payload.read_text(encoding="ascii").replace("8.01", "warm", 1), encoding="ascii")
    refused(read(path), "unreadable", "SB2016pld.csv, line 3", "RBRL_T", "'warm")


def test_an_unknown_column_is_stored_if_it_contains_numbers(tmp_path: Path) -> None:
    path = logs(tmp_path, fixes())
    lines = path.read_text(encoding="ascii").splitlines()
    extended = [f"{lines[0]}Irradiance (W)\tNote\tTemperature\t", *(f"{line}17.5\tsunny\t31\t" for line in lines[1:])]
    path.write_text("\n".join(extended) + "\n", encoding="ascii")
    names = {column.about.name: column.about for column in detection.read(path, LIMITS).columns}
    assert names["irradiance__w"].source_name == "Irradiance (W)"
    assert "hull_temperature" in names
    assert not {"note", "temperature"} & set(names)


def test_a_table_of_erddap_is_not_recognised_as_a_log(tmp_path: Path) -> None:
    path = tmp_path / "gliderspnav.csv"
    assert not sailbuoy.matches(path, b"time (UTC),latitude,longitude\n2022-05-01T00:00:00Z,1,2\n")
    assert sailbuoy.matches(path, b"Time\tLat\tLong\n")


def test_the_report_line_of_a_sailbuoy_does_not_mention_profiles(read: Read, tmp_path: Path) -> None:
    line = read(logs(tmp_path, fixes(), measured(fixes()))).line()
    assert line.endswith("SB2016nav.csv: sb2016/20220501T0600 R, 55.8 km")
