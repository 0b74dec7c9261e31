"""A file's metadata under canonical names, and the attributes that its data contradict."""

import re
from typing import Any

from app.domain import declared_figures, times
from app.domain.printable import encodable
from app.domain.records import Figures
from app.ingest.formats.observations import Observations

# Canonical name: the attributes that may hold the value, best first.
_NAMES: dict[str, tuple[str, ...]] = {
    "name": ("deployment_name", "internal_mission_identifier"),
    "title": ("title",),
    "summary": ("summary",),
    "comment": ("comment",),
    "project": ("project",),
    "project_url": ("project_url",),
    "program": ("program",),
    "institution": ("institution", "contributing_institutions"),
    "operator": ("institution", "contributing_institutions"),
    "licence": ("license", "licence"),
    "doi": ("doi",),
    "citation": ("citation",),
    "acknowledgement": ("acknowledgement", "acknowledgment"),
    "sea_name": ("sea_name",),
    "deployment_id": ("deployment_id",),
    "dataset_id": ("dataset_id",),
    "processing_level": ("processing_level",),
    "quality_control": ("rtqc_method",),
    "data_url": ("data_url",),
    "web_link": ("web_link", "metadata_link"),
    "references": ("references",),
    "platform_name": ("glider_name", "platform_name"),
    "platform_model": ("glider_model", "platform_type"),
    "platform_serial": ("platform_serial", "glider_serial", "platform_serial_number"),
}
_DECLARED = (
    "time_coverage_start", "time_coverage_end", "geospatial_lat_min", "geospatial_lat_max", "geospatial_lon_min",
    "geospatial_lon_max", "geospatial_vertical_min", "geospatial_vertical_max", "deployment_start", "deployment_end",
    "basin", "data_mode", "total_dives", "date_created", "date_modified", "date_issued", "id",
)  # fmt: skip
# Placeholders for a missing value.
_PLACEHOLDERS = {"", "none", "none yet", "n/a", "na", "nan", "null", "unknown", "-", "not available"}
_NO_WMO_ID = {"0", "0000000", "999999", "9999999", "000000", "99999"}
# Longer texts than names. Every list of missions includes them, so that they are cut, too.
_PROSE = frozenset({"summary", "comment", "acknowledgement", "citation", "references", "quality_control"})
_MAX_PROSE, _MAX_NAME = 4000, 500
# A whole number that a tool wrote with a decimal point.
_FRACTION = re.compile(r"\.0+$")
# Marks the end of a text that was cut.
_CUT = "…"


def described(observations: Observations) -> dict[str, Any]:
    """The metadata for pages, without missing values and placeholders. Texts are unchanged."""
    attributes = {name.lower(): _single(value) for name, value in observations.attributes.items()}
    fields = {
        canonical: text
        for canonical, names in _NAMES.items()
        if (text := _first(attributes, names, _most(canonical))) is not None
    }
    if (leader := _principal_investigator(attributes)) is not None:
        fields["pi"] = leader
    for name, variable in (("platform_model", "platform_model"), ("platform_serial", "platform_serial_number")):
        if (text := _text(observations.texts.get(variable))) is not None:
            fields[name] = text
    candidates = [observations.texts.get(key) for key in ("wmo_identifier", "platform.wmo_id")]
    candidates += [attributes.get(key) for key in ("wmo_id", "wmoid", "glider_wmo", "wmo_platform_code")]
    texts = [_FRACTION.sub("", text) for value in candidates if (text := _text(value)) is not None]
    wmo_ids = [text for text in texts if text not in _NO_WMO_ID]
    if wmo_ids:
        fields["wmo_id"] = wmo_ids[0]
    return fields


def declared(observations: Observations) -> dict[str, Any]:
    """The attributes about span, box, depth and the like: numbers unchanged, texts of limited length."""
    attributes = {
        name.lower(): _single(value)
        for name, value in observations.attributes.items()
        # Of several numbers, none is the declared one.
        if not isinstance(value, list) or len(value) == 1
    }
    return {
        name: text if isinstance(attributes[name], str) else attributes[name]
        for name in _DECLARED
        if (text := _text(attributes.get(name))) is not None
    }


def contradicted(declared: dict[str, Any], figures: Figures) -> list[str]:
    """The names of the declared attributes that the data contradict."""
    return [each.attribute for each in declared_figures.contradictions(declared, figures)]


def modified_ms(observations: Observations, earliest_ms: int, latest_ms: int) -> int | None:
    """The declared time of the last change, ms since 1970; None when there is none within the accepted times.

    A date in the future would block every later file.
    """
    for name in ("date_modified", "date_metadata_modified", "date_issued", "date_created"):
        moment = times.parsed(observations.attributes.get(name))
        if moment is not None and earliest_ms <= times.to_ms(moment) <= latest_ms:
            return times.to_ms(moment)
    return None


def _single(value: Any) -> Any:
    """The value of an attribute; the elements of a list as one text, separated by commas."""
    if not isinstance(value, list):
        return value
    texts = [text for item in value if (text := str(item).strip())]
    return value[0] if len(value) == 1 else ", ".join(texts)


def _principal_investigator(attributes: dict[str, Any]) -> str | None:
    people = [name.strip() for name in str(attributes.get("contributor_name") or "").split(",")]
    roles = [role.strip().lower() for role in str(attributes.get("contributor_role") or "").split(",")]
    for name, role in zip(people, roles, strict=False):
        if name and (role == "pi" or role.replace(" ", "").startswith("principalinvestigator")):
            return _text(name)
    return _first(attributes, ("principal_investigator", "pi"))


def _first(attributes: dict[str, Any], names: tuple[str, ...], most: int = _MAX_NAME) -> str | None:
    return next((text for name in names if (text := _text(attributes.get(name), most)) is not None), None)


def _most(canonical: str) -> int:
    return _MAX_PROSE if canonical in _PROSE else _MAX_NAME


def _text(value: Any, most: int = _MAX_NAME) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        # Tools write ids and serial numbers as floating-point numbers.
        value = int(value)
    text = encodable(str(value)).strip()
    if text.lower() in _PLACEHOLDERS:
        return None
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT
