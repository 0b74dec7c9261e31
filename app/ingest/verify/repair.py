"""Repair of differences: marks scopes for a rebuild and applies the other remedies. It computes no numbers itself."""

from collections.abc import Callable, Sequence
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
from app.ingest.verify.comparison import Difference, Kind, Remedy
from app.store import change_log, missions, rebuild_queue, subtotals, totals, tracks, transactions, versions

log = structlog.get_logger(__name__)


def repair(
    differences: Sequence[Difference], basin_map: BasinMap, names: dict[str, PlatformName]
) -> tuple[int, list[str]]:
    """Apply the remedies. Returns the number of differences with a remedy, and the scopes that could not be rebuilt.

    Each remedy is a transaction that logs the change. After a crash, the next import rebuilds the marked scopes.
    """
    remedies = sorted({remedy for difference in differences for remedy in difference.remedies})
    _apply([remedy for remedy in remedies if remedy[0] != "totals"], names)
    failed = rebuild.rebuild(basin_map)
    # Totals are sums of documents that the rebuild has just corrected.
    _apply([remedy for remedy in remedies if remedy[0] == "totals"], names)
    return sum(1 for difference in differences if difference.remedies), failed


def _apply(remedies: Sequence[Remedy], names: dict[str, PlatformName]) -> None:
    for remedy in remedies:
        events.announce(transactions.run(partial(_applied, remedy, names)))
        log.info("verify_repaired", kind=remedy[0], what=remedy[1])


def _applied(remedy: Remedy, names: dict[str, PlatformName], session: ClientSession) -> int:
    kind, target = remedy
    return _HANDLERS[kind](target, names, datetime.now(UTC), session)


def _rebuild(scope: str, _names: dict[str, PlatformName], now: datetime, session: ClientSession) -> int:
    number = change_log.append(("verify",), now, session)
    rebuild_queue.mark((scope,), number, session)
    return number


def _platform(platform: str, names: dict[str, PlatformName], now: datetime, session: ClientSession) -> int:
    platform_summary.refresh(platform, names, session)
    number = change_log.append((f"platform:{platform}", "totals"), now, session)
    # The search index contains the names of the platform, which may have been wrong, too.
    rebuild_queue.mark((f"updates:{platform}",), number, session)
    return number


def _totals(scope: str, _names: dict[str, PlatformName], now: datetime, session: ClientSession) -> int:
    totals.replace([scope], summing.totals(subtotals.of_scopes([scope], session), now), session)
    return change_log.append(("totals",), now, session)


def _track(name: str, _names: dict[str, PlatformName], now: datetime, session: ClientSession) -> int:
    platform, _, mission = name.partition("/")
    # The mission may have been imported again since the second comparison.
    if missions.document(platform, mission, session) is None:
        tracks.remove(platform, mission, session)
    return change_log.append((f"mission:{name}", "tracks"), now, session)


def _retire(name: str, _names: dict[str, PlatformName], now: datetime, session: ClientSession) -> int:
    platform, mission, version = name.split("/", 2)
    if not missions.is_current(platform, mission, version, session):
        # A sweep removes the version ten minutes later.
        versions.retire(platform, mission, version, now, session)
    return change_log.append(("verify",), now, session)


_HANDLERS: dict[Kind, Callable[[str, dict[str, PlatformName], datetime, ClientSession], int]] = {
    "rebuild": _rebuild,
    "platform": _platform,
    "totals": _totals,
    "track": _track,
    "retire": _retire,
}
