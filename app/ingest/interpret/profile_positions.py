"""The position and the box of each profile from the valid positions of its samples, without outliers."""

import numpy as np
from numpy.typing import NDArray

from app.domain import geodesy
from app.domain.longitudes import wrapped
from app.domain.records import Bbox
from app.ingest.formats.observations import Floats, Mask

# A sample is an outlier if it is farther from the median position of its profile than 10 km and five times the median
# of these distances. While a glider moves steadily, no sample is farther than twice that median; a fix corrects a
# dead-reckoned position by some kilometres at most.
_OUTLIER_M, _OUTLIER_MEDIANS = 10_000.0, 5.0
_M_PER_DEGREE = 111_195.0


def outliers(lon: Floats, lat: Floats, owner: NDArray[np.intp]) -> Mask:
    """True for positions far from the others of their profile. lon, lat: (n,) valid ones, owner: (n,) their profiles.

    Distances are those of a plane at the median latitude, precise enough for a threshold. A profile with fewer than
    three positions has no majority, hence no outlier.
    """
    if not owner.size:
        return np.zeros(0, dtype=bool)
    starts = np.flatnonzero(np.concatenate(([True], np.diff(owner) != 0)))
    sizes = np.diff(np.append(starts, owner.size))
    of_group = np.repeat(np.arange(starts.size), sizes)
    # Degrees east of the first position do not jump at 180.
    east = wrapped(lon - lon[starts][of_group])
    is_wide = np.hypot(_extents(east, starts), _extents(lat, starts)) * _M_PER_DEGREE > _OUTLIER_M
    if not is_wide.all():
        # Most profiles are small: only the others need sorting.
        some = is_wide[of_group]
        result = np.zeros(owner.size, dtype=bool)
        result[some] = outliers(lon[some], lat[some], owner[some])
        return result
    middle_east, middle_lat = (_medians(values, of_group, starts, sizes) for values in (east, lat))
    dx = wrapped(east - middle_east[of_group]) * np.cos(np.radians(middle_lat))[of_group]
    apart_m = np.hypot(dx, lat - middle_lat[of_group]) * _M_PER_DEGREE
    typical_m = _medians(apart_m, of_group, starts, sizes)
    limit_m = np.where(sizes < 3, np.inf, _OUTLIER_M + _OUTLIER_MEDIANS * typical_m)
    far: Mask = apart_m > limit_m[of_group]
    return far


def positions_of(
    lon: Floats, lat: Floats, owner: NDArray[np.intp], count: int
) -> tuple[Floats, Floats, list[Bbox | None]]:
    """Mean longitude and latitude of each of `count` profiles, NaN without a position, and their boxes.

    lon, lat: (n,) valid positions, owner: (n,) their profiles in order. Outliers are set aside.
    """
    usable = ~outliers(lon, lat, owner)
    lon, lat, owner = lon[usable], lat[usable], owner[usable]
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


def _medians(values: Floats, of_group: NDArray[np.intp], starts: NDArray[np.intp], sizes: NDArray[np.intp]) -> Floats:
    """The median of each group: (groups,) for (n,) values whose groups are contiguous."""
    ordered = values[np.lexsort((values, of_group))]
    medians: Floats = (ordered[starts + (sizes - 1) // 2] + ordered[starts + sizes // 2]) / 2
    return medians


def _extents(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """The difference between the largest and the smallest value of each group."""
    extents: Floats = np.maximum.reduceat(values, starts) - np.minimum.reduceat(values, starts)
    return extents
