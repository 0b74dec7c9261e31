"""Rows grouped by profile: the record of each profile, and the remainder of the file outside profiles."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import geodesy, profiles
from app.domain.mission_summary import Part, Remainder
from app.domain.records import Bbox, Direction
from app.ingest.formats.depth_correction import Depths
from app.ingest.formats.observations import Floats, Mask, Observations, left_out
from app.ingest.interpret import quality_control
from app.ingest.interpret.profile_positions import outliers, positions_of
from app.ingest.interpret.time_islands import Times

DIRECTIONS: dict[int, Direction | None] = {1: "down", -1: "up", 0: None}


class GroupedRows:
    """Distinct rows of observations, ordered by profile.

    `rows`: their indexes in the observations; `group`: index of the profile, -1 outside. All arrays but those of
    `observations` and `depths` are along `rows`. `depth_m` lacks the depths that a flag leaves out of figures.
    """

    def __init__(
        self,
        observations: Observations,
        positions: quality_control.Positions,
        depths: Depths,
        times: Times,
        rows: NDArray[np.intp],
        group: NDArray[np.intp],
        count: int,
    ) -> None:
        self.observations, self.group, self.count, self.rows = observations, group, count, rows
        self.depths = depths
        self.time_ms = observations.time_ms[rows]
        self._accepted = times.accepted[rows]
        self.lon_deg, self.lat_deg = positions.lon_deg[rows], positions.lat_deg[rows]
        self.valid = positions.valid[rows] & self._accepted
        self.depth_m, self.stored_depth_m = depths.good_m[rows], depths.depth_m[rows]
        with np.errstate(invalid="ignore"):
            negative = self.depth_m < 0
        outlying = np.zeros(self.rows.size, dtype=bool)
        placed = np.flatnonzero(self.valid & (group >= 0))
        outlying[placed] = outliers(self.lon_deg[placed], self.lat_deg[placed], group[placed])
        self._flaws: dict[str, Mask] = {
            "depth_negative": negative,
            "depth_flagged": depths.flagged[rows],
            "depth_invalid": depths.invalid[rows],
            "depth_from_pressure": depths.from_pressure[rows],
            "position_flagged": positions.flagged[rows],
            "position_missing": positions.missing[rows],
            "position_invalid": positions.invalid[rows],
            "position_zero": positions.zero[rows],
            "position_outlier": outlying,
            "time_flagged": times.flagged[rows],
            "time_out_of_range": times.out_of_range[rows],
            "time_before_deployment": times.before_deployment[rows],
            "value_flagged": _value_flagged(observations)[rows],
        }

    def parts(self) -> tuple[Part, ...]:
        """A record of each profile, in the order of their first samples."""
        if self.count == 0:
            return ()
        inside = self.group >= 0
        group = self.group[inside]
        starts = np.searchsorted(group, np.arange(self.count))
        ends = np.append(starts[1:], group.size) - 1
        time_ms = self.time_ms[inside]
        number = profiles.numbers_of(self.observations.number[self.rows[inside][starts]])
        depth = np.where(np.isfinite(self.depth_m[inside]), self.depth_m[inside], 0.0)
        deepest = np.maximum.reduceat(np.maximum(depth, 0.0), starts)
        samples = np.add.reduceat(self.observations.weight[self.rows[inside]], starts)
        lon, lat, boxes = self._positions(inside, group)
        # Lists, because a numpy scalar takes ten times as long as an element of a list.
        values = (number, time_ms[starts], time_ms[ends], lon, lat, deepest, samples)
        rows = zip(*(array.tolist() for array in values), boxes, self._warnings(inside, group), strict=True)
        return tuple(
            Part(
                number=number,
                start_ms=start_ms,
                mid_ms=(start_ms + end_ms) // 2,
                end_ms=end_ms,
                # NaN is not equal to itself.
                lon_deg=lon_deg if lon_deg == lon_deg else None,
                lat_deg=lat_deg if lat_deg == lat_deg else None,
                max_depth_m=depth_m,
                samples=count,
                bbox=box,
                warnings=warnings,
            )
            for number, start_ms, end_ms, lon_deg, lat_deg, depth_m, count, box, warnings in rows
        )

    def _warnings(self, inside: Mask, group: NDArray[np.intp]) -> list[dict[str, int]]:
        """The number of flawed samples of each profile by kind of flaw, without zeros."""
        warnings: list[dict[str, int]] = [{} for _ in range(self.count)]
        for code, mask in self._flaws.items():
            owners, counts = np.unique(group[mask[inside]], return_counts=True)
            for owner, count in zip(owners.tolist(), counts.tolist(), strict=True):
                warnings[owner][code] = count
        return warnings

    def _positions(self, inside: Mask, group: NDArray[np.intp]) -> tuple[Floats, Floats, list[Bbox | None]]:
        valid = self.valid[inside]
        return positions_of(self.lon_deg[inside][valid], self.lat_deg[inside][valid], group[valid], self.count)

    def remainder(self, file_warnings: Counter[str]) -> Remainder:
        """The samples outside profiles, and the warnings that concern the file as a whole."""
        outside = self.group < 0
        counts = Counter({code: int((mask & outside).sum()) for code, mask in self._flaws.items()})
        counts.update(file_warnings)
        accepted = outside & self._accepted
        time_ms = self.time_ms[accepted]
        depth = self.depth_m[accepted & np.isfinite(self.depth_m)]
        valid = outside & self.valid
        duplicates = file_warnings["duplicate_rows"]
        return Remainder(
            # Samples include the dropped duplicates, which belong to the file and not to a profile.
            samples=int(self.observations.weight[self.rows[outside]].sum()) + duplicates,
            start_ms=int(time_ms.min()) if time_ms.size else None,
            end_ms=int(time_ms.max()) if time_ms.size else None,
            max_depth_m=float(max(depth.max(), 0.0)) if depth.size else None,
            bbox=geodesy.bbox_of(self.lon_deg[valid], self.lat_deg[valid]),
            warnings={code: count for code, count in counts.items() if count},
        )

    def directions(self) -> tuple[Direction | None, ...]:
        """Down or up for each profile, None where its depths show neither."""
        signs = profiles.directions(self.depth_m, self.group, self.count)
        return tuple(DIRECTIONS[int(sign)] for sign in signs)


def _value_flagged(observations: Observations) -> Mask:
    """True for rows with a measurement that a flag leaves out of figures."""
    flagged = np.zeros(observations.time_ms.size, dtype=bool)
    for column in observations.columns:
        if column.flags is not None:
            flagged |= left_out(column.flags, flagged.size) & np.isfinite(column.values)
    return flagged


def stable_order(values: NDArray[Any]) -> NDArray[np.intp]:
    """The indexes that sort the values, equal ones in their order; most files are in the order of time already."""
    if bool((values[1:] >= values[:-1]).all()):
        return np.arange(values.size, dtype=np.intp)
    return np.argsort(values, kind="stable")
