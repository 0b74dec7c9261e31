"""Sections: derived, one document per mission and variable with its figures, and one T-S diagram per mission."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bson.binary import Binary
from pymongo.client_session import ClientSession

from app.domain import indexed_png, plot_style
from app.domain.plot_style import Scale
from app.domain.sections import ADJUSTED, Cloud, Section, Theme
from app.extensions import mongo
from app.store import combined_reads
from app.store.combined_reads import Read

# A mission has fewer; the limit guards against a broken store.
_MOST = 50
_Pictures = Mapping[Scale, bytes]


def listed(platform: str, mission: str) -> list[Section]:
    """The mission's sections in display order, without their cells."""
    query = {"platform": platform, "mission": mission, "what": "section"}
    cursor = mongo.db.sections.find(query, {"packed": 0, "pictures": 0}).sort("place", 1).limit(_MOST)
    return [_section(doc) for doc in cursor]


def find(platform: str, mission: str, variable: str) -> Section | None:
    """The section of a variable with its cells, or None."""
    doc = mongo.db.sections.find_one({"_id": _section_id(platform, mission, variable)}, {"pictures": 0})
    return _section(doc) if doc else None


def best_of(missions: Sequence[str], variable: str) -> Read[dict[str, str]]:
    """The variable with the best values of a quantity, adjusted before raw ones, by mission (`platform/mission`).

    Missions without a section by depth of it are left out.
    """
    names = (variable, variable + ADJUSTED)
    parted = [mission.partition("/") for mission in missions]
    ids = [_section_id(platform, mission, name) for platform, _, mission in parted for name in names]

    def by_depth(documents: Sequence[dict[str, Any]]) -> dict[str, str]:
        raw_first = sorted(documents, key=lambda doc: names.index(doc["variable"]))
        return {f"{doc['platform']}/{doc['mission']}": doc["variable"] for doc in raw_first if doc["kind"] == "section"}

    return combined_reads.by_ids("sections", ids, by_depth, "platform", "mission", "kind", "variable")


def cloud(platform: str, mission: str) -> Cloud | None:
    """The points of the T-S diagram, or None if no sample has both."""
    doc = mongo.db.sections.find_one({"_id": _cloud_id(platform, mission)}, {"pictures": 0})
    return _cloud(doc) if doc else None


def cloud_figures(platform: str, mission: str) -> Cloud | None:
    """The T-S diagram without its points, or None."""
    doc = mongo.db.sections.find_one({"_id": _cloud_id(platform, mission)}, {"packed": 0, "pictures": 0})
    return _cloud(doc) if doc else None


def picture(platform: str, mission: str, variable: str, theme: Theme, scale: Scale = 1) -> bytes | None:
    """The PNG of a section, or None."""
    key, first = _section_id(platform, mission, variable), plot_style.COLOURS
    return _picture(key, theme, scale, first, plot_style.shades(theme))


def cloud_picture(platform: str, mission: str, theme: Theme, scale: Scale = 1) -> bytes | None:
    """The PNG of the T-S diagram, or None."""
    return _picture(_cloud_id(platform, mission), theme, scale, 0, plot_style.cloud_palette(theme))


def any_of(platform: str, mission: str) -> bool:
    """True if the mission has a section or a T-S diagram."""
    query = {"platform": platform, "mission": mission}
    return mongo.db.sections.find_one(query, {"_id": 1}) is not None


def newest(platform: str, mission: str, session: ClientSession) -> int:
    """The number of the latest change that the stored sections include; -1 without sections."""
    query = {"platform": platform, "mission": mission}
    cursor = mongo.db.sections.find(query, {"number": 1}, session=session).limit(_MOST)
    return max((int(doc["number"]) for doc in cursor), default=-1)


def replace_all(
    platform: str,
    mission: str,
    sections: Sequence[tuple[Section, _Pictures]],
    points: tuple[Cloud, _Pictures] | None,
    session: ClientSession,
) -> None:
    """Replace all sections of the mission and its T-S diagram."""
    documents = [
        {"_id": _section_id(platform, mission, section.variable), "what": "section", **_stored(section, pictures)}
        for section, pictures in sections
    ]
    if points is not None:
        documents.append({"_id": _cloud_id(platform, mission), "what": "ts", **_stored(*points)})
    for doc in documents:
        mongo.db.sections.replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)
    obsolete = {"platform": platform, "mission": mission, "_id": {"$nin": [doc["_id"] for doc in documents]}}
    mongo.db.sections.delete_many(obsolete, session=session)


def remove(platform: str, mission: str, session: ClientSession) -> None:
    """Remove all sections of the mission."""
    mongo.db.sections.delete_many({"platform": platform, "mission": mission}, session=session)


def _section_id(platform: str, mission: str, variable: str) -> str:
    return f"{platform}/{mission}/section/{variable}"


def _cloud_id(platform: str, mission: str) -> str:
    return f"{platform}/{mission}/ts"


def _stored(record: Section | Cloud, pictures: _Pictures) -> dict[str, Any]:
    return {**asdict(record), "pictures": {f"x{scale}": Binary(png) for scale, png in pictures.items()}}


def _section(doc: Mapping[str, Any]) -> Section:
    own = {key: doc[key] for key in Section.__slots__ if key in doc}
    return Section(**{**own, "limits": tuple(doc["limits"]), "span": tuple(doc["span"])})


def _cloud(doc: Mapping[str, Any]) -> Cloud:
    return Cloud(**{key: doc[key] for key in Cloud.__slots__ if key in doc})


def _picture(key: str, theme: Theme, scale: Scale, first: int, colours: bytes) -> bytes | None:
    """The picture with the colours of a theme from the index `first` on: themes differ in the palette alone."""
    # Documents of earlier releases have one size in both themes, until their sections are rebuilt.
    earlier = {f"pictures.{theme}": 1} if scale == 1 else {}
    doc = mongo.db.sections.find_one({"_id": key}, {f"pictures.x{scale}": 1, **earlier})
    pictures = doc.get("pictures", {}) if doc else {}
    if (png := pictures.get(f"x{scale}")) is None:
        return bytes(pictures[theme]) if theme in pictures else None
    return indexed_png.recoloured(bytes(png), first, colours)
