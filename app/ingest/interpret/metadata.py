"""What a file says about itself, under our names; and where its own summary and its data disagree."""

import math
from typing import Any

from app.domain import times
from app.domain.printable import encodable
from app.domain.records import Figures
from app.ingest.sources.observations import Observations

# Ours: the attributes that may hold it, best first.
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
}
_DECLARED = (
    "time_coverage_start", "time_coverage_end", "geospatial_lat_min", "geospatial_lat_max", "geospatial_lon_min",
    "geospatial_lon_max", "geospatial_vertical_min", "geospatial_vertical_max", "deployment_start", "deployment_end",
    "basin", "data_mode", "total_dives", "date_created", "date_modified", "date_issued", "id",
)  # fmt: skip
# What people write when they have nothing to say.
_NOTHING = {"", "none", "none yet", "n/a", "na", "nan", "null", "unknown", "-", "not available"}
_NO_WMO_ID = {"0", "0000000", "999999", "9999999", "000000", "99999"}
# What says more than a name; every list of missions carries all of it, so that longer histories are cut.
_PROSE = frozenset({"summary", "comment", "acknowledgement", "citation", "references", "quality_control"})
_MAX_PROSE, _MAX_NAME = 4000, 500
# What stands at the end of a text that was cut.
_CUT = "…"

# Summaries are written with a second or a hundredth of a degree less than the data.
_TIME_TOLERANCE_S = 60.0
_POSITION_TOLERANCE_DEG = 0.01
_DEPTH_TOLERANCE_M = 1.0


def described(observations: Observations) -> dict[str, Any]:
    """The metadata that pages show; what is missing or a placeholder is left out. Texts are as the file has them."""
    attributes = {name.lower(): value for name, value in observations.attributes.items()}
    found = {
        ours: text for ours, names in _NAMES.items() if (text := _first(attributes, names, _most(ours))) is not None
    }
    if (leader := _principal_investigator(attributes)) is not None:
        found["pi"] = leader
    if (model := _text(observations.texts.get("platform_model"))) is not None:
        found["platform_model"] = model
    said = [observations.texts.get(key) for key in ("wmo_identifier", "platform.wmo_id")]
    said += [attributes.get(key) for key in ("wmo_id", "wmoid", "glider_wmo", "wmo_platform_code")]
    wmo_ids = [text for value in said if (text := _text(value)) is not None and text not in _NO_WMO_ID]
    if wmo_ids:
        found["wmo_id"] = wmo_ids[0]
    return found


def declared(observations: Observations) -> dict[str, Any]:
    """What the attributes say of span, box, depth and the like, as they stand: numbers, and texts of limited length."""
    attributes = {name.lower(): value for name, value in observations.attributes.items()}
    return {
        name: text if isinstance(attributes[name], str) else attributes[name]
        for name in _DECLARED
        if (text := _text(attributes.get(name))) is not None
    }


def disagreements(said: dict[str, Any], figures: Figures) -> list[str]:
    """The declared attributes that the data contradict, by name."""
    moments = {"time_coverage_start": figures.start_at, "time_coverage_end": figures.end_at}
    found = [
        name
        for name, computed in moments.items()
        if (moment := times.parsed(said.get(name))) is not None
        and abs((moment - computed).total_seconds()) > _TIME_TOLERANCE_S
    ]
    numbers: dict[str, tuple[float | None, float]] = {
        "geospatial_vertical_max": (figures.max_depth_m, _DEPTH_TOLERANCE_M)
    }
    if figures.bbox is not None:
        names = ("geospatial_lon_min", "geospatial_lat_min", "geospatial_lon_max", "geospatial_lat_max")
        numbers.update({n: (v, _POSITION_TOLERANCE_DEG) for n, v in zip(names, figures.bbox, strict=True)})
    for name, (value, tolerance) in numbers.items():
        stated = _number(said.get(name))
        if stated is not None and value is not None and abs(stated - value) > tolerance:
            found.append(name)
    return found


def modified_ms(observations: Observations, earliest_ms: int, latest_ms: int) -> int | None:
    """When the file says it was last changed, in ms since 1970; None when it says nothing that can be.

    A date from the future would keep every later file out.
    """
    for name in ("date_modified", "date_metadata_modified", "date_issued", "date_created"):
        moment = times.parsed(observations.attributes.get(name))
        if moment is not None and earliest_ms <= times.to_ms(moment) <= latest_ms:
            return times.to_ms(moment)
    return None


def _principal_investigator(attributes: dict[str, Any]) -> str | None:
    people = [name.strip() for name in str(attributes.get("contributor_name") or "").split(",")]
    roles = [role.strip().lower() for role in str(attributes.get("contributor_role") or "").split(",")]
    for name, role in zip(people, roles, strict=False):
        if name and (role == "pi" or role.replace(" ", "").startswith("principalinvestigator")):
            return _text(name)
    return _first(attributes, ("principal_investigator", "pi"))


def _first(attributes: dict[str, Any], names: tuple[str, ...], most: int = _MAX_NAME) -> str | None:
    return next((text for name in names if (text := _text(attributes.get(name), most)) is not None), None)


def _most(ours: str) -> int:
    return _MAX_PROSE if ours in _PROSE else _MAX_NAME


def _text(value: Any, most: int = _MAX_NAME) -> str | None:
    if value is None or isinstance(value, list):
        return None
    text = encodable(str(value)).strip()
    if text.lower() in _NOTHING:
        return None
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
