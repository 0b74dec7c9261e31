"""Missions within one file: its trajectories, or those of a log that runs for years, split by pauses and harbour."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import surface_fixes
from app.domain.longitudes import wrapped
from app.domain.times import from_ms
from app.ingest.formats import time_series
from app.ingest.formats.observations import NO_TIME, Ints, Mask, Observations
from app.ingest.refusals import Refused

# After a longer silence the vessel was out of the water or switched off.
GAP_MS = 3 * 3600 * 1000
# A shorter trip is a test.
SHORTEST_MS = 3 * 24 * 3600 * 1000
# The waters of Gothenburg where sailbuoys are moored and tested: west, south, east, north in degrees.
HARBOUR = (11.7, 57.6, 12.1, 57.8)
# Attributes that name or describe a file of several trajectories, and none of them.
_OF_THE_FILE = ("id", "title", "dataset_id", "summary")
_OF_ALL_ROWS = ("time_coverage_", "geospatial_")


def missions(observations: Observations, earliest_ms: int, latest_ms: int) -> list[Observations]:
    """The missions of a file: those of a continuous log in time order, its trajectories, else the file itself.

    Raises Refused.
    """
    if observations.trajectories:
        return list(_trajectories(observations))
    return cut(observations, earliest_ms, latest_ms) if observations.is_continuous else [observations]


def _trajectories(file: Observations) -> Iterator[Observations]:
    """The trajectories of the file as missions, each with its own texts and without attributes about the whole file."""
    shared = {
        name: value
        for name, value in file.attributes.items()
        if name.lower() not in _OF_THE_FILE and not name.lower().startswith(_OF_ALL_ROWS)
    }
    ends = np.cumsum([trajectory.rows for trajectory in file.trajectories])
    for trajectory, end in zip(file.trajectories, ends.tolist(), strict=True):
        rows = file.at(np.arange(end - trajectory.rows, end))
        yield replace(
            rows,
            trajectories=(),
            kind=time_series.kind_of(trajectory.texts.get("platform", file.attributes.get("platform"))),
            attributes={**shared, **trajectory.texts},
            texts={**file.texts, **trajectory.texts, "trajectory": trajectory.name},
            # The reader counted the flaws of all rows, which the first mission reports.
            warnings=file.warnings if end == trajectory.rows else {},
        )


def digest_of(mission: Observations, file_sha256: str) -> str:
    """The digest that the version of the mission derives from: that of its rows for a continuous log, else the file's.

    The file of a continuous log grows, which must not make new versions of missions that are over.
    """
    return digest(mission) if mission.is_continuous else file_sha256


def cut(log: Observations, earliest_ms: int, latest_ms: int) -> list[Observations]:
    """The missions of the log in time order. Raises Refused when there is none.

    Rows are dropped without an accepted time, in the harbour, or in a trip that is too short; each is counted as a
    warning of the next mission, or of the last one.
    """
    timed = log.time_ms != NO_TIME
    accepted = timed & (log.time_ms >= earliest_ms) & (log.time_ms <= latest_ms)
    order = np.flatnonzero(accepted)
    order = order[np.argsort(log.time_ms[order], kind="stable")]
    moored = _in_harbour(log, order)
    at_sea = order[~moored]
    starts = np.flatnonzero(np.diff(log.time_ms[at_sea], prepend=np.iinfo(np.int64).min // 2) > GAP_MS)
    trips = np.split(at_sea, starts[1:]) if at_sea.size else []
    long = [rows for rows in trips if int(log.time_ms[rows[-1]] - log.time_ms[rows[0]]) >= SHORTEST_MS]
    short = [rows for rows in trips if int(log.time_ms[rows[-1]] - log.time_ms[rows[0]]) < SHORTEST_MS]
    dropped = {
        "time_missing": np.flatnonzero(~timed),
        "time_out_of_range": np.flatnonzero(timed & ~accepted),
        "rows_in_harbour": order[moored],
        "rows_of_short_trip": np.concatenate(short) if short else np.zeros(0, dtype=np.intp),
    }
    if not long:
        raise _no_deployment(log, dropped, len(short))
    starts_ms = log.time_ms[[rows[0] for rows in long]]
    counts = {code: _by_mission(log.time_ms[rows], starts_ms, latest_ms) for code, rows in dropped.items()}
    return [
        _mission(log, rows, {code: int(count[i]) for code, count in counts.items() if count[i]})
        for i, rows in enumerate(long)
    ]


def digest(mission: Observations) -> str:
    """The SHA-256 of the rows: equal for the same rows, whatever else the log holds."""
    sha256 = hashlib.sha256()
    arrays: Iterable[tuple[str, NDArray[Any]]] = (
        ("time", mission.time_ms),
        ("longitude", mission.lon_deg),
        ("latitude", mission.lat_deg),
        *((column.about.name, column.values) for column in mission.columns),
    )
    for name, values in arrays:
        sha256.update(f"{name}\n{values.dtype.str}\n{values.size}\n".encode())
        sha256.update(np.ascontiguousarray(values).tobytes())
    return sha256.hexdigest()


def _in_harbour(log: Observations, order: NDArray[np.intp]) -> Mask:
    """True for rows in the harbour; a row without a position counts as at the position before it."""
    lon, lat = wrapped(log.lon_deg[order]), log.lat_deg[order]
    west, south, east, north = HARBOUR
    usable = surface_fixes.usable(log.lon_deg[order], lat)
    with np.errstate(invalid="ignore"):
        inside = usable & (lon > west) & (lon < east) & (lat > south) & (lat < north)
    positioned = np.flatnonzero(usable)
    if positioned.size == 0:
        return inside
    latest = np.clip(np.searchsorted(positioned, np.arange(order.size), side="right") - 1, 0, None)
    at_latest: Mask = inside[positioned[latest]]
    return at_latest


def _by_mission(time_ms: Ints, starts_ms: Ints, latest_ms: int) -> Ints:
    """The number of dropped rows that each mission reports."""
    # A row without an accepted time belongs to the end.
    at_ms = np.where((time_ms == NO_TIME) | (time_ms > latest_ms), latest_ms, time_ms)
    following = np.clip(np.searchsorted(starts_ms, at_ms), 0, starts_ms.size - 1)
    return np.bincount(following, minlength=starts_ms.size).astype(np.int64)


def _mission(log: Observations, rows: NDArray[np.intp], dropped: dict[str, int]) -> Observations:
    start_at = from_ms(int(log.time_ms[rows[0]]))
    warnings = {**log.warnings, **dropped}
    if "payload_unpaired" in log.warnings:
        # The unpaired rows are the last ones of the log.
        warnings["payload_unpaired"] = int((rows >= log.time_ms.size - log.warnings["payload_unpaired"]).sum())
    return replace(
        log.at(rows),
        attributes={**log.attributes, "id": f"{log.attributes['platform_serial']}-{start_at:%Y%m%dT%H%M}"},
        warnings={code: count for code, count in warnings.items() if count},
    )


def _no_deployment(log: Observations, dropped: dict[str, NDArray[np.intp]], trips: int) -> Refused:
    if not (log.time_ms != NO_TIME).any():
        return Refused("no_time", "no row has a time", log.names["time"])
    if dropped["time_out_of_range"].size == int((log.time_ms != NO_TIME).sum()):
        return Refused(
            "time_out_of_range", "all times lie before the earliest accepted day or in the future", log.names["time"]
        )
    counts = [
        f"{dropped['rows_in_harbour'].size} rows in the harbour",
        f"{dropped['rows_of_short_trip'].size} in {trips} trips shorter than three days",
    ]
    return Refused("no_deployment", f"none of {log.time_ms.size} rows belongs to a mission: {', '.join(counts)}")
