"""Small sections, a series and a T-S diagram, as an import stores them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.domain import columns, indexed_png, plot_style
from app.domain.records import Mission
from app.domain.sections import Cloud, Section, Theme
from app.domain.times import to_ms
from app.store import sections, transactions

START = datetime(2022, 12, 8, 12, tzinfo=UTC)
HOUR_MS = 3_600_000


def png(size: int, theme: Theme = "light", colour_map: str = "thermal") -> bytes:
    """A stored picture of this many pixels on a side: the first background, in the colours of a theme."""
    rows = (b"\0" + bytes([plot_style.COLOURS]) * size) * size
    return indexed_png.assembled(size, size, plot_style.colours(colour_map) + plot_style.greys(theme), rows)


def packed(values: list[Any], dtype: columns.Dtype) -> dict[str, Any]:
    """A stored column."""
    return {"dtype": dtype, "data": columns.encoded(np.array(values), dtype)}


def section(mission: Mission, variable: str = "temperature", **changes: Any) -> Section:
    """A section of three columns and two rows, with a gap of two hours before the last column and one empty cell."""
    begin = to_ms(START)
    fields: dict[str, Any] = {
        "platform": mission.platform,
        "mission": mission.mission,
        "version": mission.version,
        "variable": variable,
        "kind": "section",
        "place": 0,
        "unit": "degree_C",
        "standard_name": "sea_water_temperature",
        "long_name": None,
        "colour_map": "thermal",
        "limits": (-0.9876543, 9.5),
        "span": (-1.25, 10.0),
        "decimals": 3,
        "samples": 17,
        "profiles": 3,
        "profiles_each": 1,
        "columns": 3,
        "rows": 2,
        "bin_m": 5.0,
        "start_at": START,
        "end_at": START + timedelta(hours=5),
        "computed_at": START,
        "number": 1,
        "flagged": 2,
        "along_m": 1500.0,
        "packed": {
            "from_ms": packed([begin, begin + HOUR_MS, begin + 4 * HOUR_MS], "i8"),
            "mid_ms": packed([begin + HOUR_MS // 2, begin + HOUR_MS * 3 // 2, begin + HOUR_MS * 9 // 2], "i8"),
            "to_ms": packed([begin + HOUR_MS, begin + 2 * HOUR_MS, begin + 5 * HOUR_MS], "i8"),
            "profile": packed([1, 2, 5], "i4"),
            "profiles": packed([1, 1, 1], "i4"),
            "from_m": packed([0.0, 400.0, 1300.0], "f8"),
            "mid_m": packed([100.0, 600.0, 1400.0], "f8"),
            "to_m": packed([400.0, 900.0, 1500.0], "f8"),
            "values": packed([1.23456, -1.25, 3.0, 4.0, np.nan, 10.0], "f4"),
            "every": packed([1.23456, -1.25, 7.0, 4.0, 12.5, 10.0], "f4"),
        },
    }
    return Section(**{**fields, **changes})


def series(mission: Mission) -> Section:
    """A series of the air temperature of a sailbuoy in two bins, the second empty."""
    begin = to_ms(START)
    packed_columns = {
        "from_ms": packed([begin, begin + HOUR_MS], "i8"),
        "mid_ms": packed([begin + HOUR_MS // 2, begin + HOUR_MS * 3 // 2], "i8"),
        "to_ms": packed([begin + HOUR_MS, begin + 2 * HOUR_MS], "i8"),
        "values": packed([2.5, np.nan], "f4"),
        "low": packed([2.0, np.nan], "f4"),
        "high": packed([3.0, np.nan], "f4"),
    }
    shape = {"kind": "series", "columns": 2, "rows": 1, "bin_m": 0.0, "profiles": 0, "profiles_each": 0, "place": 1}
    of_good_values = {"flagged": 0, "along_m": None}
    return section(mission, "air_temperature", **shape, **of_good_values, packed=packed_columns)


def cloud(mission: Mission) -> Cloud:
    """A T-S diagram of two of five samples, one without a depth."""
    return Cloud(
        platform=mission.platform,
        mission=mission.mission,
        version=mission.version,
        pairs=5,
        points=2,
        salinity_unit="1",
        temperature_unit="degree_C",
        computed_at=START,
        number=1,
        packed={
            "salinity": packed([7.5, 15.25], "f4"),
            "temperature": packed([9.0, -0.5], "f4"),
            "depth_m": packed([1.5, np.nan], "f4"),
            "profile": packed([1, 2], "i4"),
            "flagged_salinity": packed([9.5], "f4"),
            "flagged_temperature": packed([3.25], "f4"),
            "flagged_depth_m": packed([2.5], "f4"),
            "flagged_profile": packed([2], "i4"),
            "density_salinity": packed([5.0, 15.0, 25.0], "f8"),
            "density_temperature": packed([-1.0, 10.0], "f8"),
            "sigma0": packed([3.9, 12.0, 20.1, 3.6, 11.3, 19.00004], "f4"),
        },
        lon_deg=15.5,
        lat_deg=55.25,
        flagged=1,
        flagged_points=1,
        depth_unknown=1,
    )


def store(mission: Mission) -> None:
    """Store a section, a series and a T-S diagram of the mission."""
    pictures = {scale: png(scale) for scale in plot_style.SCALES}
    drawn = [(section(mission), pictures), (series(mission), pictures)]
    diagram = (cloud(mission), pictures)
    transactions.run(lambda session: sections.replace_all(mission.platform, mission.mission, drawn, diagram, session))
