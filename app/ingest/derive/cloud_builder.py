"""The T-S diagram of a mission: evenly thinned samples with salinity and temperature, and the density over its axes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from app.domain.records import LonLat, Mission
from app.domain.sections import Cloud
from app.ingest.derive import seawater, section_record, section_variables
from app.ingest.derive.depth_bins import Floats

# A browser draws this many without delay; evenly thinned points show the same water masses.
MOST_POINTS = 4000
# Values along each axis of the density grid. Linear interpolation between them is at most 0.003 kg m-3 off if the
# temperatures of a mission span 30 °C; a finer grid makes the response longer.
_DENSITY_GRID_SIZE = 41
# Margin of the density grid on each side, as a share of the range: visitors may enter wider axes.
_DENSITY_MARGIN = 0.2
# Also the margin around a constant, larger than that of any plot.
_LEAST_DENSITY_MARGIN = 0.5


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


@dataclass(slots=True)
class CloudPairs:
    """The pairs of a mission: the good ones, and those of which a value is flagged as bad."""

    names: tuple[str, str]
    good: Pairs = field(default_factory=Pairs)
    flagged: Pairs = field(default_factory=Pairs)

    def add(self, doc: section_record.SampleDocument, depth_m: Floats) -> None:
        """Add the samples of a sample document."""
        salinity, temperature = (section_record.column(doc, name) for name in self.names)
        if salinity is None or temperature is None:
            return
        self.good.add(doc["number"], salinity, temperature, depth_m)
        if any("flags" in doc["columns"][name] for name in self.names):
            is_good = np.isfinite(salinity) & np.isfinite(temperature)
            whole = (section_record.every_value(doc, name) for name in self.names)
            self.flagged.add(doc["number"], *(np.where(is_good, np.nan, values) for values in whole), depth_m)


def candidates(mission: Mission) -> list[CloudPairs]:
    """The pairs that the diagram can show, empty: those of adjusted values, if the mission has both, then raw ones."""
    raw = ("salinity", "temperature")
    best = [section_variables.best(name, mission.variables) for name in raw]
    is_adjusted = all(name.endswith(section_variables.ADJUSTED) for name in best)
    return [*([CloudPairs((best[0], best[1]))] if is_adjusted else []), CloudPairs(raw)]


def cloud(
    mission: Mission, candidates: Sequence[CloudPairs], position: LonLat | None, number: int, at: datetime
) -> Cloud | None:
    """The diagram of the first candidate with a good pair; None without any.

    `number` is the latest known change, `at` the time of computation.
    """
    for pairs in candidates:
        if pairs.good.selected is not None and pairs.good.selected.size:
            return _cloud(mission, pairs, pairs.good.selected, position, number, at)
    return None


def _cloud(
    mission: Mission, pairs: CloudPairs, selected: Floats, position: LonLat | None, number: int, at: datetime
) -> Cloud:
    salinity, temperature, depth_m, profile = selected
    units = {variable.name: variable.unit for variable in mission.variables}
    salinity_unit, temperature_unit = (units.get(name) for name in pairs.names)
    has_known_units = seawater.has_expected_units(salinity_unit, temperature_unit)
    density = _packed_density(salinity, temperature, position) if has_known_units else {}
    flagged_depth_m = pairs.flagged.selected[2] if pairs.flagged.selected is not None else np.empty(0)
    return Cloud(
        platform=mission.platform,
        mission=mission.mission,
        version=mission.version,
        pairs=pairs.good.seen,
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
            **_packed_flagged(pairs.flagged),
            **density,
        },
        lon_deg=position[0] if position else None,
        lat_deg=position[1] if position else None,
        flagged=pairs.flagged.seen,
        salinity_variable=pairs.names[0],
        temperature_variable=pairs.names[1],
        flagged_points=flagged_depth_m.size,
        depth_unknown=int(np.count_nonzero(np.isnan(depth_m))),
        flagged_depth_unknown=int(np.count_nonzero(np.isnan(flagged_depth_m))),
        has_density=bool(density),
    )


def _packed_flagged(pairs: Pairs) -> dict[str, Any]:
    if pairs.selected is None or not pairs.selected.size:
        return {}
    salinity, temperature, depth_m, profile = pairs.selected
    return {
        "flagged_salinity": section_record.packed(salinity, "f4"),
        "flagged_temperature": section_record.packed(temperature, "f4"),
        "flagged_depth_m": section_record.packed(depth_m, "f4"),
        "flagged_profile": section_record.packed_numbers(profile),
    }


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
