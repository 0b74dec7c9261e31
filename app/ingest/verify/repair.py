"""What differs is marked, and made anew by those whose work it is: nothing here knows how a number comes about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import structlog
from pymongo.client_session import ClientSession

from app import events
from app.domain.basins import BasinMap
from app.ingest.derive import rebuild
from app.ingest.derive import totals as summing
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import platform_summary
from app.ingest.verify.comparison import Difference, Remedy
from app.store import change_log, missions, rebuild_queue, subtotals, totals, tracks, transactions, versions

log = structlog.get_logger(__name__)


def repair(
    differences: Sequence[Difference], basin_map: BasinMap, names: dict[str, PlatformName]
) -> tuple[int, list[str]]:
    """Has rebuilt what can be. Returns how many differences have a remedy, and the scopes that could not be rebuilt.

    Each remedy is a transaction that logs the change. Killed at any point, the next import rebuilds what is marked.
    """
    remedies = sorted({remedy for difference in differences for remedy in difference.remedies})
    _apply([remedy for remedy in remedies if remedy[0] != "totals"], names)
    failed = rebuild.rebuild(basin_map)
    # They are sums of what the rebuild has just put right.
    _apply([remedy for remedy in remedies if remedy[0] == "totals"], names)
    return sum(1 for difference in differences if difference.remedies), failed


def _apply(remedies: Sequence[Remedy], names: dict[str, PlatformName]) -> None:
    for remedy in remedies:
        events.nudge(transactions.run(partial(_applied, remedy, names)))
        log.info("verify_repaired", kind=remedy[0], what=remedy[1])


def _applied(remedy: Remedy, names: dict[str, PlatformName], session: ClientSession) -> int:
    kind, what = remedy
    now = datetime.now(UTC)
    platform, _, rest = what.partition("/")
    mission, _, version = rest.partition("/")
    if kind == "rebuild":
        number = change_log.append(("verify",), now, session)
        rebuild_queue.mark((what,), number, session)
        return number
    if kind == "platform":
        platform_summary.refresh(what, names, session)
        number = change_log.append((f"platform:{what}", "totals"), now, session)
        # What it is called may have been wrong, too.
        rebuild_queue.mark((f"updates:{what}",), number, session)
        return number
    if kind == "totals":
        totals.replace([what], summing.totals(subtotals.of_scopes([what], session), now), session)
        return change_log.append(("totals",), now, session)
    if kind == "track":
        # Between two looks and now it may have come back.
        if missions.document(platform, mission, session) is None:
            tracks.remove(platform, mission, session)
        return change_log.append((f"mission:{what}", "tracks"), now, session)
    if not missions.is_current(platform, mission, version, session):
        # A sweep removes it once it has been out for ten minutes.
        versions.retire(platform, mission, version, now, session)
    return change_log.append(("verify",), now, session)
