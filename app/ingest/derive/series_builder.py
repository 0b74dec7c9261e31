"""The series of a mission without profiles: means and envelopes of each variable over intervals of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from app.domain import columns
from app.domain.records import SURFACE_KINDS, Mission, Variable
from app.domain.sections import Section
from app.domain.times import to_ms
from app.ingest.derive import along_track, depth_bins, section_record, section_variables
from app.ingest.derive.depth_bins import Floats
from app.ingest.derive.section_record import SampleDocument, Samples
from app.ingest.derive.time_columns import MOST_COLUMNS
from app.ingest.interpret import surface_track


@dataclass(slots=True)
class SeriesSums:
    """Running sums of one variable by intervals of time: sum, count, least and greatest, (intervals,) each."""

    total: Floats
    count: NDArray[np.int64]
    low: Floats
    high: Floats
    sampled: list[NDArray[np.float32]]

    @classmethod
    def empty(cls, intervals: int) -> Self:
        """Sums without any sample."""
        inf = np.full(intervals, np.inf)
        return cls(np.zeros(intervals), np.zeros(intervals, dtype=np.int64), inf, -inf, [])

    def add(self, interval: NDArray[np.intp], values: Floats, stride: int) -> None:
        """Add samples, (n,) each, that have a value and lie in an interval; every `stride`-th for the colour limits."""
        intervals = self.total.size
        good = np.isfinite(values) & (interval >= 0) & (interval < intervals)
        interval, values = interval[good], values[good]
        self.sampled.append(values[-int(self.count.sum()) % stride :: stride].astype(np.float32))
        self.total += np.bincount(interval, values, minlength=intervals)
        self.count += np.bincount(interval, minlength=intervals)
        np.minimum.at(self.low, interval, values)
        np.maximum.at(self.high, interval, values)

    def packed(self, is_every: bool = False) -> dict[str, Any]:
        """The stored means and envelopes, NaN in empty intervals; `is_every`: of all values, flagged ones too."""
        filled = self.count > 0
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = self.total / self.count
        means = {
            "every" if is_every else "values": mean,
            "every_low" if is_every else "low": np.where(filled, self.low, np.nan),
            "every_high" if is_every else "high": np.where(filled, self.high, np.nan),
        }
        return {name: section_record.packed(values, "f4") for name, values in means.items()}


def series(
    mission: Mission, variables: Sequence[Variable], samples: Samples, number: int, at: datetime
) -> list[Section]:
    """The series of the variables with a value. `number` is the latest known change, `at` the computation time."""
    edges = _interval_edges(mission)
    intervals = edges.size - 1
    good = {variable.name: SeriesSums.empty(intervals) for variable in variables}
    flagged = section_variables.flagged(mission)
    every = {name: SeriesSums.empty(intervals) for name in good if name in flagged}
    positions = _add_samples(mission, samples, edges, good, every)
    packed_columns, along_m = _packed_columns(mission, edges, positions)
    sections: list[Section] = []
    for variable in variables:
        total, whole = good[variable.name], every.get(variable.name)
        if total.count.any():
            flagged_values = int(whole.count.sum() - total.count.sum()) if whole else 0
            of_every = whole.packed(is_every=True) if whole and flagged_values else {}
            packed = {**packed_columns, **total.packed(), **of_every}
            section = section_record.section(mission, variable, len(sections), total.sampled, packed, number, at)
            sections.append(
                section(
                    kind="series",
                    span=(float(total.low.min()), float(total.high.max())),
                    samples=int(total.count.sum()),
                    flagged=flagged_values,
                    along_m=along_m,
                    profiles=0,
                    profiles_each=0,
                    columns=intervals,
                    rows=1,
                    bin_m=0.0,
                )
            )
    return sections


def _add_samples(
    mission: Mission,
    samples: Samples,
    edges: NDArray[np.int64],
    good: Mapping[str, SeriesSums],
    every: Mapping[str, SeriesSums],
) -> list[SampleDocument]:
    """Add all samples to the sums; returns the documents with nothing but their times and positions."""
    intervals = edges.size - 1
    stride = max(-(-mission.figures.samples // depth_bins.MOST_FOR_LIMITS), 1)
    positions: list[SampleDocument] = []
    for doc in samples:
        time_ms = np.asarray(columns.good_values(doc["columns"]["time"]))
        interval = np.searchsorted(edges, time_ms, side="right") - 1
        interval[time_ms == edges[-1]] = intervals - 1
        for name, total in good.items():
            values = section_record.column(doc, name)
            if values is not None:
                total.add(interval, values, stride)
                if name in every:
                    every[name].add(interval, section_record.every_value(doc, name), stride)
        kept = {name: doc["columns"].get(name) for name in ("time", "longitude", "latitude")}
        if all(kept.values()):
            positions.append({"columns": kept})
    return positions


def _packed_columns(
    mission: Mission, edges: NDArray[np.int64], positions: Sequence[SampleDocument]
) -> tuple[dict[str, Any], float | None]:
    """The stored times and places of the columns, and the length of the track of a vessel at the surface."""
    times = {"from": edges[:-1], "mid": edges[:-1] + np.diff(edges) // 2, "to": edges[1:]}
    packed = {f"{name}_ms": section_record.packed(at_ms, "i8") for name, at_ms in times.items()}
    if mission.kind not in SURFACE_KINDS or not positions:
        return packed, None
    span = {"figures": {"start_at": mission.figures.start_at, "end_at": mission.figures.end_at}}
    fixes = surface_track.fixes_of(positions, span)
    accepted = ~fixes.flagged
    places, along_m = along_track.packed_places(
        times, fixes.time_ms[accepted], fixes.lon_deg[accepted], fixes.lat_deg[accepted]
    )
    return {**packed, **places}, along_m


def _interval_edges(mission: Mission) -> NDArray[np.int64]:
    start_ms, end_ms = to_ms(mission.figures.start_at), to_ms(mission.figures.end_at)
    # Never finer than the samples: intervals between them would be empty.
    intervals = int(np.clip(mission.figures.samples // 4, 1, MOST_COLUMNS))
    return np.linspace(start_ms, max(end_ms, start_ms + 60_000), intervals + 1).astype(np.int64)
