"""The sea area of a position. Importers only: needs shapely."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from app.domain.records import Basin, BasinShare

Floats = NDArray[np.float64]


class BasinMap:
    """Basin polygons with a spatial index, queried with many positions at once."""

    def __init__(self, basins: Sequence[Basin]) -> None:
        self._basins = tuple(basins)
        self._polygons = np.array([shape(basin.geometry) for basin in basins], dtype=object)
        shapely.prepare(self._polygons)
        self._area = shapely.area(self._polygons) if len(basins) else np.zeros(0)
        self._tree = shapely.STRtree(self._polygons)

    def indexes(self, lon: Floats, lat: Floats) -> NDArray[np.intp]:
        """For each position the index of the smallest polygon that covers it, -1 for none. A boundary counts once."""
        smallest = np.full(lon.size, -1, dtype=np.intp)
        position, polygon = self._tree.query(shapely.points(lon, lat), predicate="intersects")
        # Assigned from the largest to the smallest, so the smallest wins; the order settles ties.
        order = np.lexsort((-polygon, -self._area[polygon]))
        smallest[position[order]] = polygon[order]
        return smallest

    def shares(self, lon: Floats, lat: Floats) -> tuple[BasinShare, ...]:
        """Shares by position (one a profile), largest first. Positions outside all polygons count in the whole."""
        counts = Counter(int(index) for index in self.indexes(lon, lat))
        counts.pop(-1, None)
        # Several polygons may share one id: they are one basin.
        by_id: dict[str, tuple[str, int]] = {}
        for index, count in counts.items():
            basin = self._basins[index]
            by_id[basin.id] = (basin.name, by_id.get(basin.id, ("", 0))[1] + count)
        ranked = sorted(by_id.items(), key=lambda item: (-item[1][1], item[0]))
        return tuple(BasinShare(basin_id, name, count / lon.size) for basin_id, (name, count) in ranked)
