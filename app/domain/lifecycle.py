"""When a mission is known to have begun, to be over, and to have delayed data: the news of a platform's missions."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.domain.records import MODE_RANK, DataMode, Mission, Over, Update, UpdateKind

# A glider at sea calls several times a day; data assembly centres ask its owner after two weeks without a word.
SILENT_FOR = timedelta(days=14)
_NEVER = datetime.max.replace(tzinfo=UTC)


def updates(missions: Sequence[Mission], learned: Mapping[str, datetime]) -> list[Update]:
    """The news of a platform's missions. `learned` holds, by id, what earlier calls gave as `learned_at`.

    A mission is over when the platform has begun a later one, when data other than real time came in, or when it has
    been silent for SILENT_FOR: the earliest counts. Simulated missions say nothing about real ones, nor these about
    them.
    """
    starts = {
        simulated: sorted({mission.figures.start_at for mission in missions if mission.simulated == simulated})
        for simulated in (False, True)
    }
    found: list[Update] = []
    for mission in missions:
        known = starts[mission.simulated]
        following = bisect_right(known, mission.figures.start_at)
        found += _of(mission, known[following] if following < len(known) else None, learned)
    return found


def known(found: Sequence[Update], now: datetime) -> dict[str, Update]:
    """The updates that are known by now, by id."""
    return {update.id: update for update in found if update.shown_from <= now}


def next_at(found: Sequence[Update], now: datetime) -> datetime:
    """When the next of the updates becomes known; the end of time when none is to come."""
    return min((update.shown_from for update in found if update.shown_from > now), default=_NEVER)


def _of(mission: Mission, next_at: datetime | None, learned: Mapping[str, datetime]) -> list[Update]:
    start_at, end_at = mission.figures.start_at, mission.figures.end_at
    processed_at = _learned(mission, "recovery", "P", learned)
    ends: list[tuple[datetime, Over]] = [(end_at + SILENT_FOR, "silence")]
    if next_at is not None:
        ends.append((max(next_at, end_at), "next_mission"))
    if processed_at is not None:
        ends.append((max(processed_at, end_at), "processed_data"))
    over_from, over = min(ends)
    news = [
        _update(mission, "deployment", start_at, start_at),
        _update(mission, "recovery", end_at, over_from, over, processed_at),
    ]
    delayed_at = _learned(mission, "delayed", "D", learned)
    if delayed_at is not None:
        news.append(_update(mission, "delayed", delayed_at, delayed_at, learned_at=delayed_at))
    return news


def _learned(mission: Mission, kind: UpdateKind, mode: DataMode, learned: Mapping[str, datetime]) -> datetime | None:
    """When the first data of this mode or a higher one came in; None when there are none."""
    if MODE_RANK[mission.data_mode] < MODE_RANK[mode]:
        return None
    # A version came in when it replaced the one before; of the first that is left only its end is known.
    came_in = [earlier.replaced_at for earlier in mission.earlier]
    modes = [*(earlier.data_mode for earlier in mission.earlier), mission.data_mode][1:]
    known = [at for at, found in zip(came_in, modes, strict=True) if MODE_RANK[found] >= MODE_RANK[mode]]
    known += [mission.source.imported_at, *([learned[key]] if (key := _id(mission, kind)) in learned else [])]
    return min(known)


def _update(
    mission: Mission,
    kind: UpdateKind,
    at: datetime,
    shown_from: datetime,
    over: Over | None = None,
    learned_at: datetime | None = None,
) -> Update:
    ended = over is not None
    return Update(
        id=_id(mission, kind),
        kind=kind,
        platform=mission.platform,
        mission=mission.mission,
        at=at,
        shown_from=shown_from,
        over=over,
        learned_at=learned_at,
        profiles=mission.figures.profiles if ended else None,
        distance_m=mission.figures.distance_m if ended else None,
        time_at_sea_s=mission.duration_s if ended else None,
        simulated=mission.simulated,
    )


def _id(mission: Mission, kind: UpdateKind) -> str:
    return f"{kind}/{mission.id}"
