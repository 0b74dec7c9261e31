"""The sea area of a position. Importers only: needs shapely."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from app.domain import basin_tree
from app.domain.basin_tree import Basin, BasinShare

Floats = NDArray[np.float64]


class BasinMap:
    """Basin polygons with a spatial index, queried with many positions at once."""

    def __init__(self, basins: Sequence[Basin]) -> None:
        self._basins = tuple(basins)
        self._polygons = np.array([shape(basin.geometry) for basin in basins], dtype=object)
        shapely.prepare(self._polygons)
        self._area = shapely.area(self._polygons) if len(basins) else np.zeros(0)
        self._index = shapely.STRtree(self._polygons)
        self._tree = basin_tree.tree(basins)
        above = [len(basin_tree.containing(basin.id, self._tree)) for basin in basins]
        self._depth = np.array(above, dtype=np.intp)

    def indexes(self, lon: Floats, lat: Floats) -> NDArray[np.intp]:
        """For each position the index of the smallest polygon that covers it, -1 for none. A boundary counts once."""
        smallest = np.full(lon.size, -1, dtype=np.intp)
        position, polygon = self._index.query(shapely.points(lon, lat), predicate="intersects")
        # Assigned from the largest to the smallest, so the smallest wins. Of equal ones a part wins against the basin
        # that contains it; the order settles other ties.
        order = np.lexsort((-polygon, self._depth[polygon], -self._area[polygon]))
        smallest[position[order]] = polygon[order]
        return smallest

    def shares(self, lon: Floats, lat: Floats) -> tuple[BasinShare, ...]:
        """Shares by position (one a profile). Positions outside all polygons count in the whole.

        First come the smallest basins around positions, the largest share first; then the basins that contain them, the
        smallest first. The share of a basin includes the positions in its parts.
        """
        # Several polygons may share one id: they are one basin.
        own = Counter(self._basins[index].id for index in self.indexes(lon, lat) if index >= 0)
        nested: Counter[str] = Counter()
        level: dict[str, int] = {}
        for basin_id, count in own.items():
            above = basin_tree.containing(basin_id, self._tree)
            nested.update({node.id: count for node in above})
            level |= {node.id: len(above) - place for place, node in enumerate(above)}
        ranked = sorted(own | nested, key=lambda basin_id: (-own[basin_id], -level.get(basin_id, 0), basin_id))
        return tuple(
            BasinShare(
                id=basin_id,
                name=self._tree[basin_id].name,
                share=(own[basin_id] + nested[basin_id]) / lon.size,
                nested=nested[basin_id] / lon.size,
            )
            for basin_id in ranked
        )
