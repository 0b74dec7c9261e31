"""Places of the columns of a section along the track: the cumulative distance of the mission's positions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import geodesy
from app.ingest.derive import section_record
from app.ingest.derive.depth_bins import Floats

Times = NDArray[np.int64]


def places_m(at_ms: Times, fix_ms: Times, lon_deg: Floats, lat_deg: Floats) -> Floats | None:
    """Distances from the first position along the track at these times, m, shape of `at_ms`; None without a track.

    fix_ms, lon_deg, lat_deg: (n,) positions in the order in which the mission's distance adds them up; NaN where there
    is none. Between two positions the distance is interpolated linearly over time. Lengths: WGS 84, Karney 2013.
    """
    located = np.isfinite(lon_deg) & np.isfinite(lat_deg)
    steps = geodesy.step_lengths_m(lon_deg[located], lat_deg[located])
    if not steps.sum() > 0:
        return None
    # Profiles are ordered by their starts; where some overlap, their middles need not increase.
    times = np.maximum.accumulate(fix_ms[located])
    return np.interp(at_ms, times, np.concatenate(([0.0], np.cumsum(steps))))


def packed_places(
    columns_ms: dict[str, Times], fix_ms: Times, lon_deg: Floats, lat_deg: Floats
) -> tuple[dict[str, Any], float | None]:
    """The stored places of columns, and the length of the track; empty and None without a track.

    columns_ms: times of the begins (`from`), middles (`mid`) and ends (`to`) of the columns.
    """
    places = {name: places_m(at_ms, fix_ms, lon_deg, lat_deg) for name, at_ms in columns_ms.items()}
    end_m = places["to"]
    if end_m is None:
        return {}, None
    packed = {f"{name}_m": section_record.packed(at_m, "f8") for name, at_m in places.items() if at_m is not None}
    return packed, float(end_m[-1])
