"""The fields of profiles recomputed from their stored samples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns, profiles, surface_fixes
from app.domain.times import from_ms
from app.ingest.interpret.profile_grouping import DIRECTIONS
from app.ingest.interpret.profile_positions import positions_of

Document = dict[str, Any]
# Rows in a batch: some megabytes, and enough that the overhead of numpy calls is negligible.
_ROWS_AT_ONCE = 100_000
OUTSIDE = 0


@dataclass(frozen=True, slots=True)
class Recount:
    """The number of samples of a profile, and the fields of its document that derive from them."""

    rows: int
    fields: Document


def key_of(doc: Mapping[str, Any]) -> str:
    """The end of a profile's key, shared by its samples: its number and its first time."""
    return "/".join(doc["_id"].split("/")[3:5])


def recounts(documents: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Recount]]:
    """The recount of each profile by `key_of`. The sample documents of a profile must be adjacent.

    Samples outside profiles are returned with their number of rows alone, under a key that begins with OUTSIDE.
    """
    batch: list[tuple[str, Sequence[NDArray[Any]]]] = []
    rows = 0
    for key, chunks in groupby(documents, key_of):
        if key.startswith(f"{OUTSIDE}/"):
            yield key, Recount(sum(_count(chunk) for chunk in chunks), {})
            continue
        blocks = [_block(chunk) for chunk in sorted(chunks, key=lambda chunk: int(chunk["part"]))]
        columns = blocks[0] if len(blocks) == 1 else [np.concatenate(column) for column in zip(*blocks, strict=True)]
        batch.append((key, columns))
        rows += columns[0].size
        if rows >= _ROWS_AT_ONCE:
            yield from _recounts(batch)
            batch, rows = [], 0
    if batch:
        yield from _recounts(batch)


def _recounts(batch: Sequence[tuple[str, Sequence[NDArray[Any]]]]) -> Iterator[tuple[str, Recount]]:
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
        yield key, Recount(int(sizes[i]), fields)


def _block(chunk: Mapping[str, Any]) -> Sequence[NDArray[Any]]:
    stored = chunk["columns"]
    return [np.asarray(columns.good_values(stored[name])) for name in ("time", "longitude", "latitude", "depth")]


def _values(column: Mapping[str, Any]) -> NDArray[Any]:
    return np.asarray(columns.decoded(column["data"], column["dtype"]))


def _count(chunk: Mapping[str, Any]) -> int:
    return int(_values(chunk["columns"]["time"]).size)
