"""What a profile's stored samples say of it, beside what its document says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns, profiles, surface_fixes
from app.domain.times import from_ms
from app.ingest.interpret.profile_grouping import DIRECTIONS, positions_of

Document = dict[str, Any]
# So many rows are worked on at once: some megabytes, and enough of them that numpy's calls cost nothing.
_ROWS_AT_ONCE = 100_000
OUTSIDE = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What the samples of a profile say: how many they are, and the fields of its document that derive from them."""

    rows: int
    fields: Document


def key_of(doc: Mapping[str, Any]) -> str:
    """The end of a profile's key, which its samples have, too: its number and its first time."""
    return "/".join(doc["_id"].split("/")[3:5])


def told(documents: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Told]]:
    """What is told of each profile, by `key_of`, from sample documents of which those of a profile follow each other.

    The samples outside profiles are told with their number of rows alone, under a key that begins with OUTSIDE.
    """
    batch: list[tuple[str, Sequence[NDArray[Any]]]] = []
    rows = 0
    for key, parts in groupby(documents, key_of):
        if key.startswith(f"{OUTSIDE}/"):
            yield key, Told(sum(_count(part) for part in parts), {})
            continue
        blocks = [_block(part) for part in sorted(parts, key=lambda part: int(part["part"]))]
        whole = blocks[0] if len(blocks) == 1 else [np.concatenate(column) for column in zip(*blocks, strict=True)]
        batch.append((key, whole))
        rows += whole[0].size
        if rows >= _ROWS_AT_ONCE:
            yield from _told(batch)
            batch, rows = [], 0
    if batch:
        yield from _told(batch)


def _told(batch: Sequence[tuple[str, Sequence[NDArray[Any]]]]) -> Iterator[tuple[str, Told]]:
    keys = [key for key, _ in batch]
    time_ms, lon, lat, depth = (np.concatenate(column) for column in zip(*(block for _, block in batch), strict=True))
    sizes = np.array([block[0].size for _, block in batch], dtype=np.intp)
    ends = np.cumsum(sizes) - 1
    starts = ends - sizes + 1
    group = np.repeat(np.arange(sizes.size, dtype=np.intp), sizes)
    deepest = np.maximum.reduceat(np.maximum(np.where(np.isfinite(depth), depth, 0.0), 0.0), starts)
    signs = profiles.directions(depth, group, sizes.size)
    valid = surface_fixes.usable(lon, lat)
    mean_lon, mean_lat, boxes = positions_of(lon[valid], lat[valid], group[valid], sizes.size)
    for i, key in enumerate(keys):
        start_ms, end_ms = int(time_ms[starts[i]]), int(time_ms[ends[i]])
        fields: Document = {
            "number": int(key.partition("/")[0]),
            "start_at": from_ms(start_ms),
            "mid_at": from_ms((start_ms + end_ms) // 2),
            "end_at": from_ms(end_ms),
            "lon_deg": None if np.isnan(mean_lon[i]) else float(mean_lon[i]),
            "lat_deg": None if np.isnan(mean_lat[i]) else float(mean_lat[i]),
            "max_depth_m": float(deepest[i]),
            "direction": DIRECTIONS[int(signs[i])],
            "bbox": boxes[i],
        }
        yield key, Told(int(sizes[i]), fields)


def _block(part: Mapping[str, Any]) -> Sequence[NDArray[Any]]:
    found = part["columns"]
    return [_values(found[name]) for name in ("time", "longitude", "latitude", "depth")]


def _values(column: Mapping[str, Any]) -> NDArray[Any]:
    return np.asarray(columns.decoded(column["data"], column["dtype"]))


def _count(part: Mapping[str, Any]) -> int:
    return int(_values(part["columns"]["time"]).size)
