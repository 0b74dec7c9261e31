"""Rows grouped by profile: the record of each profile, and the remainder of the file outside profiles."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from app.domain import geodesy, profiles
from app.domain.longitudes import wrapped
from app.domain.mission_summary import Part, Remainder
from app.domain.records import Bbox, Direction
from app.ingest.formats.depth_correction import Depths
from app.ingest.formats.observations import Floats, Mask, Observations
from app.ingest.interpret import quality_control

DIRECTIONS: dict[int, Direction | None] = {1: "down", -1: "up", 0: None}


class GroupedRows:
    """Distinct rows of observations, ordered by profile.

    `rows`: their indexes in the observations; `group`: index of the profile, -1 outside. All arrays but those of
    `observations` and `depths` are along `rows`.
    """

    def __init__(
        self,
        observations: Observations,
        positions: quality_control.Positions,
        depths: Depths,
        accepted: Mask,
        rows: NDArray[np.intp],
        group: NDArray[np.intp],
        count: int,
    ) -> None:
        self.observations, self.group, self.count, self.rows = observations, group, count, rows
        self.depths = depths
        self.time_ms = observations.time_ms[rows]
        self._accepted = accepted[rows]
        self.lon_deg, self.lat_deg = positions.lon_deg[rows], positions.lat_deg[rows]
        self.valid = positions.valid[rows] & self._accepted
        self.depth_m = depths.depth_m[rows]
        with np.errstate(invalid="ignore"):
            negative = self.depth_m < 0
        self._flaws: dict[str, Mask] = {
            "depth_negative": negative,
            "depth_invalid": depths.invalid[rows],
            "depth_from_pressure": depths.from_pressure[rows],
            "position_missing": positions.missing[rows],
            "position_invalid": positions.invalid[rows],
            "position_zero": positions.zero[rows],
            "time_out_of_range": ~self._accepted,
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


def positions_of(
    lon: Floats, lat: Floats, owner: NDArray[np.intp], count: int
) -> tuple[Floats, Floats, list[Bbox | None]]:
    """Mean longitude and latitude of each of `count` profiles, NaN without a position, and their boxes.

    lon, lat: (n,) valid positions, owner: (n,) their profiles in order.
    """
    mean_lon, mean_lat = geodesy.group_means(lon, lat, owner, count)
    owners, starts = np.unique(owner, return_index=True)
    boxes: list[Bbox | None] = [None] * count
    if owners.size:
        # Degrees east of the group's mean do not jump at 180; without a jump, the file's values stay unchanged.
        shift = wrapped(lon - mean_lon[owner])
        lowest, highest = np.minimum.reduceat(lon, starts), np.maximum.reduceat(lon, starts)
        west = wrapped(mean_lon[owners] + np.minimum.reduceat(shift, starts))
        east = wrapped(mean_lon[owners] + np.maximum.reduceat(shift, starts))
        plain = highest - lowest <= 180
        west, east = np.where(plain, lowest, west), np.where(plain, highest, east)
        south, north = np.minimum.reduceat(lat, starts), np.maximum.reduceat(lat, starts)
        edges = zip(owners.tolist(), west.tolist(), south.tolist(), east.tolist(), north.tolist(), strict=True)
        for i, *box in edges:
            boxes[i] = (box[0], box[1], box[2], box[3])
    return mean_lon, mean_lat, boxes
