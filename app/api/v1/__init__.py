"""Version 1 of the API: one blueprint a file, `bp` for all of them. Breaking changes need a version 2.

Each endpoint is `documented` in `openapi`, refuses unknown parameters, and sends an ETag.
"""

from flask import Blueprint, Flask

from app.api.v1 import (
    basins,
    citation,
    data,
    export,
    imports,
    missions,
    observations,
    openapi,
    platforms,
    positions,
    profiles,
    search,
    sections,
    stats,
    totals,
    tracks,
    updates,
    uploads,
)
from app.config import Settings

bp = Blueprint("api_v1", __name__, url_prefix="/api/v1")
for part in (
    platforms,
    positions,
    missions,
    tracks,
    profiles,
    sections,
    data,
    citation,
    export,
    observations,
    totals,
    stats,
    search,
    basins,
    updates,
    imports,
    uploads,
    openapi,
):
    bp.register_blueprint(part.bp)


def install(app: Flask, settings: Settings) -> None:
    """Register all endpoints, and build the document that describes them."""
    app.register_blueprint(bp)
    positions.install(app, settings)
    openapi.install(app)
