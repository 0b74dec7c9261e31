"""Write logs of a sailbuoy in the form of real ones: a tab after every cell, times in UTC."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

START_AT = datetime(2022, 5, 1, 6, 0, tzinfo=UTC)
NAV = ("Time", "Lat", "Long", "Heading", "WaypointDirection", "V", "Leak", "BigLeak", "Warning", "Commands")
PLD = ("Time", "RBRL_T", "RBRL_C", "RBRL_Sal", "AirTemp", "WindSpeed", "Hs", "Ts")
# Three days and a step of ten minutes each: 433 fixes, the shortest mission.
STEPS = 432

Row = tuple[object, ...]


def fixes(
    steps: int = STEPS,
    lon: tuple[float, float] = (10.0, 11.0),
    lat: tuple[float, float] = (60.0, 60.0),
    start_at: datetime = START_AT,
    every_min: float = 10,
) -> list[Row]:
    """Navigation rows: `steps` + 1 fixes on a straight line from the first to the second longitude and latitude."""
    return [
        (
            start_at + timedelta(minutes=every_min * i),
            lat[0] + (lat[1] - lat[0]) * i / steps,
            lon[0] + (lon[1] - lon[0]) * i / steps,
            90,
            91,
            12.5,
            0,
            0,
            0,
            "",
        )
        for i in range(steps + 1)
    ]


def measured(rows: Iterable[Row], later_min: float = 0, every: int = 1) -> list[Row]:
    """Payload rows, `later_min` minutes after every `every`-th navigation row."""
    return [
        (moment + timedelta(minutes=later_min), 8 + 0.01 * i, 30.0, 7.1, 9.5, 5.5, 0.8, 4.2)
        for i, (moment, *_) in enumerate(list(rows)[::every])
        if isinstance(moment, datetime)
    ]


def moved(rows: Sequence[Row], **changes: object) -> list[Row]:
    """The rows with other values in the named columns."""
    by_column = {NAV.index(name): value for name, value in changes.items()}
    return [tuple(by_column.get(i, value) for i, value in enumerate(row)) for row in rows]


def text(names: Sequence[str], rows: Iterable[Row], separator: str = "\t", end: str = "\n") -> str:
    """The text of a log file."""
    lines = [names, *([_cell(value) for value in row] for row in rows)]
    return "".join(separator.join((*line, "")) + end for line in lines)


def logs(
    folder: Path, nav: Sequence[Row] | None = None, pld: Sequence[Row] | None = None, buoy: str = "SB2016"
) -> Path:
    """Path of the navigation log; its payload log is written beside it if `pld` has rows."""
    path = folder / f"{buoy}nav.csv"
    path.write_text(text(NAV, fixes() if nav is None else nav), encoding="ascii")
    if pld is not None:
        (folder / f"{buoy}pld.csv").write_text(text(PLD, pld), encoding="ascii")
    return path


def warnings(mission: Mapping[str, object]) -> dict[str, int]:
    """The counts of a mission's warnings in the output of `--json`, by code."""
    items = mission["warnings"]
    assert isinstance(items, list)
    return {warning["code"]: warning["count"] for warning in items}


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "NULL" if value is None else f"{value:.9f}" if isinstance(value, float) else str(value)
