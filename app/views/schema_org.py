"""Missions and the portal in the words of schema.org, for search engines of data."""

from typing import Any

from flask import url_for

from app.domain.citations import Citation, plain
from app.domain.records import MODE_NAMES, Bbox, Mission, Platform, Totals
from app.http import public_url
from app.views import template_filters

_CONTEXT = "https://schema.org/"
# The longest description of a dataset that Google takes; the shortest is 50, which the figures alone have.
_LONGEST = 5000
_ADDRESSES = ("https://", "http://")


def mission(found: Mission, platform: Platform | None, cited: Citation) -> dict[str, Any] | None:
    """A mission as a Dataset; None of a simulated one, which is no data.

    https://developers.google.com/search/docs/appearance/structured-data/dataset names what has to be there.
    """
    if found.simulated:
        return None
    own = f"{public_url.root()}/api/v1/missions/{found.platform}/{found.mission}"
    said = found.metadata
    leader = plain(str(said.get("pi", "")))
    figures = found.figures
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "Dataset",
        "name": cited.title,
        "description": _description(found, platform),
        "url": cited.url,
        "identifier": f"https://doi.org/{cited.doi}" if cited.doi else cited.url,
        "version": found.version,
        "keywords": ["ocean", found.kind, *(variable.name for variable in found.variables)],
        "isAccessibleForFree": True,
        "temporalCoverage": f"{template_filters.iso(figures.start_at)}/{template_filters.iso(figures.end_at)}",
        "dateModified": template_filters.iso(found.source.imported_at),
        "measurementTechnique": "Underwater glider" if found.kind == "glider" else "Sailbuoy",
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": variable.name,
                **({"unitText": variable.unit} if variable.unit else {}),
                **({"description": variable.long_name} if variable.long_name else {}),
            }
            for variable in found.variables
        ],
        "distribution": [
            _download("text/csv", f"{own}/data"),
            _download("application/x-netcdf", f"{own}/data?format=netcdf"),
            _download("application/geo+json", f"{own}/track"),
            _download("application/vnd.google-earth.kml+xml", f"{own}/track?format=kml"),
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Halocline", "url": f"{public_url.root()}/"},
    }
    if cited.authors:
        described["creator"] = [
            {"@type": "Person" if name == leader else "Organization", "name": name} for name in cited.authors
        ]
    if figures.bbox:
        described["spatialCoverage"] = [{"@type": "Place", "geo": shape} for shape in _shapes(figures.bbox)]
    if (licence := plain(str(said.get("licence", "")))).startswith(_ADDRESSES) and " " not in licence:
        described["license"] = licence
    if cited.requested:
        described["citation"] = cited.requested
    return described


def catalog(totals: Totals) -> dict[str, Any]:
    """The portal as a DataCatalog."""
    root = public_url.root()
    return {
        "@context": _CONTEXT,
        "@type": "DataCatalog",
        "name": "Halocline",
        "description": (
            f"Missions, tracks, profiles and data of ocean gliders and sailbuoys, with method, warnings and downloads. "
            f"Missions: {totals.missions}; profiles: {totals.profiles}."
        ),
        "url": f"{root}/",
        "isAccessibleForFree": True,
        "keywords": ["ocean", "glider", "sailbuoy", "temperature", "salinity"],
        "documentation": root + url_for("data.index"),
        **({"dateModified": template_filters.iso(totals.last_data_at)} if totals.last_data_at else {}),
    }


def _description(found: Mission, platform: Platform | None) -> str:
    """What the file says of itself, and what its data are in numbers: always long enough to be taken."""
    figures = found.figures
    named = plain(platform.called) if platform else found.platform
    counted = (
        f"{MODE_NAMES[found.data_mode]} data of {found.kind} {named}, mission {found.mission}: "
        f"{figures.profiles} profiles and {figures.samples} samples along {figures.distance_m / 1000:.1f} km, "
        f"{template_filters.iso(figures.start_at)} to {template_filters.iso(figures.end_at)}."
    )
    own = next((text for key in ("summary", "comment") if (text := plain(str(found.metadata.get(key) or "")))), "")
    return f"{own} {counted}".strip()[:_LONGEST]


def _shapes(bbox: Bbox) -> list[dict[str, str]]:
    """The box as `south west north east`; one that crosses 180 degrees as its two halves, which every reader knows."""
    west, south, east, north = bbox
    halves = [(west, 180.0), (-180.0, east)] if west > east else [(west, east)]
    return [{"@type": "GeoShape", "box": f"{south:.5f} {left:.5f} {north:.5f} {right:.5f}"} for left, right in halves]


def _download(media_type: str, where: str) -> dict[str, str]:
    return {"@type": "DataDownload", "encodingFormat": media_type, "contentUrl": where}
