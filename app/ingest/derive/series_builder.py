"""The series of a mission without profiles: means and envelopes of each variable over intervals of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from app.domain import columns
from app.domain.records import Mission, Variable
from app.domain.sections import Section
from app.domain.times import to_ms
from app.ingest.derive import depth_bins, section_record
from app.ingest.derive.depth_bins import Floats
from app.ingest.derive.section_record import Samples
from app.ingest.derive.time_columns import MOST_COLUMNS


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
        """Add samples, (n,) each; every `stride`-th serves for the colour limits."""
        intervals = self.total.size
        self.sampled.append(values[-int(self.count.sum()) % stride :: stride].astype(np.float32))
        self.total += np.bincount(interval, values, minlength=intervals)
        self.count += np.bincount(interval, minlength=intervals)
        np.minimum.at(self.low, interval, values)
        np.maximum.at(self.high, interval, values)


def series(
    mission: Mission, variables: Sequence[Variable], samples: Samples, number: int, at: datetime
) -> list[Section]:
    """The series of the variables with a value. `number` is the latest known change, `at` the computation time."""
    edges = _interval_edges(mission)
    stride = max(-(-mission.figures.samples // depth_bins.MOST_FOR_LIMITS), 1)
    intervals = edges.size - 1
    sums = {variable.name: SeriesSums.empty(intervals) for variable in variables}
    for doc in samples:
        time_ms = np.asarray(columns.good_values(doc["columns"]["time"]))
        interval = np.searchsorted(edges, time_ms, side="right") - 1
        interval[time_ms == edges[-1]] = intervals - 1
        for name, total in sums.items():
            values = section_record.column(doc, name)
            if values is not None:
                good = np.isfinite(values) & (interval >= 0) & (interval < intervals)
                total.add(interval[good], values[good], stride)
    sections: list[Section] = []
    for variable in variables:
        total = sums[variable.name]
        if total.count.any():
            packed = _packed_series(edges, total)
            section = section_record.section(mission, variable, len(sections), total.sampled, packed, number, at)
            sections.append(
                section(
                    kind="series",
                    span=(float(total.low.min()), float(total.high.max())),
                    samples=int(total.count.sum()),
                    profiles=0,
                    profiles_each=0,
                    columns=intervals,
                    rows=1,
                    bin_m=0.0,
                )
            )
    return sections


def _interval_edges(mission: Mission) -> NDArray[np.int64]:
    start_ms, end_ms = to_ms(mission.figures.start_at), to_ms(mission.figures.end_at)
    # Never finer than the samples: intervals between them would be empty.
    intervals = int(np.clip(mission.figures.samples // 4, 1, MOST_COLUMNS))
    return np.linspace(start_ms, max(end_ms, start_ms + 60_000), intervals + 1).astype(np.int64)


def _packed_series(edges: NDArray[np.int64], total: SeriesSums) -> dict[str, Any]:
    filled = total.count > 0
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = total.total / total.count
    return {
        "from_ms": section_record.packed(edges[:-1], "i8"),
        "mid_ms": section_record.packed(edges[:-1] + np.diff(edges) // 2, "i8"),
        "to_ms": section_record.packed(edges[1:], "i8"),
        "values": section_record.packed(mean, "f4"),
        "low": section_record.packed(np.where(filled, total.low, np.nan), "f4"),
        "high": section_record.packed(np.where(filled, total.high, np.nan), "f4"),
    }
