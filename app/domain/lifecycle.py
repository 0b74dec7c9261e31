"""Updates of a platform's missions: deployment, end (inferred from data), delayed-mode data, withdrawal."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.domain.records import MODE_RANK, DataMode, Mission, Over, Update, UpdateKind
from app.domain.withdrawals import Withdrawal

# A glider at sea reports several times a day; data assembly centres ask its owner after two weeks of silence.
SILENT_FOR = timedelta(days=14)
_NEVER = datetime.max.replace(tzinfo=UTC)


def updates(
    missions: Sequence[Mission], learned: Mapping[str, datetime], withdrawn: Sequence[Withdrawal] = ()
) -> list[Update]:
    """The updates of a platform's missions. `learned` holds, by id, the `learned_at` that earlier calls returned.

    A mission is over when the platform begins a later one, when data of a mode above real time are imported, or after
    a silence of SILENT_FOR: the earliest counts. Real and simulated missions do not affect each other. A `withdrawn`
    mission has one update.
    """
    starts = {
        simulated: sorted({mission.figures.start_at for mission in missions if mission.simulated == simulated})
        for simulated in (False, True)
    }
    news: list[Update] = []
    for mission in missions:
        later = starts[mission.simulated]
        following = bisect_right(later, mission.figures.start_at)
        news += _of(mission, later[following] if following < len(later) else None, learned)
    return [*news, *map(_withdrawal, withdrawn)]


def known(candidates: Sequence[Update], now: datetime) -> dict[str, Update]:
    """The updates that are public by now, by id."""
    return {update.id: update for update in candidates if update.shown_from <= now}


def next_at(candidates: Sequence[Update], now: datetime) -> datetime:
    """When the next update becomes public; the latest possible time if there is none."""
    return min((update.shown_from for update in candidates if update.shown_from > now), default=_NEVER)


def _of(mission: Mission, next_at: datetime | None, learned: Mapping[str, datetime]) -> list[Update]:
    start_at, end_at = mission.figures.start_at, mission.figures.end_at
    processed_at = _learned(mission, "end", "P", learned)
    reasons: list[tuple[datetime, Over]] = [(end_at + SILENT_FOR, "silence")]
    if next_at is not None:
        reasons.append((max(next_at, end_at), "next_mission"))
    if processed_at is not None:
        reasons.append((max(processed_at, end_at), "processed_data"))
    over_from, over = min(reasons)
    events = [
        _update(mission, "deployment", start_at, start_at),
        _update(mission, "end", end_at, over_from, over, processed_at),
    ]
    delayed_at = _learned(mission, "delayed", "D", learned)
    if delayed_at is not None:
        events.append(_update(mission, "delayed", delayed_at, delayed_at, learned_at=delayed_at))
    return events


def _learned(mission: Mission, kind: UpdateKind, mode: DataMode, learned: Mapping[str, datetime]) -> datetime | None:
    """When the first data of this mode or a higher one were imported; None without such data."""
    if MODE_RANK[mission.data_mode] < MODE_RANK[mode]:
        return None
    # A version was imported when it replaced the one before. The import time of the first one is not stored.
    imported = [earlier.replaced_at for earlier in mission.earlier]
    modes = [*(earlier.data_mode for earlier in mission.earlier), mission.data_mode][1:]
    times = [at for at, mode_of in zip(imported, modes, strict=True) if MODE_RANK[mode_of] >= MODE_RANK[mode]]
    times += [mission.source.imported_at, *([learned[key]] if (key := _id(mission, kind)) in learned else [])]
    return min(times)


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
        distance_m=mission.figures.known_distance_m if ended else None,
        time_at_sea_s=mission.duration_s if ended else None,
        simulated=mission.simulated,
    )


def _id(mission: Mission, kind: UpdateKind) -> str:
    return f"{kind}/{mission.id}"


def _withdrawal(withdrawn: Withdrawal) -> Update:
    return Update(
        id=f"withdrawal/{withdrawn.id}",
        kind="withdrawal",
        platform=withdrawn.platform,
        mission=withdrawn.mission,
        at=withdrawn.at,
        shown_from=withdrawn.at,
        over=None,
        learned_at=None,
        reason=withdrawn.reason,
    )
