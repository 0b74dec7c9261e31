"""Updates of a platform's missions: deployment, silence, end (inferred from data), delayed data, corrections."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.records import MODE_RANK, DataMode, Mission, Over, Update, UpdateKind
from app.domain.reporting import ENDED_AFTER
from app.domain.withdrawals import Corrections, Restoration, Withdrawal

_NO_CORRECTIONS = Corrections()


def updates(
    missions: Sequence[Mission],
    learned: Mapping[str, datetime],
    corrections: Corrections = _NO_CORRECTIONS,
    silent_after: timedelta | None = None,
) -> list[Update]:
    """The updates of a platform's missions. `learned` holds, by id, the `learned_at` that earlier calls returned.

    A mission is over when the platform begins a later one, when delayed-mode data are imported, or after ENDED_AFTER
    without data: the earliest counts. Adjusted and provisional data may come from a platform at sea. Before that end
    the platform is silent when its last mission has no data for `silent_after`. Real and simulated missions do not
    affect each other. A withdrawn mission has one update; the restoration of a stored mission is one more.
    """
    stored = {mission.id: mission for mission in missions}
    restored = [each for each in corrections.restored if each.id in stored]
    learned = {f"{kind}/{each.id}": at for each in restored for kind, at in each.learned.items()} | dict(learned)
    starts = {
        simulated: sorted({mission.figures.start_at for mission in missions if mission.simulated == simulated})
        for simulated in (False, True)
    }
    last = {mission.simulated: mission.id for mission in sorted(missions, key=lambda each: each.figures.end_at)}
    news: list[Update] = []
    for mission in missions:
        later = starts[mission.simulated]
        following = bisect_right(later, mission.figures.start_at)
        next_at = later[following] if following < len(later) else None
        is_last = mission.id == last[mission.simulated]
        news += _of(mission, next_at, learned, silent_after if is_last else None)
    news += [_restoration(each, stored[each.id]) for each in restored]
    return [*news, *map(_withdrawal, corrections.withdrawn)]


def known(candidates: Sequence[Update], now: datetime) -> dict[str, Update]:
    """The updates that are public by now, by id."""
    return {update.id: update for update in candidates if update.shown_from <= now}


def are_postponed(before: Sequence[Update], after: Sequence[Update], now: datetime) -> bool:
    """True if all updates that are not public yet were foreseen `before`, and none of them comes earlier."""
    foreseen = {update.id: update.shown_from for update in before}
    return all(
        update.id in foreseen and update.shown_from >= foreseen[update.id]
        for update in after
        if update.shown_from > now
    )


def _of(
    mission: Mission, next_at: datetime | None, learned: Mapping[str, datetime], silent_after: timedelta | None
) -> list[Update]:
    start_at, end_at = mission.figures.start_at, mission.figures.end_at
    processed_at = _learned(mission, "end", "D", learned)
    reasons: list[tuple[datetime, Over]] = [(end_at + ENDED_AFTER, "silence")]
    if next_at is not None:
        reasons.append((max(next_at, end_at), "next_mission"))
    if processed_at is not None:
        reasons.append((max(processed_at, end_at), "processed_data"))
    over_from, over = min(reasons)
    events = [
        _update(mission, "deployment", start_at, start_at),
        _update(mission, "end", end_at, over_from, over, processed_at),
    ]
    if silent_after is not None and over == "silence" and end_at + silent_after < over_from:
        events.append(_update(mission, "silent", end_at, end_at + silent_after))
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
        operator_number=mission.operator_number,
    )


def _id(mission: Mission, kind: UpdateKind) -> str:
    return f"{kind}/{mission.id}"


def _withdrawal(withdrawn: Withdrawal) -> Update:
    return Update(
        id=_numbered("withdrawal", withdrawn.id, withdrawn.number),
        kind="withdrawal",
        platform=withdrawn.platform,
        mission=withdrawn.mission,
        at=withdrawn.at,
        shown_from=withdrawn.at,
        over=None,
        learned_at=None,
        reason=withdrawn.reason,
        operator_number=withdrawn.operator_number,
        platform_name=withdrawn.platform_name,
    )


def _restoration(restored: Restoration, mission: Mission) -> Update:
    update = _update(mission, "restoration", restored.at, restored.at)
    return replace(update, id=_numbered("restoration", restored.id, restored.number), reason=restored.reason)


def _numbered(kind: UpdateKind, mission: str, number: int) -> str:
    """The id of an update that may occur again for the same mission: feed readers show each id once."""
    return f"{kind}/{mission}" if number == 1 else f"{kind}/{mission}/{number}"
