"""The fixes of a mission that stays at the surface, as the parts that its figures and its track are made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns, surface_fixes
from app.domain.mission_summary import Part, Remainder
from app.domain.profiles import Floats, Ints
from app.domain.times import to_ms
from app.ingest.interpret import quality_control


@dataclass(frozen=True, slots=True)
class Columns:
    """(n,) times and positions of samples, also of those that cannot be used."""

    time_ms: Ints
    lon_deg: Floats
    lat_deg: Floats


@dataclass(frozen=True, slots=True)
class Way:
    """(n,) thinned fixes in time order, and which of them only an impossible speed reaches."""

    time_ms: Ints
    lon_deg: Floats
    lat_deg: Floats
    flagged: NDArray[np.bool_]


def parts(
    time_ms: Ints, lon: Floats, lat: Floats, valid: quality_control.Mask, weight: Ints, remainder: Remainder
) -> tuple[tuple[Part, ...], Remainder]:
    """The thinned fixes of rows in time order, each with the samples up to the next, and the rest: span and warnings.

    Raises Refused for more fixes than a mission may have.
    """
    usable = np.flatnonzero(valid)
    kept = usable[surface_fixes.thinned(time_ms[usable])]
    quality_control.require_few_fixes(kept.size)
    owner = np.clip(np.searchsorted(kept, np.arange(time_ms.size), side="right") - 1, 0, None)
    samples = np.bincount(owner, weight, minlength=kept.size).astype(np.int64)
    found = tuple(
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
        for i, row in enumerate(kept)
    )
    # What a fix has taken over, the rest has no longer.
    return found, replace(remainder, samples=remainder.samples - int(weight.sum()), bbox=None)


def way(documents: Iterable[Mapping[str, Any]], mission: Mapping[str, Any]) -> Way:
    """The fixes of a stored mission from its samples: the same that its figures were made of."""
    found = columns_of(documents)
    time_ms, lon, lat = found.time_ms, found.lon_deg, found.lat_deg
    figures = mission["figures"]
    inside = (time_ms >= to_ms(figures["start_at"])) & (time_ms <= to_ms(figures["end_at"]))
    usable = np.flatnonzero(inside & surface_fixes.usable(lon, lat))
    kept = usable[surface_fixes.thinned(time_ms[usable])]
    time_ms, lon, lat = time_ms[kept], lon[kept], lat[kept]
    return Way(time_ms, lon, lat, surface_fixes.flagged(lon, lat, time_ms))


def columns_of(documents: Iterable[Mapping[str, Any]]) -> Columns:
    """The times and positions of stored samples, as they follow each other."""
    blocks = [doc["columns"] for doc in documents]
    return Columns(*(_whole(blocks, name) for name in ("time", "longitude", "latitude")))


def _whole(blocks: Iterable[Mapping[str, Any]], name: str) -> NDArray[Any]:
    found = [np.array(columns.decoded(block[name]["data"], block[name]["dtype"])) for block in blocks]
    return np.concatenate(found) if found else np.zeros(0)
