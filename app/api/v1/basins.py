"""Basins: named sea areas, with the totals of the missions in them."""

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
    """Basins by id, without outlines; each basin's own resource has its outline."""
    listed = basins.page(query.limit, query.cursor)
    sums = {total.scope: total for total in totals.of_kind("basin")}
    items = [schemas.Basin.of(basin, sums.get(f"basin:{basin.id}")) for basin in listed.items]
    return json(schemas.BasinPage(items=items, next=listed.next).model_dump())


@bp.get("/outlines")
@documented(geojson.OutlinesPage, "basins", Page, mimetype=GEOJSON)
def outlines(query: Page) -> Response:
    """Simplified outlines of the basins with missions, by id, for overview maps."""
    listed = basins.visited(query.limit, query.cursor)
    features = [
        {
            "type": "Feature",
            "id": basin.id,
            "bbox": [round(side, 2) for side in basin.bbox],
            "geometry": basin.geometry,
            "properties": {
                "id": basin.id,
                "name": basin.name,
                "missions": listed.missions[basin.id],
                "html": links.basin(basin.id)["html"],
            },
        }
        for basin in listed.items
    ]
    return json({"type": "FeatureCollection", "features": features, "next": listed.next}, GEOJSON)


@bp.get("/basins/<basin>")
@documented(geojson.BasinFeature, "basins", mimetype=GEOJSON, may_be_missing=True)
def one(basin: str) -> Response:
    """The outline of a basin as a GeoJSON feature, with its totals as properties."""
    area, sums = basins.find(basin)
    properties = schemas.Basin.of(area, sums).model_dump()
    return json(
        {"type": "Feature", "id": area.id, "bbox": area.bbox, "geometry": area.geometry, "properties": properties},
        GEOJSON,
    )
