"""Tracks: derived, one document a mission: its profiles as column arrays and its lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pymongo.client_session import ClientSession

from app.domain.last_position import LastPosition
from app.domain.records import LonLat, Track
from app.extensions import mongo
from app.store import bulk, combined_reads
from app.store.combined_reads import Read
from app.store.documents import track_from_document, track_to_document

# Level of detail of an overview line, and the field of each level.
Detail = Literal["fine", "medium", "coarse"]
_LINES: dict[Detail, str] = {"fine": "simplified", "medium": "medium", "coarse": "coarse"}
# One day of profiles of a glider in shallow water, or of fixes of a sailbuoy that reports every five minutes.
_LAST = 300
_COLUMNS = ("number", "lon_deg", "lat_deg", "mid_at", "max_depth_m")


def find(platform: str, mission: str) -> Track | None:
    """The mission's track, or None before it is derived."""
    doc = mongo.db.tracks.find_one({"_id": f"{platform}/{mission}"})
    return track_from_document(doc) if doc else None


def of_missions(ids: Sequence[str]) -> dict[str, Track]:
    """The tracks of these missions (`platform/mission`), by id."""
    if not ids:
        return {}
    cursor = mongo.db.tracks.find({"_id": {"$in": list(ids)}}).limit(max(len(ids), 1))
    return {doc["_id"]: track_from_document(doc) for doc in cursor}


def deepest_of(ids: Sequence[str]) -> Read[dict[str, tuple[float | None, ...]]]:
    """The `deepest_m` of the tracks of these missions, by id; empty before it is derived."""

    def deepest_m(documents: Sequence[dict[str, Any]]) -> dict[str, tuple[float | None, ...]]:
        return {doc["_id"]: tuple(doc.get("deepest_m", ())) for doc in documents}

    return combined_reads.by_ids("tracks", ids, deepest_m, "deepest_m")


def last_positions_of(ids: Sequence[str]) -> Read[dict[str, LastPosition]]:
    """The last positions of these missions, by id; missions without one are left out."""

    def last(documents: Sequence[dict[str, Any]]) -> dict[str, LastPosition]:
        return {
            doc["_id"]: LastPosition(doc["mid_at"][0], doc["lon_deg"][0], doc["lat_deg"][0])
            for doc in documents
            if doc["mid_at"]
        }

    fields = {name: {"$slice": [f"${name}", -1]} for name in ("mid_at", "lon_deg", "lat_deg")}
    stages: list[dict[str, Any]] = [{"$match": {"_id": {"$in": list(ids)}}}, {"$project": fields}]
    return Read("tracks", stages, last)


def put(track: Track, session: ClientSession) -> None:
    """Upsert the mission's track."""
    doc = track_to_document(track)
    mongo.db.tracks.replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)


def put_all(tracks: Sequence[Track]) -> None:
    """Store the tracks of several missions at once, outside a transaction."""
    bulk.put(mongo.db.tracks, [track_to_document(track) for track in tracks], afresh=True)


def overviews(ids: Sequence[str], detail: Detail = "fine") -> dict[str, Track]:
    """The tracks of these missions for an overview, by id.

    `simplified` has the requested level of detail, the other lines are empty, columns hold only the last profile.
    """
    # A mission of 1 500 profiles is 150 kB; a map of the fleet needs a hundredth of it.
    projection: dict[str, Any] = dict.fromkeys(("platform", "mission", "version", "hidden", "bbox"), 1)
    projection |= {name: {"$slice": -1} for name in _COLUMNS}
    # Tracks of earlier releases have only one simplified line.
    projection["simplified"] = 1 if detail == "fine" else {"$ifNull": [f"${_LINES[detail]}", "$simplified"]}
    cursor = mongo.db.tracks.find({"_id": {"$in": list(ids)}}, projection).limit(max(len(ids), 1))
    return {doc["_id"]: track_from_document({**doc, "lines": []}) for doc in cursor}


def tails(ids: Sequence[str]) -> dict[str, list[tuple[datetime, LonLat]]]:
    """The last positions of these missions with their times, oldest first, by id."""
    projection = {name: {"$slice": -_LAST} for name in ("lon_deg", "lat_deg", "mid_at")} | {"_id": 1}
    cursor = mongo.db.tracks.find({"_id": {"$in": list(ids)}}, projection).limit(max(len(ids), 1))
    return {
        doc["_id"]: list(zip(doc["mid_at"], zip(doc["lon_deg"], doc["lat_deg"], strict=True), strict=True))
        for doc in cursor
    }


def report_times(platform: str, mission: str, most: int, session: ClientSession) -> list[datetime]:
    """The times of at most `most` last positions of a mission, oldest first; empty without a track."""
    projection = {"_id": 1, "mid_at": {"$slice": -most}}
    doc = mongo.db.tracks.find_one({"_id": f"{platform}/{mission}"}, projection, session=session)
    return list(doc["mid_at"]) if doc else []


def remove(platform: str, mission: str, session: ClientSession) -> None:
    """Remove the mission's track."""
    mongo.db.tracks.delete_one({"_id": f"{platform}/{mission}"}, session=session)
