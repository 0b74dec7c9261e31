"""`halocline seed`: a store of any size to measure with, as if its missions had been taken in from files."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pymongo.client_session import ClientSession
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import extensions
from app.config import Settings
from app.domain.times import to_ms
from app.errors import Conflict
from app.ingest import assembly, derivation, fleet, kit, pipeline
from app.ingest.assembly import Draft, Span
from app.ingest.documents import File, new_mission, profile_documents, sample_documents
from app.ingest.identity import Options
from app.ingest.kit import Kit
from app.store import changes, indexes, missions, pending, profiles, samples, seeds, transactions
from app.trial import connection
from app.trial.seeding import Plan, Seeded

IMPORTED_BY = "halocline seed"
# Totals of hundreds of thousands of missions take longer than a visitor would wait.
_STORE_TIMEOUT_MS = 60_000
# 80 missions: some megabytes of samples, and a transaction of a second.
_PLATFORMS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Made:
    """What a seed has stored, and how long it took without and with what derives from it."""

    missions: int
    profiles: int
    stored_s: float
    derived_s: float


def run(settings: Settings, plan: Plan, metadata_only: bool, all_sections: bool, as_before: bool) -> Made:
    """Seeds the store of the settings and shows how far it is; `as_before` takes an earlier run's `until`, if any.

    Raises Conflict for a store that holds anything else, Unavailable and HaloclineError as `connection.bound`.
    """
    with connection.bound(settings, _STORE_TIMEOUT_MS):
        indexes.ensure(extensions.mongo.db)
        noted = seeds.arguments()
        if as_before and noted:
            plan = replace(plan, until=noted["until"])
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        shown = Console(stderr=True)
        with Progress(*columns, console=shown, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("Seeding", total=plan.missions)

            def told(count: int) -> None:
                bar.update(task, completed=count)

            return sow(plan, kit.kit(settings, Options()), metadata_only, all_sections, told)


def sow(
    plan: Plan,
    tools: Kit,
    metadata_only: bool = False,
    all_sections: bool = False,
    told: Callable[[int], None] = lambda _: None,
) -> Made:
    """Stores the plan's missions with all that derives from them; `told` hears how many there are.

    `metadata_only` stores the documents of missions and platforms and their totals, and no profile, sample or track.
    Sections take a second a mission: only those at sea have them, unless `all_sections`.
    Killed at any point and run again with the same plan, the store ends the same. Raises Conflict for a store that
    holds anything else, and pymongo's errors.
    """
    arguments = {**plan.described(), "metadata_only": metadata_only}
    if seeds.holds_others(IMPORTED_BY):
        raise Conflict("the store holds missions that no seed has made: name an empty one with MONGODB_DATABASE")
    if (seeds.arguments() or arguments) != arguments:
        raise Conflict("the store was seeded with other arguments: name an empty one with MONGODB_DATABASE")
    began = time.monotonic()
    pipeline.learn_basins(tools.basins)
    seeds.note(arguments)
    count = stored = 0
    for first in range(0, plan.platforms, _PLATFORMS_AT_ONCE):
        indexes = range(first, min(first + _PLATFORMS_AT_ONCE, plan.platforms))
        batch = [(seeded, draft_of(seeded, tools)) for index in indexes for seeded in plan.of_platform(index)]
        if not metadata_only:
            stored += sum(_store_profiles(seeded, draft) for seeded, draft in batch)
        scopes = ["totals"] if metadata_only else list(_scopes([seeded for seeded, _ in batch], all_sections))
        transactions.run(partial(_store_missions, batch, scopes, tools))
        count += len(batch)
        told(count)
    stored_s = time.monotonic() - began
    derivation.rebuild(tools.basin_map)
    return Made(count, stored, stored_s, time.monotonic() - began - stored_s)


def draft_of(seeded: Seeded, tools: Kit) -> Draft:
    """The mission as it comes out of the checks that files go through."""
    span = Span(tools.span.earliest_ms, to_ms(seeded.plan.until))
    return assembly.draft(seeded.observations(), seeded.identity, seeded.sha256, span, tools.basin_map)


def file_of(seeded: Seeded) -> File:
    """What stands for the mission's file."""
    name = f"{seeded.vessel.platform}-{seeded.identity.mission}.nc"
    return File(Path(name), seeded.sha256, 0, IMPORTED_BY, made_up=True)


def _store_profiles(seeded: Seeded, draft: Draft) -> int:
    count = len(draft.parts)
    samples.put(list(sample_documents(draft, draft.version, -1, count)), afresh=True)
    profiles.put(profile_documents(draft, draft.version, file_of(seeded)), afresh=True)
    return count


def _store_missions(
    batch: Sequence[tuple[Seeded, Draft]], scopes: Sequence[str], tools: Kit, session: ClientSession
) -> None:
    found = [new_mission(draft, file_of(seeded), seeded.imported_at, ()) for seeded, draft in batch]
    missions.put_all(found, session)
    platforms = sorted({mission.platform for mission, _ in found})
    for platform in platforms:
        fleet.refresh(platform, tools.names, session)
    number = changes.append((*(f"platform:{platform}" for platform in platforms), "totals"), datetime.now(UTC), session)
    pending.mark(scopes, number, session)


def _scopes(batch: Sequence[Seeded], all_sections: bool) -> Iterator[str]:
    """What the import path would mark as outdated."""
    for seeded in batch:
        name = f"{seeded.identity.platform}/{seeded.identity.mission}"
        yield f"mission:{name}"
        if all_sections or seeded.at_sea:
            yield f"sections:{name}"
    yield from sorted({f"updates:{seeded.identity.platform}" for seeded in batch})
    yield "totals"
