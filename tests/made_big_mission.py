"""A mission of the size of a real one with many instruments: 60 variables, 5 000 profiles, 200 warnings."""

from pathlib import Path
from typing import Any

from tests.made_files import rows, time_series

PROFILES, VARIABLES, WARNINGS = 5_000, 60, 200
MISSION = "/missions/made/20200913T1226"


def big_file(path: Path) -> Path:
    """Write the file: temperature, salinity and 58 variables with long names."""
    made = rows(profiles=PROFILES)
    # Around in a bay: the track of so many profiles would leave the sea.
    made["longitude"] = 15.5 + 0.2 * (made["profile_index"] % 50) / 50
    values = {f"optode_{number:02}_dissolved_oxygen_concentration": made["temperature"] for number in range(58)}
    salinity = 30.0 + made["depth"] / 10
    return time_series(path, {**made, "salinity": salinity, **values}, units={"salinity": "1"})


def warnings() -> list[dict[str, Any]]:
    """As many warnings as a mission can have, and more."""
    return [{"code": f"made_warning_{number:03}", "count": number + 1} for number in range(WARNINGS)]
