"""A mission under the names of OceanGliders 1.0: the header of the file, and its samples as rows.

Source: https://oceangliderscommunity.github.io/OG-format-user-manual/OG_Format.html
"""

from collections.abc import Iterator
from datetime import datetime

from app.api.v1 import og1_variables, time_order
from app.api.v1.netcdf import Layout, Value, Variable, text
from app.api.v1.schemas import iso_ms
from app.domain import records
from app.domain.quality_flags import Quality
from app.queries.exports import Samples

# Attributes that are copied from the metadata of the mission: (attribute, name in the metadata).
_COPIED = (
    ("summary", "summary"),
    ("comment", "comment"),
    ("institution", "institution"),
    ("contributing_institutions", "operator"),
    ("project", "project"),
    ("project_url", "project_url"),
    ("program", "program"),
    ("contributor_name", "pi"),
    ("license", "licence"),
    ("citation", "citation"),
    ("doi", "doi"),
    ("acknowledgement", "acknowledgement"),
    ("references", "references"),
    ("web_link", "web_link"),
    ("data_url", "data_url"),
    ("sea_name", "sea_name"),
    ("processing_level", "processing_level"),
    ("rtqc_method", "quality_control"),
    ("internal_mission_identifier", "name"),
)


def layout(samples: Samples, platform: records.Platform | None, version: str, quality: Quality) -> Layout:
    """The file of a mission without its rows. version: of Halocline, for the history."""
    mission = samples.mission
    texts = _text_variables(mission, platform)
    flags = og1_variables.flag_names([mission], mission.variables, quality)
    return Layout(
        rows=og1_variables.ROWS,
        dimensions={f"{name}_LENGTH": len(data) for name, data, _ in texts},
        attributes=_attributes(mission, version) | og1_variables.selection([mission], quality),
        variables=[
            *og1_variables.coordinates(samples.highest_number, [mission], flags),
            *og1_variables.measured(mission.variables, samples.single, flags),
            *og1_variables.flag_variables(flags),
            *(Variable(name, "char", attributes, (f"{name}_LENGTH",), data) for name, data, attributes in texts),
        ],
    )


def rows(samples: Samples, file: Layout, quality: Quality) -> Iterator[bytes]:
    """The samples as rows of the file in the order of time. Raises Conflict or ValueError if rows would be missing."""
    flags = og1_variables.flag_names([samples.mission], samples.mission.variables, quality)
    types = {variable.name: variable.type for variable in file.growing}
    names = og1_variables.own_names(samples.mission.variables)
    columns = {
        name: (variable.name, types[name]) for name, variable in zip(names, samples.mission.variables, strict=True)
    }
    number_type = types["PROFILE_NUMBER"]
    documents = (
        og1_variables.columns(document, columns, number_type, flags, quality) for document in samples.documents()
    )
    for count, values in time_order.merged(documents, og1_variables.TIME):
        yield from file.chunks(count, og1_variables.good_times(values) if quality == "good" else values)


def _attributes(mission: records.Mission, version: str) -> dict[str, Value]:
    """The global attributes: figures as computed, texts as in the file of the mission."""
    figures, source, metadata = mission.figures, mission.source, mission.metadata
    identifier = f"{mission.platform}_{mission.mission}_{mission.data_mode}"
    return {
        "title": plain_text(metadata.get("title")) or f"{mission.kind.capitalize()} mission {identifier}",
        "id": identifier,
        "naming_authority": "halocline",
        # Not ACDD and OG-1.0: they require people, vocabularies and GPS fixes that files seldom contain.
        "Conventions": "CF-1.10",
        "featureType": "trajectory",
        "platform": og1_variables.PLATFORMS[mission.kind],
        "platform_vocabulary": "https://vocab.nerc.ac.uk/collection/L06/current/",
        "data_mode": mission.data_mode,
        "simulated": "true" if mission.simulated else "false",
        "start_date": _compact(figures.start_at),
        "time_coverage_start": iso_ms(figures.start_at),
        "time_coverage_end": iso_ms(figures.end_at),
        "date_created": iso_ms(source.modified_at or source.imported_at),
        **_bounds(figures),
        **{name: copied for name, canonical in _COPIED if (copied := plain_text(metadata.get(canonical)))},
        **({"contributor_role": "PI"} if plain_text(metadata.get("pi")) else {}),
        "source": f"{source.file_name} (SHA-256 {source.sha256})",
        "source_format": source.format,
        "halocline_version": mission.version,
        "history": (
            f"{iso_ms(source.imported_at)} imported from {source.file_name} by Halocline\n"
            f"exported by Halocline {version} from version {mission.version}"
        ),
    }


def _bounds(figures: records.Figures) -> dict[str, Value]:
    bounds: dict[str, Value] = {}
    if figures.bbox is not None:
        sides = ("lon_min", "lat_min", "lon_max", "lat_max")
        bounds = {f"geospatial_{side}": degrees for side, degrees in zip(sides, figures.bbox, strict=True)}
    if figures.max_depth_m is not None:
        bounds |= {"geospatial_vertical_min": 0.0, "geospatial_vertical_max": figures.max_depth_m}
        bounds |= {"geospatial_vertical_units": "m", "geospatial_vertical_positive": "down"}
    return bounds


def _text_variables(
    mission: records.Mission, platform: records.Platform | None
) -> list[tuple[str, bytes, dict[str, Value]]]:
    """The variables that hold one text each: (name, text, attributes)."""
    of_platform = {
        "PLATFORM_SERIAL_NUMBER": (platform.serial if platform else mission.platform, "serial number of the platform"),
        "PLATFORM_NAME": (platform.name if platform else None, "name of the platform"),
        "PLATFORM_MODEL": (platform.model if platform else None, "model of the platform"),
        "WMO_IDENTIFIER": (platform.wmo_id if platform else None, "WMO id of the platform"),
    }
    trajectory: tuple[str, bytes, dict[str, Value]] = (
        "TRAJECTORY",
        text(f"{mission.platform}_{mission.mission}"),
        {"cf_role": "trajectory_id", "long_name": "trajectory name"},
    )
    texts: list[tuple[str, bytes, dict[str, Value]]] = [trajectory]
    return texts + [(name, text(value), {"long_name": label}) for name, (value, label) in of_platform.items() if value]


def plain_text(value: object) -> str | None:
    """The value as text; None if it is empty or has no plain text."""
    return str(value) if isinstance(value, str | int | float) and str(value).strip() else None


def _compact(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S")
