"""Missions and the portal in schema.org terms, for dataset search engines."""

from typing import Any

from flask import url_for

from app.domain.citations import Citation, plain
from app.domain.records import MODE_NAMES, Bbox, Mission, Platform
from app.domain.totals import Totals
from app.http import api_urls, public_url
from app.views import template_filters

_CONTEXT = "https://schema.org/"
# The longest description that Google accepts. The shortest is 50 characters; the figures alone are longer.
_MAX_DESCRIPTION = 5000
_ADDRESSES = ("https://", "http://")


def mission(record: Mission, platform: Platform | None, citation: Citation) -> dict[str, Any] | None:
    """A mission as a Dataset; None for a simulated one, whose data were never measured.

    Required properties: https://developers.google.com/search/docs/appearance/structured-data/dataset
    """
    if record.simulated:
        return None
    metadata = record.metadata
    leader = plain(str(metadata.get("pi", "")))
    figures = record.figures
    dataset: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "Dataset",
        "name": citation.title,
        "description": _description(record, platform),
        "url": citation.url,
        "identifier": f"https://doi.org/{citation.doi}" if citation.doi else citation.url,
        "version": record.version,
        "keywords": ["ocean", record.kind, *(variable.name for variable in record.variables)],
        "isAccessibleForFree": True,
        "temporalCoverage": f"{template_filters.iso(figures.start_at)}/{template_filters.iso(figures.end_at)}",
        "dateModified": template_filters.iso(record.source.imported_at),
        "measurementTechnique": "Underwater glider" if record.kind == "glider" else "Sailbuoy",
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": variable.name,
                **({"unitText": variable.unit} if variable.unit else {}),
                **({"description": variable.long_name} if variable.long_name else {}),
            }
            for variable in record.variables
        ],
        "distribution": [
            _download("text/csv", record, "data"),
            _download("application/x-netcdf", record, "data", format="netcdf"),
            _download("application/geo+json", record, "track"),
            _download("application/vnd.google-earth.kml+xml", record, "track", format="kml"),
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Halocline", "url": f"{public_url.root()}/"},
    }
    if citation.authors:
        dataset["creator"] = [
            {"@type": "Person" if name == leader else "Organization", "name": name} for name in citation.authors
        ]
    if figures.bbox:
        dataset["spatialCoverage"] = [{"@type": "Place", "geo": shape} for shape in _shapes(figures.bbox)]
    if (licence := plain(str(metadata.get("licence", "")))).startswith(_ADDRESSES) and " " not in licence:
        dataset["license"] = licence
    if citation.requested:
        dataset["citation"] = citation.requested
    return dataset


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


def _along(distance_m: float | None) -> str:
    return "" if distance_m is None else f" along {distance_m / 1000:.1f} km"


def _description(record: Mission, platform: Platform | None) -> str:
    """The file's own summary or comment, and the figures, which alone are long enough for search engines."""
    figures = record.figures
    named = plain(platform.display_name) if platform else record.platform
    vessel_and_mission = f"{record.kind} {named}, mission {template_filters.mission_name(record)}"
    in_numbers = (
        f"{MODE_NAMES[record.data_mode]} data of {vessel_and_mission}: "
        f"{figures.profiles} profiles and {figures.samples} samples{_along(figures.known_distance_m)}, "
        f"{template_filters.iso(figures.start_at)} to {template_filters.iso(figures.end_at)}."
    )
    own = next((text for key in ("summary", "comment") if (text := plain(str(record.metadata.get(key) or "")))), "")
    return f"{own} {in_numbers}".strip()[:_MAX_DESCRIPTION]


def _shapes(bbox: Bbox) -> list[dict[str, str]]:
    """The box as `south west north east`; one that crosses 180 degrees as two boxes, which all parsers accept."""
    west, south, east, north = bbox
    halves = [(west, 180.0), (-180.0, east)] if west > east else [(west, east)]
    return [{"@type": "GeoShape", "box": f"{south:.5f} {left:.5f} {north:.5f} {right:.5f}"} for left, right in halves]


def _download(media_type: str, mission: Mission, resource: str, **query: str) -> dict[str, str]:
    address = public_url.root() + api_urls.mission(mission.platform, mission.mission, resource, **query)
    return {"@type": "DataDownload", "encodingFormat": media_type, "contentUrl": address}
