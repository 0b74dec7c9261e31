"""The sections of a mission, computed from its stored samples as a stream."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np

from app.domain.records import Mission, Variable
from app.domain.sections import Cloud, Section
from app.domain.times import to_ms
from app.ingest.derive import (
    along_track,
    cloud_builder,
    depth_bins,
    seawater,
    section_record,
    section_variables,
    series_builder,
)
from app.ingest.derive.cloud_builder import CloudPairs
from app.ingest.derive.section_record import SampleDocument, Samples
from app.ingest.derive.time_columns import TimeColumns, time_columns


@dataclass(frozen=True, slots=True)
class Dive:
    """The fields of a stored profile that sections need."""

    number: int
    start_ms: int
    mid_ms: int
    max_depth_m: float
    # Mean of its valid positions, NaN without one.
    lon_deg: float = np.nan
    lat_deg: float = np.nan

    @classmethod
    def of(cls, doc: Mapping[str, Any]) -> Self:
        """The fields of a profile document. A position that needs an impossible speed is left out."""
        is_located = doc["lon_deg"] is not None and doc["lat_deg"] is not None and not doc.get("flagged")
        lon_deg, lat_deg = (doc["lon_deg"], doc["lat_deg"]) if is_located else (np.nan, np.nan)
        start_ms, mid_ms = to_ms(doc["start_at"]), to_ms(doc["mid_at"])
        return cls(doc["number"], start_ms, mid_ms, doc["max_depth_m"], lon_deg, lat_deg)


@dataclass(frozen=True, slots=True)
class Built:
    """The sections and the T-S diagram of one mission."""

    sections: list[Section]
    cloud: Cloud | None


@dataclass(frozen=True, slots=True)
class VariableSums:
    """The sums of one variable: of its good values, and of every value if some are flagged as bad."""

    good: depth_bins.Sums
    every: depth_bins.Sums | None

    def add(self, doc: SampleDocument, name: str, column: int, depth_m: depth_bins.Floats) -> None:
        """Add the samples of a sample document to a column."""
        values = section_record.column(doc, name)
        if values is None:
            return
        self.good.add(column, depth_m, values)
        if self.every is not None:
            self.every.add(column, depth_m, section_record.every_value(doc, name))

    def cells(self) -> tuple[depth_bins.Cells, dict[str, depth_bins.Floats]]:
        """The means of the good values; and `every`, the means of all values in the same rows, if some are flagged."""
        shape = (self.every or self.good).shape()
        good = self.good.means(*shape)
        if self.every is None or self.every.samples == self.good.samples:
            return good, {}
        return good, {"every": self.every.means(*shape).values}

    @property
    def flagged(self) -> int:
        """The number of values that are flagged as bad."""
        return self.every.samples - self.good.samples if self.every is not None else 0


def build(mission: Mission, dives: Sequence[Dive], samples: Samples, number: int, at: datetime) -> Built:
    """The sections of a mission with profiles, the series of one without; at most twelve, in the order of interest.

    Variables without a value are omitted. `number` is the latest known change, `at` the time of computation.
    """
    variables = section_variables.ordered(mission.variables)
    if not dives:
        return Built(series_builder.series(mission, variables, samples, number, at), None)
    return _sections(mission, variables, dives, samples, number, at)


def _sections(
    mission: Mission, variables: Sequence[Variable], dives: Sequence[Dive], samples: Samples, number: int, at: datetime
) -> Built:
    grid = time_columns(np.array([dive.mid_ms for dive in dives], dtype=np.int64))
    sums = _sums(mission, variables, dives, len(grid.count))
    pairs = cloud_builder.candidates(mission)
    _add_profiles(samples, dives, grid, sums, pairs)
    packed_columns, along_m = _packed_columns(grid, dives)
    sections: list[Section] = []
    for variable in variables:
        total = sums[variable.name]
        if total.good.samples:
            cells, with_flagged = total.cells()
            means = {"values": cells.values, **with_flagged}
            packed = {**packed_columns, **{name: section_record.packed(each, "f4") for name, each in means.items()}}
            section = section_record.section(mission, variable, len(sections), total.good.sampled, packed, number, at)
            sections.append(
                section(
                    kind="section",
                    span=(total.good.least, total.good.greatest),
                    samples=total.good.samples,
                    flagged=total.flagged,
                    along_m=along_m,
                    profiles=len(dives),
                    profiles_each=grid.each,
                    columns=len(grid.count),
                    rows=cells.values.shape[0],
                    bin_m=cells.bin_m,
                )
            )
    position = seawater.mean_position(np.array([d.lon_deg for d in dives]), np.array([d.lat_deg for d in dives]))
    return Built(sections, cloud_builder.cloud(mission, pairs, position, number, at))


def _sums(
    mission: Mission, variables: Sequence[Variable], dives: Sequence[Dive], columns: int
) -> dict[str, VariableSums]:
    deepest_m = max(dive.max_depth_m for dive in dives)
    stride = max(-(-mission.figures.samples // depth_bins.MOST_FOR_LIMITS), 1)
    flagged = section_variables.flagged(mission)

    def empty() -> depth_bins.Sums:
        return depth_bins.Sums(columns, deepest_m, stride)

    return {each.name: VariableSums(empty(), empty() if each.name in flagged else None) for each in variables}


def _add_profiles(
    samples: Samples,
    dives: Sequence[Dive],
    grid: TimeColumns,
    sums: Mapping[str, VariableSums],
    pairs: Sequence[CloudPairs],
) -> None:
    """Add the samples of each profile to the sums and the pairs."""
    index_of = _dive_lookup(dives)
    for doc in samples:
        index = index_of(doc)
        depth_m = None if index is None else section_record.column(doc, "depth")
        if index is None or depth_m is None:
            continue
        for name, total in sums.items():
            total.add(doc, name, int(grid.of_profile[index]), depth_m)
        for each in pairs:
            each.add(doc, depth_m)


def _packed_columns(grid: TimeColumns, dives: Sequence[Dive]) -> tuple[dict[str, Any], float | None]:
    """The stored times, places and numbers of the columns, and the length of the track."""
    numbers = np.array([dive.number for dive in dives], dtype=np.int64)
    times = {"from": grid.from_ms, "mid": grid.mid_ms, "to": grid.to_ms}
    places, along_m = along_track.packed_places(
        times,
        np.array([dive.mid_ms for dive in dives], dtype=np.int64),
        np.array([dive.lon_deg for dive in dives]),
        np.array([dive.lat_deg for dive in dives]),
    )
    packed = {
        **{f"{name}_ms": section_record.packed(at_ms, "i8") for name, at_ms in times.items()},
        **places,
        "profile": section_record.packed_numbers(numbers[grid.first]),
        "profiles": section_record.packed(grid.count, "i4"),
    }
    return packed, along_m


def _dive_lookup(dives: Sequence[Dive]) -> Callable[[Mapping[str, Any]], int | None]:
    """A function that returns the index of the profile of a sample document, None outside profiles.

    Numbers repeat: it is the last profile of that number that started before the sample.
    """
    starts: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, dive in enumerate(dives):
        starts[dive.number].append((dive.start_ms, index))
    for of_number in starts.values():
        of_number.sort()

    def index_of(doc: Mapping[str, Any]) -> int | None:
        of_number = starts.get(doc["number"], [])
        last = bisect_right(of_number, (to_ms(doc["start_at"]), len(dives))) - 1
        return of_number[last][1] if last >= 0 else None

    return index_of
