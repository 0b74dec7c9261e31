"""The result of importing one file, for people (one line) and for programs (one JSON object)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.printable import encodable, one_line
from app.domain.records import Outcome
from app.ingest.interpret.mission_draft import Draft

# Variables that the line for people names.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one file.

    `mission` is the mission by this file, joined with its other parts; None when the file could not be read.
    """

    path: str
    outcome: Outcome
    reason: str | None = None
    reason_code: str | None = None
    mission: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields of `--json`, in their order."""
        return {
            "path": encodable(self.path),
            "outcome": self.outcome,
            "reason": self.reason,
            "reason_code": self.reason_code,
            "mission": self.mission,
        }

    def line(self) -> str:
        """The outcome as one line, whatever characters the file name holds."""
        return f"{self.outcome:<9} {one_line(self._details())}"

    def _details(self) -> str:
        if self.outcome == "refused" or self.mission is None:
            return f"{self.reason_code}: {self.reason}"
        mission = self.mission
        basins = mission["basins"]
        warnings = "".join(f", {warning['count']} {warning['code']}" for warning in mission["warnings"])
        return (
            f"{self.path}: {mission['platform']}/{mission['mission']} {mission['data_mode']}, "
            f"{_profiles_text(mission)}{_distance_text(mission['distance_m'])}"
            f"{', ' + basins[0]['name'] if basins else ''}{warnings}{_unread_text(mission)}"
        )


def mission_of(draft: Draft) -> dict[str, Any]:
    """The mission by this draft alone, with the field names of the API."""
    figures = draft.summary.figures
    return {
        "platform": draft.identity.platform,
        "mission": draft.identity.mission,
        "data_mode": draft.identity.mode,
        "samples": figures.samples,
        "profiles": figures.profiles,
        "distance_m": figures.known_distance_m,
        "max_depth_m": figures.max_depth_m,
        "vertical_m": figures.vertical_m,
        "start_at": _iso(figures.start_at),
        "end_at": _iso(figures.end_at),
        "bbox": list(figures.bbox) if figures.bbox else None,
        "basins": [
            {"id": basin.id, "name": basin.name, "share": basin.own} for basin in draft.summary.basins if basin.own
        ],
        "warnings": [{"code": warning.code, "count": warning.count} for warning in draft.summary.warnings],
        "quality": [
            {"variable": each.variable, "values": each.values, "good": each.good, "left_out": each.left_out}
            | {"flags": dict(each.counts)}
            for each in draft.flag_counts
        ],
        "variables": [variable.name for variable in draft.variables],
        "unread_variables": [{"name": name, "reason": reason} for name, reason in draft.unread.items()],
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _unread_text(mission: dict[str, Any]) -> str:
    """The names of the first variables that are not imported; empty without any. `--json` names all, with reasons."""
    names = [variable["name"] for variable in mission["unread_variables"]]
    if not names:
        return ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f", not imported: {', '.join(names[:_SHOWN])}{more}"


def _profiles_text(mission: dict[str, Any]) -> str:
    """The number of profiles; empty for a vessel that stays at the surface."""
    if mission["max_depth_m"] is None and not mission["profiles"]:
        return ""
    return f"{_counted(mission['profiles'], 'profile')}, "


def _distance_text(distance_m: float | None) -> str:
    return "distance unknown" if distance_m is None else f"{distance_m / 1000:.1f} km"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
