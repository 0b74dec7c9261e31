"""The sections of a mission, computed from its stored samples as a stream."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np

from app.domain.records import LonLat, Mission, Variable
from app.domain.sections import Cloud, Section
from app.domain.times import to_ms
from app.ingest.derive import depth_bins, seawater, section_record, section_variables, series_builder
from app.ingest.derive.depth_bins import Floats
from app.ingest.derive.section_record import Samples
from app.ingest.derive.time_columns import TimeColumns, time_columns

# A browser draws this many without delay; evenly thinned points show the same water masses.
MOST_POINTS = 4000
# Values along each axis of the density grid. Linear interpolation between them is at most 0.003 kg m-3 off if the
# temperatures of a mission span 30 °C; a finer grid makes the response longer.
_DENSITY_GRID_SIZE = 41
# Margin of the density grid on each side, as a share of the range: visitors may enter wider axes.
_DENSITY_MARGIN = 0.2
# Also the margin around a constant, larger than that of any plot.
_LEAST_DENSITY_MARGIN = 0.5


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


@dataclass(slots=True)
class Pairs:
    """Salinity and temperature of every `stride`-th sample that has both; `stride` grows, so that memory is bounded."""

    stride: int = 1
    seen: int = 0
    selected: Floats | None = None

    def add(self, number: int, *values: Floats) -> None:
        """Add a profile's samples: salinity, temperature, depth, (n,) each."""
        rows = np.stack((*values, np.full(values[0].size, float(number))))
        rows = rows[:, np.isfinite(rows[:2]).all(axis=0)]
        first = -self.seen % self.stride
        self.seen += rows.shape[1]
        thinned = rows[:, first :: self.stride]
        self.selected = thinned if self.selected is None else np.concatenate((self.selected, thinned), axis=1)
        while self.selected.shape[1] > MOST_POINTS:
            self.selected, self.stride = self.selected[:, ::2], self.stride * 2


@dataclass(frozen=True, slots=True)
class Built:
    """The sections and the T-S diagram of one mission."""

    sections: list[Section]
    cloud: Cloud | None


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
    deepest_m = max(dive.max_depth_m for dive in dives)
    stride = max(-(-mission.figures.samples // depth_bins.MOST_FOR_LIMITS), 1)
    sums = {v.name: depth_bins.Sums(len(grid.count), deepest_m, stride) for v in variables}
    pairs = Pairs()
    of_pairs = _names_of_pairs(mission)
    _add_profiles(samples, dives, grid, sums, pairs, of_pairs)
    sections: list[Section] = []
    for variable in variables:
        total = sums[variable.name]
        if total.samples:
            cells = total.cells()
            packed = {**_packed_columns(grid, dives), "values": section_record.packed(cells.values, "f4")}
            section = section_record.section(mission, variable, len(sections), total.sampled, packed, number, at)
            sections.append(
                section(
                    kind="section",
                    span=(total.least, total.greatest),
                    samples=total.samples,
                    profiles=len(dives),
                    profiles_each=grid.each,
                    columns=len(grid.count),
                    rows=cells.values.shape[0],
                    bin_m=cells.bin_m,
                )
            )
    position = seawater.mean_position(np.array([d.lon_deg for d in dives]), np.array([d.lat_deg for d in dives]))
    return Built(sections, _cloud(mission, pairs, position, number, at))


def _names_of_pairs(mission: Mission) -> tuple[str, str]:
    """The variables of the T-S diagram: salinity and temperature, both adjusted or both raw."""
    names = ("salinity", "temperature")
    best = [section_variables.best(name, mission.variables) for name in names]
    return (best[0], best[1]) if all(name.endswith(section_variables.ADJUSTED) for name in best) else names


def _add_profiles(
    samples: Samples,
    dives: Sequence[Dive],
    grid: TimeColumns,
    sums: Mapping[str, depth_bins.Sums],
    pairs: Pairs,
    of_pairs: tuple[str, str],
) -> None:
    """Add the samples of each profile to the sums and the pairs."""
    index_of = _dive_lookup(dives)
    for doc in samples:
        index = index_of(doc)
        depth_m = None if index is None else section_record.column(doc, "depth")
        if index is None or depth_m is None:
            continue
        values = {name: section_record.column(doc, name) for name in sums.keys() | {*of_pairs}}
        for name, total in sums.items():
            if (measured := values[name]) is not None:
                total.add(int(grid.of_profile[index]), depth_m, measured)
        salinity, temperature = (values[name] for name in of_pairs)
        if salinity is not None and temperature is not None:
            pairs.add(doc["number"], salinity, temperature, depth_m)


def _cloud(mission: Mission, pairs: Pairs, position: LonLat | None, number: int, at: datetime) -> Cloud | None:
    if pairs.selected is None or not pairs.selected.size:
        return None
    salinity, temperature, depth_m, profile = pairs.selected
    units = {variable.name: variable.unit for variable in mission.variables}
    salinity_unit, temperature_unit = (units.get(name) for name in _names_of_pairs(mission))
    has_density = seawater.has_expected_units(salinity_unit, temperature_unit)
    return Cloud(
        platform=mission.platform,
        mission=mission.mission,
        version=mission.version,
        pairs=pairs.seen,
        points=salinity.size,
        salinity_unit=salinity_unit,
        temperature_unit=temperature_unit,
        computed_at=at,
        number=number,
        packed={
            "salinity": section_record.packed(salinity, "f4"),
            "temperature": section_record.packed(temperature, "f4"),
            "depth_m": section_record.packed(depth_m, "f4"),
            "profile": section_record.packed_numbers(profile),
            **(_packed_density(salinity, temperature, position) if has_density else {}),
        },
        lon_deg=position[0] if position else None,
        lat_deg=position[1] if position else None,
    )


def _packed_density(salinity: Floats, temperature_c: Floats, position: LonLat | None) -> dict[str, Any]:
    ranges = _with_density_margin(salinity), _with_density_margin(temperature_c)
    grid = seawater.density_grid(*ranges, position, _DENSITY_GRID_SIZE)
    if grid is None:
        return {}
    return {
        "density_salinity": section_record.packed(grid.salinity, "f8"),
        "density_temperature": section_record.packed(grid.temperature_c, "f8"),
        "sigma0": section_record.packed(grid.sigma0, "f4"),
    }


def _with_density_margin(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = max(_DENSITY_MARGIN * (high - low), _LEAST_DENSITY_MARGIN)
    return low - margin, high + margin


def _packed_columns(grid: TimeColumns, dives: Sequence[Dive]) -> dict[str, Any]:
    numbers = np.array([dive.number for dive in dives], dtype=np.int64)
    return {
        "from_ms": section_record.packed(grid.from_ms, "i8"),
        "mid_ms": section_record.packed(grid.mid_ms, "i8"),
        "to_ms": section_record.packed(grid.to_ms, "i8"),
        "profile": section_record.packed_numbers(numbers[grid.first]),
        "profiles": section_record.packed(grid.count, "i4"),
    }


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
