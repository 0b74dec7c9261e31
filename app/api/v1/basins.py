"""Basins: named sea areas, with what was done in them."""

from flask import Blueprint, Response

from app.api.v1 import geojson, links, schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page
from app.api.v1.responses import GEOJSON, json
from app.queries import basins, totals

bp = Blueprint("basins", __name__)


@bp.get("/basins")
@documented(schemas.BasinPage, "basins", Page)
def page(query: Page) -> Response:
    """Basins in the order of their ids; the outlines are at each one's own address."""
    found = basins.page(query.limit, query.cursor)
    sums = {total.scope: total for total in totals.of_kind("basin")}
    items = [schemas.Basin.of(basin, sums.get(f"basin:{basin.id}")) for basin in found.items]
    return json(schemas.BasinPage(items=items, next=found.next).model_dump())


@bp.get("/outlines")
@documented(geojson.OutlinesPage, "basins", Page, mimetype=GEOJSON)
def outlines(query: Page) -> Response:
    """Simplified outlines of the basins that missions have been in, in the order of their ids, for overviews."""
    found = basins.visited(query.limit, query.cursor)
    features = [
        {
            "type": "Feature",
            "id": basin.id,
            "bbox": [round(side, 2) for side in basin.bbox],
            "geometry": basin.geometry,
            "properties": {
                "id": basin.id,
                "name": basin.name,
                "missions": found.missions[basin.id],
                "html": links.basin(basin.id)["html"],
            },
        }
        for basin in found.items
    ]
    return json({"type": "FeatureCollection", "features": features, "next": found.next}, GEOJSON)


@bp.get("/basins/<basin>")
@documented(geojson.Area, "basins", mimetype=GEOJSON, may_be_missing=True)
def one(basin: str) -> Response:
    """A basin's outline as a GeoJSON feature, its totals among the properties."""
    found, sums = basins.find(basin)
    properties = schemas.Basin.of(found, sums).model_dump()
    return json(
        {"type": "Feature", "id": found.id, "bbox": found.bbox, "geometry": found.geometry, "properties": properties},
        GEOJSON,
    )
