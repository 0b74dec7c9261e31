"""Missions and platforms that report now, over the whole fleet: lists show only a part of a large one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain import reporting
from app.domain.reported_positions import times
from app.domain.reporting import State
from app.store import combined_reads, reported_positions
from app.store.combined_reads import Read

Document = dict[str, Any]
# Ten times the gliders that are at sea in the whole world.
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class ActiveMissions:
    """The number of missions with data in the active window, and of those in each basin: (id, name, missions).

    Basins with most missions come first; a basin includes its parts. `first_end_at`: the oldest end of their data.
    """

    missions: int
    basins: tuple[tuple[str, str, int], ...]
    first_end_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The number of platforms at sea by state, and when one of them changes its state without new data."""

    platforms: Mapping[State, int]
    until: datetime | None

    @property
    def at_sea(self) -> int:
        """The number of platforms at sea."""
        return sum(self.platforms.values())


def active_missions(since: datetime, simulated: bool) -> Read[ActiveMissions]:
    """The missions with data since the begin of the active window; simulated ones only on request."""
    stages: list[Document] = [
        {"$match": {**_real_or_all(simulated), "figures.end_at": {"$gte": since}}},
        {"$sort": {"figures.end_at": -1, "_id": 1}},
        {"$limit": _MOST},
        {"$project": {"figures.end_at": 1, "basins.id": 1, "basins.name": 1}},
    ]
    return Read("missions", stages, _active)


@dataclass(frozen=True, slots=True)
class AtSea:
    """A platform whose last mission is not over, and when its data make it late, silent and over."""

    platform: str
    last_data_at: datetime
    late_at: datetime
    silent_at: datetime
    over_from: datetime


def at_sea(now: datetime, simulated: bool) -> Read[list[AtSea]]:
    """The platforms whose last mission is not over; simulated ones only on request."""
    stages: list[Document] = [
        {"$match": {**_real_or_all(simulated), "over_from": {"$gt": now}}},
        {"$limit": _MOST},
        {"$project": dict.fromkeys(("last_seen_at", "late_at", "silent_at", "over_from"), 1)},
    ]
    return Read("platforms", stages, lambda documents: [_at_sea(doc) for doc in documents])


def fleet(platforms: Sequence[AtSea], reported: Mapping[str, datetime], now: datetime) -> Fleet:
    """The number of platforms at sea by state. `reported`: the time of the newest reported position, by platform."""
    counts: Counter[State] = Counter()
    changes: list[datetime] = []
    for each in platforms:
        report_at = reported.get(each.platform)
        late_at, silent_at = reporting.delayed_by_report(each.late_at, each.silent_at, each.last_data_at, report_at)
        times = late_at, silent_at, each.over_from, now
        state, change = reporting.state(*times), reporting.next_change(*times)
        if state is not None and change is not None:
            counts[state] += 1
            changes.append(change)
    return Fleet({state: counts[state] for state in reporting.STATES}, min(changes, default=None))


def platforms_by_state(now: datetime, simulated: bool) -> dict[str, int]:
    """The number of platforms at sea by state, for the metrics."""
    platforms, reported = combined_reads.values(at_sea(now, simulated), reported_positions.newest())
    counted = fleet(platforms, times(reported), now)
    return {str(state): count for state, count in counted.platforms.items()}


def _real_or_all(simulated: bool) -> Document:
    # Also when both values match: the indexes begin with this field.
    return {"simulated": {"$in": [False, True]} if simulated else False}


def _at_sea(doc: Document) -> AtSea:
    return AtSea(doc["_id"], doc["last_seen_at"], doc["late_at"], doc["silent_at"], doc["over_from"])


def _active(documents: Sequence[Document]) -> ActiveMissions:
    names = {basin["id"]: basin["name"] for doc in documents for basin in doc["basins"]}
    counts = Counter(basin["id"] for doc in documents for basin in doc["basins"])
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ActiveMissions(
        missions=len(documents),
        basins=tuple((basin, names[basin], count) for basin, count in ranked),
        first_end_at=documents[-1]["figures"]["end_at"] if documents else None,
    )
