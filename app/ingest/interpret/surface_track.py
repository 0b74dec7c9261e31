"""The fixes of a mission at the surface: the parts of its figures, and the points of its track."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns, surface_fixes
from app.domain.mission_summary import Part, Remainder
from app.domain.profiles import Floats, Ints
from app.domain.times import to_ms
from app.ingest.formats import mission_limits
from app.ingest.formats.observations import Mask


@dataclass(frozen=True, slots=True)
class Columns:
    """(n,) times and positions of all samples, usable or not."""

    time_ms: Ints
    lon_deg: Floats
    lat_deg: Floats


@dataclass(frozen=True, slots=True)
class Fixes:
    """(n,) thinned fixes in time order; `flagged` marks those that imply an impossible speed."""

    time_ms: Ints
    lon_deg: Floats
    lat_deg: Floats
    flagged: NDArray[np.bool_]


def parts(
    time_ms: Ints, lon: Floats, lat: Floats, valid: Mask, weight: Ints, remainder: Remainder
) -> tuple[tuple[Part, ...], Remainder]:
    """The thinned fixes of rows in time order, each with the samples up to the next fix, and the reduced remainder.

    Raises Refused for more fixes than a mission may have.
    """
    usable = np.flatnonzero(valid)
    selected = usable[surface_fixes.thinned(time_ms[usable])]
    mission_limits.require_few_fixes(selected.size)
    owner = np.clip(np.searchsorted(selected, np.arange(time_ms.size), side="right") - 1, 0, None)
    samples = np.bincount(owner, weight, minlength=selected.size).astype(np.int64)
    fixes = tuple(
        Part(
            number=i + 1,
            start_ms=int(time_ms[row]),
            mid_ms=int(time_ms[row]),
            end_ms=int(time_ms[row]),
            lon_deg=float(lon[row]),
            lat_deg=float(lat[row]),
            max_depth_m=0.0,
            samples=int(samples[i]),
            bbox=(float(lon[row]), float(lat[row]), float(lon[row]), float(lat[row])),
            is_profile=False,
        )
        for i, row in enumerate(selected)
    )
    # Samples that belong to a fix no longer belong to the remainder.
    return fixes, replace(remainder, samples=remainder.samples - int(weight.sum()), bbox=None)


def fixes_of(documents: Iterable[Mapping[str, Any]], mission: Mapping[str, Any]) -> Fixes:
    """The fixes of a stored mission from its samples: the same fixes as in its figures."""
    stored = columns_of(documents)
    time_ms, lon, lat = stored.time_ms, stored.lon_deg, stored.lat_deg
    figures = mission["figures"]
    inside = (time_ms >= to_ms(figures["start_at"])) & (time_ms <= to_ms(figures["end_at"]))
    usable = np.flatnonzero(inside & surface_fixes.usable(lon, lat))
    selected = usable[surface_fixes.thinned(time_ms[usable])]
    time_ms, lon, lat = time_ms[selected], lon[selected], lat[selected]
    return Fixes(time_ms, lon, lat, surface_fixes.flagged(lon, lat, time_ms))


def columns_of(documents: Iterable[Mapping[str, Any]]) -> Columns:
    """The times and positions of stored samples, in the order of the documents; those flagged as bad are not usable."""
    blocks = [doc["columns"] for doc in documents]
    return Columns(*(_whole(blocks, name) for name in ("time", "longitude", "latitude")))


def _whole(blocks: Iterable[Mapping[str, Any]], name: str) -> NDArray[Any]:
    arrays = [np.array(columns.good_values(block[name])) for block in blocks]
    return np.concatenate(arrays) if arrays else np.zeros(0)
