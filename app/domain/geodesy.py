"""Lengths, boxes and lines on the WGS 84 ellipsoid. Importers only: needs numpy, pyproj and shapely.

Longitudes and latitudes are degrees. Input longitudes may be any number; results lie in [-180, 180).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from app.domain.longitudes import wrapped
from app.domain.records import Bbox, LonLat

Floats = NDArray[np.float64]

_WGS84 = Geod(ellps="WGS84")


def step_lengths_m(lon: Floats, lat: Floats) -> Floats:
    """Geodesic lengths between neighbours, m: (n - 1,) for (n,) positions without NaN. Source: Karney 2013."""
    if lon.size < 2:
        return np.zeros(0)
    return np.asarray(_WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2], dtype=np.float64)


def group_means(lon: Floats, lat: Floats, group: NDArray[np.intp], groups: int) -> tuple[Floats, Floats]:
    """Mean longitude and latitude of each group, (groups,); NaN where a group has no position.

    lon, lat: (n,) without NaN; group: (n,) index of each position's group. Longitudes are unwrapped around the group's
    first one, so a mean over 180 degrees lies there and not at Greenwich.
    """
    reference = np.full(groups, np.nan)
    reference[group[::-1]] = lon[::-1]
    unwrapped = reference[group] + wrapped(lon - reference[group])
    count = np.bincount(group, minlength=groups)
    with np.errstate(invalid="ignore"):
        mean_lon = np.bincount(group, unwrapped, minlength=groups) / count
        mean_lat = np.bincount(group, lat, minlength=groups) / count
    return wrapped(mean_lon), mean_lat


def bbox_of(lon: Floats, lat: Floats) -> Bbox | None:
    """The smallest box around positions, None without any; west > east when it crosses 180. No NaN."""
    if lon.size == 0:
        return None
    longitudes = np.unique(wrapped(lon))
    west, east = float(longitudes[0]), float(longitudes[-1])
    if longitudes.size > 1:
        gaps = np.diff(longitudes)
        widest = int(np.argmax(gaps))
        # The box leaves out the widest empty arc: usually the one over 180, else it is the box that crosses 180.
        if gaps[widest] > 360.0 - (east - west):
            west, east = float(longitudes[widest + 1]), float(longitudes[widest])
    return west, float(lat.min()), east, float(lat.max())


def bbox_union(boxes: Iterable[Bbox | None]) -> Bbox | None:
    """The smallest box around boxes; None ones are left out, None without any."""
    present = [box for box in boxes if box is not None]
    if not present:
        return None
    arcs = sorted((west, east if east >= west else east + 360.0) for west, _, east, _ in present)
    merged: list[list[float]] = []
    for start, end in arcs:
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    # An arc across 180 may overlap the first arcs from the other side.
    while len(merged) > 1 and merged[-1][1] - 360.0 >= merged[0][0]:
        merged[-1][1] = max(merged[-1][1], merged[0][1] + 360.0)
        merged.pop(0)
    gaps = [
        (merged[i + 1][0] if i + 1 < len(merged) else merged[0][0] + 360.0) - merged[i][1] for i in range(len(merged))
    ]
    # On a tie the gap over 180 is left out: the box then does not cross it.
    widest = max(range(len(gaps)), key=lambda i: (gaps[i], i))
    west, east = merged[(widest + 1) % len(merged)][0], merged[widest][1]
    if max(gaps) <= 0:
        west, east = -180.0, 180.0
    elif east > 180.0:
        east -= 360.0
    return west, min(box[1] for box in present), east, max(box[3] for box in present)


def lines_split_at_180(points: Sequence[LonLat]) -> list[list[LonLat]]:
    """The track through `points` as lines that never cross 180 degrees (RFC 7946, 3.1.9).

    A crossing step is cut at 180 degrees at the linearly interpolated latitude; a single point gives one line of one
    point.
    """
    lines: list[list[LonLat]] = []
    for lon, lat in points:
        if not lines:
            lines.append([(lon, lat)])
            continue
        last_lon, last_lat = lines[-1][-1]
        if abs(lon - last_lon) > 180.0:
            edge = 180.0 if last_lon > 0 else -180.0
            reach = (lon + 2 * edge) - last_lon
            cut_lat = last_lat + (lat - last_lat) * ((edge - last_lon) / reach if reach else 0.0)
            if last_lon != edge:
                lines[-1].append((edge, cut_lat))
            lines.append([(-edge, cut_lat)])
            if lon == -edge:
                continue
        lines[-1].append((lon, lat))
    return lines


def simplified(line: Sequence[LonLat], tolerance_deg: float) -> list[LonLat]:
    """The line with fewer of its points, none of the others farther than `tolerance_deg` from it.

    Degrees of longitude are scaled to degrees of latitude first, so that the tolerance is equal in all directions.
    Source: Douglas and Peucker 1973, by GEOS.
    """
    if len(line) < 3:
        return list(line)
    lon, lat = np.asarray(line, dtype=np.float64).T
    x = lon * np.cos(np.radians(lat.mean()))
    # The third coordinate is the index, which GEOS keeps: the result has the given points, digit by digit.
    # GEOS divides by the square of a segment's length, which must not underflow to 0: 1e-12 degrees are 0.1 µm.
    indexed = shapely.linestrings(np.column_stack([x.round(12), lat.round(12), np.arange(lon.size)]))
    simple = shapely.simplify(indexed, tolerance_deg, preserve_topology=False)
    return [line[int(index)] for index in shapely.get_coordinates(simple, include_z=True)[:, 2]]
