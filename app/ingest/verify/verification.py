"""A verification: units compared one after the other, each in one snapshot, and again if they differ."""

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from bson.errors import BSONError
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from app.domain.basins import BasinMap
from app.domain.import_log import Verification
from app.errors import NotFound
from app.ingest.verify import missions, platforms, totals
from app.ingest.verify.comparison import Difference
from app.ingest.verify.missions import Scope, Tally
from app.store import seeds, snapshots, verification_reads
from app.store.documents import basin_from_document

log = structlog.get_logger(__name__)

# A snapshot fails if a collection or an index has just been created, or after 5 minutes of history.
_NO_SNAPSHOT = (246, 239)
_TRIES = 5
_PAUSE_S = 1.0

Comparison = Callable[[Tally, ClientSession], Iterator[Difference]]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Unit:
    """The documents that are compared in one snapshot."""

    name: str
    compare: Comparison


@dataclass(frozen=True, slots=True)
class Result:
    """The numbers of the verification, and the differences that were confirmed by a second comparison."""

    counts: Verification
    differences: list[Difference] = field(default_factory=list)


def verify(mission: str | None, sections: bool, pace: float, progress: Progress = lambda _: None) -> Result:
    """Compares the whole store, or one mission (`platform/mission`) and its platform.

    A difference counts only if a second comparison confirms it, because writes outside transactions may be incomplete
    at the first. `pace` is the share of the time spent working. `progress` receives the number of compared missions.
    Raises NotFound, and pymongo's errors when the store is unreachable.
    """
    began_at = datetime.now(UTC)
    scope = _scope(sections)
    tally = Tally()
    suspects: list[tuple[Unit, frozenset[tuple[str, str]]]] = []
    for unit in _units(mission, scope):
        started = time.monotonic()
        if candidates := _compared(unit, tally):
            suspects.append((unit, frozenset(difference.key for difference in candidates)))
        progress(tally.missions)
        if pace < 1:
            time.sleep((time.monotonic() - started) * (1 / pace - 1))
    differences: list[Difference] = []
    for unit, before in suspects:
        differences += [difference for difference in _compared(unit, Tally()) if difference.key in before]
    counts = Verification(
        began_at, datetime.now(UTC), tally.missions, tally.profiles, tally.totals, tally.waiting, len(differences)
    )
    return Result(counts, differences)


def _scope(sections: bool) -> Scope:
    seeded = seeds.arguments()
    return Scope(basin_map(), sections, seeded is not None, not (seeded or {}).get("metadata_only", False))


def basin_map() -> BasinMap:
    """The stored basins, to which missions are assigned; the operator's folder may have changed since."""
    with snapshots.begin() as session:
        return BasinMap([basin_from_document(doc) for doc in verification_reads.basins(session)])


def _units(mission: str | None, scope: Scope) -> Iterator[Unit]:
    """The units in the order of platforms and missions, as a stream, so that memory is bounded."""
    if mission is not None:
        platform, _, name = mission.partition("/")
        if name not in _missions_of(platform):
            raise NotFound(f"there is no mission {mission}")
        yield Unit(f"mission {mission}", partial(missions.compared, platform, name, scope))
        yield Unit(f"platform {platform}", partial(platforms.compared, platform, scope))
        return
    with snapshots.begin() as session:
        names = verification_reads.platforms(session)
    for platform in names:
        for name in _missions_of(platform):
            yield Unit(f"mission {platform}/{name}", partial(missions.compared, platform, name, scope))
        yield Unit(f"platform {platform}", partial(platforms.compared, platform, scope))
    yield Unit("sums", totals.compared)


def _missions_of(platform: str) -> list[str]:
    with snapshots.begin() as session:
        return verification_reads.mission_names(platform, session)


def _compared(unit: Unit, tally: Tally, tries_left: int = _TRIES) -> list[Difference]:
    """The current differences of a unit; an unusable document is one, and does not stop the run."""
    try:
        with snapshots.begin() as session:
            return list(unit.compare(tally, session))
    except OperationFailure as error:
        if error.code not in _NO_SNAPSHOT or tries_left == 0:
            raise
    except (BSONError, zlib.error, ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        log.warning("verify_unreadable", unit=unit.name, exc_info=True)
        return [Difference(unit.name, "document", "unusable", f"{type(error).__name__}: {error}")]
    time.sleep(_PAUSE_S)
    return _compared(unit, tally, tries_left - 1)


def described(counts: Verification) -> dict[str, Any]:
    """The counts as the last line of `--json`."""
    return {
        "kind": "summary",
        "seconds": round((counts.ended_at - counts.began_at).total_seconds(), 3),
        "missions": counts.missions,
        "profiles": counts.profiles,
        "totals": counts.totals,
        "skipped": counts.waiting,
        "differences": counts.differences,
    }
