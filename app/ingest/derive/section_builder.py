"""The sections of a mission, made from its stored samples as they stream by."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns
from app.domain.records import Mission, Variable
from app.domain.sections import Cloud, Section
from app.domain.times import to_ms
from app.ingest.derive import depth_bins, section_variables
from app.ingest.derive.depth_bins import Floats
from app.ingest.derive.time_columns import MOST_COLUMNS, Slots, slots

# More than a browser draws without effort; thinned evenly it shows the same water masses.
MOST_POINTS = 4000
Samples = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Dive:
    """What of a stored profile is needed here."""

    number: int
    start_ms: int
    mid_ms: int
    max_depth_m: float


@dataclass(slots=True)
class Pairs:
    """Salinity and temperature of every `stride`-th sample that has both, never many more than are kept."""

    stride: int = 1
    seen: int = 0
    kept: Floats | None = None

    def add(self, number: int, *values: Floats) -> None:
        """Adds a profile's samples: salinity, temperature, depth, (n,) each."""
        found = np.stack((*values, np.full(values[0].size, float(number))))
        found = found[:, np.isfinite(found[:2]).all(axis=0)]
        first = -self.seen % self.stride
        self.seen += found.shape[1]
        taken = found[:, first :: self.stride]
        self.kept = taken if self.kept is None else np.concatenate((self.kept, taken), axis=1)
        while self.kept.shape[1] > MOST_POINTS:
            self.kept, self.stride = self.kept[:, ::2], self.stride * 2


@dataclass(frozen=True, slots=True)
class Made:
    """All that is derived here of one mission."""

    sections: list[Section]
    cloud: Cloud | None


def made(mission: Mission, dives: Sequence[Dive], samples: Samples, number: int, at: datetime) -> Made:
    """The sections of a mission with profiles, the series of one without; at most twelve, in the order of interest.

    Variables without a value have none. `number` is the change that is known, `at` the time of making.
    """
    wanted = section_variables.ordered(mission.variables)
    if not dives:
        return Made(_series(mission, wanted, samples, number, at), None)
    return _sections(mission, wanted, dives, samples, number, at)


def _sections(
    mission: Mission, wanted: Sequence[Variable], dives: Sequence[Dive], samples: Samples, number: int, at: datetime
) -> Made:
    grid = slots(np.array([dive.mid_ms for dive in dives], dtype=np.int64))
    deepest_m = max(dive.max_depth_m for dive in dives)
    stride = max(-(-mission.figures.samples // depth_bins.MOST_FOR_LIMITS), 1)
    sums = {v.name: depth_bins.Sums(len(grid.count), deepest_m, stride) for v in wanted}
    pairs, found = Pairs(), _finder(dives)
    for doc in samples:
        dive = found(doc)
        if dive is None:
            continue
        depth_m = _column(doc, "depth")
        if depth_m is None:
            continue
        values = {name: _column(doc, name) for name in sums.keys() | {"salinity", "temperature"}}
        for name, total in sums.items():
            if (measured := values[name]) is not None:
                total.add(int(grid.of_profile[dive]), depth_m, measured)
        salinity, temperature = values["salinity"], values["temperature"]
        if salinity is not None and temperature is not None:
            pairs.add(doc["number"], salinity, temperature, depth_m)
    sections: list[Section] = []
    for variable in wanted:
        total = sums[variable.name]
        if total.samples:
            cells = total.cells()
            packed = {**_time_columns(grid, dives), "values": _packed(cells.values, "f4")}
            section = _section(mission, variable, len(sections), total.kept, packed, number, at)
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
    return Made(sections, _cloud(mission, pairs, number, at))


def _series(mission: Mission, wanted: Sequence[Variable], samples: Samples, number: int, at: datetime) -> list[Section]:
    start_ms, end_ms = to_ms(mission.figures.start_at), to_ms(mission.figures.end_at)
    # Never finer than the samples: between them there is nothing.
    many = int(np.clip(mission.figures.samples // 4, 1, MOST_COLUMNS))
    edges = np.linspace(start_ms, max(end_ms, start_ms + 60_000), many + 1).astype(np.int64)
    stride = max(-(-mission.figures.samples // depth_bins.MOST_FOR_LIMITS), 1)
    total: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(many))
    count: defaultdict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(many, dtype=np.int64))
    low: defaultdict[str, Floats] = defaultdict(lambda: np.full(many, np.inf))
    high: defaultdict[str, Floats] = defaultdict(lambda: np.full(many, -np.inf))
    kept: defaultdict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for doc in samples:
        time_ms = columns.decoded(doc["columns"]["time"]["data"], "i8")
        slot = np.searchsorted(edges, np.asarray(time_ms), side="right") - 1
        slot[np.asarray(time_ms) == edges[-1]] = many - 1
        for variable in wanted:
            values = _column(doc, variable.name)
            if values is None:
                continue
            good = np.isfinite(values) & (slot >= 0) & (slot < many)
            where, what, name = slot[good], values[good], variable.name
            kept[name].append(what[-int(count[name].sum()) % stride :: stride].astype(np.float32))
            total[name] += np.bincount(where, what, minlength=many)
            count[name] += np.bincount(where, minlength=many)
            np.minimum.at(low[name], where, what)
            np.maximum.at(high[name], where, what)
    sections: list[Section] = []
    for variable in wanted:
        name = variable.name
        if not count[name].any():
            continue
        filled = count[name] > 0
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = total[name] / count[name]
        packed = {
            "from_ms": _packed(edges[:-1], "i8"),
            "mid_ms": _packed(edges[:-1] + np.diff(edges) // 2, "i8"),
            "to_ms": _packed(edges[1:], "i8"),
            "values": _packed(mean, "f4"),
            "low": _packed(np.where(filled, low[name], np.nan), "f4"),
            "high": _packed(np.where(filled, high[name], np.nan), "f4"),
        }
        section = _section(mission, variable, len(sections), kept[name], packed, number, at)
        sections.append(
            section(
                kind="series",
                span=(float(low[name].min()), float(high[name].max())),
                samples=int(count[name].sum()),
                profiles=0,
                profiles_each=0,
                columns=many,
                rows=1,
                bin_m=0.0,
            )
        )
    return sections


def _section(
    mission: Mission,
    variable: Variable,
    place: int,
    kept: Sequence[NDArray[np.float32]],
    packed: Mapping[str, Any],
    number: int,
    at: datetime,
) -> Callable[..., Section]:
    colour_map = section_variables.colour_map(variable)
    limits = depth_bins.limits(kept, centred=colour_map == "balance")

    def filled(**rest: Any) -> Section:
        return Section(
            platform=mission.platform,
            mission=mission.mission,
            version=mission.version,
            variable=variable.name,
            place=place,
            unit=variable.unit,
            standard_name=variable.standard_name,
            long_name=variable.long_name,
            colour_map=colour_map,
            limits=limits,
            decimals=depth_bins.decimals(*limits),
            start_at=mission.figures.start_at,
            end_at=mission.figures.end_at,
            computed_at=at,
            number=number,
            packed=dict(packed),
            **rest,
        )

    return filled


def _cloud(mission: Mission, pairs: Pairs, number: int, at: datetime) -> Cloud | None:
    if pairs.kept is None or not pairs.kept.size:
        return None
    salinity, temperature, depth_m, profile = pairs.kept
    units = {variable.name: variable.unit for variable in mission.variables}
    return Cloud(
        platform=mission.platform,
        mission=mission.mission,
        version=mission.version,
        pairs=pairs.seen,
        points=salinity.size,
        salinity_unit=units.get("salinity"),
        temperature_unit=units.get("temperature"),
        computed_at=at,
        number=number,
        packed={
            "salinity": _packed(salinity, "f4"),
            "temperature": _packed(temperature, "f4"),
            "depth_m": _packed(depth_m, "f4"),
            "profile": _packed(profile, "i4"),
        },
    )


def _time_columns(grid: Slots, dives: Sequence[Dive]) -> dict[str, Any]:
    numbers = np.array([dive.number for dive in dives], dtype=np.int64)
    return {
        "from_ms": _packed(grid.from_ms, "i8"),
        "mid_ms": _packed(grid.mid_ms, "i8"),
        "to_ms": _packed(grid.to_ms, "i8"),
        "profile": _packed(numbers[grid.first], "i4"),
        "profiles": _packed(grid.count, "i4"),
    }


def _finder(dives: Sequence[Dive]) -> Callable[[Mapping[str, Any]], int | None]:
    """Which profile a sample document belongs to: the last of its number that had begun; None outside profiles."""
    begun: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, dive in enumerate(dives):
        begun[dive.number].append((dive.start_ms, place))
    for same in begun.values():
        same.sort()

    def found(doc: Mapping[str, Any]) -> int | None:
        same = begun.get(doc["number"], [])
        place = bisect_right(same, (to_ms(doc["start_at"]), len(dives))) - 1
        return same[place][1] if place >= 0 else None

    return found


def _column(doc: Mapping[str, Any], name: str) -> Floats | None:
    column = doc["columns"].get(name)
    if column is None:
        return None
    return np.asarray(columns.decoded(column["data"], column["dtype"]), dtype=np.float64)


def _packed(values: NDArray[Any], dtype: columns.Dtype) -> dict[str, Any]:
    return {"dtype": dtype, "data": columns.encoded(np.ascontiguousarray(values), dtype)}
