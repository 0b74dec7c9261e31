"""`halocline seed`: a store of any size to measure with, as if its missions had been taken in from files."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path

from pymongo.client_session import ClientSession
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import extensions, logs
from app.config import Settings
from app.domain.times import to_ms
from app.errors import Conflict
from app.ingest import context
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild, track_builder
from app.ingest.interpret import mission_draft
from app.ingest.interpret.identity import Options
from app.ingest.interpret.mission_draft import Draft, Span
from app.ingest.persist import commit, platform_summary
from app.ingest.persist.mapping import File, new_mission, profile_documents, sample_documents
from app.seeding.plan import Plan, Seeded
from app.store import (
    change_log,
    connection,
    indexes,
    missions,
    profiles,
    rebuild_queue,
    samples,
    seeds,
    tracks,
    transactions,
)
from app.store.documents import mission_to_document

IMPORTED_BY = "halocline seed"
# Totals of hundreds of thousands of missions take longer than a visitor would wait.
_STORE_TIMEOUT_MS = 60_000
# 80 missions: some megabytes of samples, and a transaction of a second.
_PLATFORMS_AT_ONCE = 10
# The tools of a process that shares the work, made once.
_elsewhere: list[ImportContext] = []


@dataclass(frozen=True, slots=True)
class Made:
    """What a seed has stored, and how long it took without and with what derives from it."""

    missions: int
    profiles: int
    stored_s: float
    derived_s: float


def run(
    settings: Settings, plan: Plan, metadata_only: bool, all_sections: bool, as_before: bool, jobs: int = 1
) -> Made:
    """Seeds the store of the settings and shows how far it is; `as_before` takes an earlier run's `until`, if any.

    `jobs` processes share the work. Raises Conflict for a store that holds anything else, Unavailable and
    HaloclineError as `connection.bound`.
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
            tools = context.import_context(settings, Options())

            def sown(batches: Sequence[range]) -> Iterator[tuple[int, int]]:
                if jobs == 1:
                    yield from (sow_platforms(plan, batch, tools, metadata_only, all_sections) for batch in batches)
                    return
                # Not forked: threads of the driver and their locks do not survive it.
                with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (settings,)) as workers:
                    work = partial(_sown_elsewhere, plan, metadata_only=metadata_only, all_sections=all_sections)
                    yield from workers.map(work, batches)

            def told(count: int) -> None:
                bar.update(task, completed=count)

            return sow(plan, tools, metadata_only, all_sections, told, sown)


def sow(
    plan: Plan,
    tools: ImportContext,
    metadata_only: bool = False,
    all_sections: bool = False,
    told: Callable[[int], None] = lambda _: None,
    sown: Callable[[Sequence[range]], Iterable[tuple[int, int]]] | None = None,
) -> Made:
    """Stores the plan's missions with all that derives from them; `told` hears how many there are.

    `metadata_only` stores the documents of missions and platforms and their totals, and no profile, sample or track.
    Sections take a second a mission: only those at sea have them, unless `all_sections`. `sown` does what
    `sow_platforms` does for each range of platforms, as processes may that share the work.
    Killed at any point and run again with the same plan, the store ends the same. Raises Conflict for a store that
    holds anything else, and pymongo's errors.
    """
    arguments = {**plan.described(), "metadata_only": metadata_only}
    if seeds.holds_others(IMPORTED_BY):
        raise Conflict("the store holds missions that no seed has made: name an empty one with MONGODB_DATABASE")
    if arguments | (seeds.arguments() or {}) != arguments:
        raise Conflict("the store was seeded with other arguments: name an empty one with MONGODB_DATABASE")
    began = time.monotonic()
    commit.replace_basins(tools.basins)
    seeds.note(arguments)
    count = stored = 0
    starts = range(0, plan.platforms, _PLATFORMS_AT_ONCE)
    batches = [range(first, min(first + _PLATFORMS_AT_ONCE, plan.platforms)) for first in starts]
    here = (sow_platforms(plan, batch, tools, metadata_only, all_sections) for batch in batches)
    for missions_sown, profiles_sown in here if sown is None else sown(batches):
        count, stored = count + missions_sown, stored + profiles_sown
        told(count)
    stored_s = time.monotonic() - began
    rebuild.rebuild(tools.basin_map)
    return Made(count, stored, stored_s, time.monotonic() - began - stored_s)


def sow_platforms(
    plan: Plan, platforms: range, tools: ImportContext, metadata_only: bool = False, all_sections: bool = False
) -> tuple[int, int]:
    """Stores the missions of these platforms with their tracks. Returns how many, and how many profiles.

    What else derives from them is marked for a rebuild.
    """
    batch = [(seeded, draft_of(seeded, tools)) for index in platforms for seeded in plan.of_platform(index)]
    stored = 0 if metadata_only else _store_profiles(batch)
    sums = rebuild_queue.sums_of(seeded.identity.platform for seeded, _ in batch)
    others = () if metadata_only else _scopes([seeded for seeded, _ in batch], all_sections)
    transactions.run(partial(_store_missions, batch, [*others, *sums], tools))
    return len(batch), stored


def _begin(settings: Settings) -> None:
    """What a process that shares the work needs; it ends with the process."""
    logs.configure(settings.log_level, sys.stderr)
    longer = max(settings.mongodb_timeout_ms, _STORE_TIMEOUT_MS)
    extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": longer}))
    _elsewhere.append(context.import_context(settings, Options()))


def _sown_elsewhere(plan: Plan, platforms: range, metadata_only: bool, all_sections: bool) -> tuple[int, int]:
    return sow_platforms(plan, platforms, _elsewhere[0], metadata_only, all_sections)


def draft_of(seeded: Seeded, tools: ImportContext) -> Draft:
    """The mission as it comes out of the checks that files go through."""
    span = Span(tools.span.earliest_ms, to_ms(seeded.plan.until))
    return mission_draft.draft(seeded.observations(), seeded.identity, seeded.sha256, span, tools.basin_map)


def file_of(seeded: Seeded) -> File:
    """What stands for the mission's file."""
    name = f"{seeded.vessel.platform}-{seeded.identity.mission}.nc"
    return File(Path(name), seeded.sha256, 0, IMPORTED_BY, made_up=True)


def _store_profiles(batch: Sequence[tuple[Seeded, Draft]]) -> int:
    """Stores samples, profiles and, for they are at hand, tracks. Returns the number of profiles."""
    count = 0
    found = []
    for seeded, draft in batch:
        of_samples = list(sample_documents(draft, draft.version, -1, len(draft.parts)))
        of_profiles = profile_documents(draft, draft.version, file_of(seeded))
        samples.put(of_samples, afresh=True)
        profiles.put(of_profiles, afresh=True)
        count += len(of_profiles)
        mission, _ = new_mission(draft, file_of(seeded), seeded.imported_at, ())
        in_time = sorted(of_profiles, key=itemgetter("start_at", "number"))
        found.append(track_builder.track_of(mission_to_document(mission), in_time, of_samples))
    tracks.put_all(found)
    return count


def _store_missions(
    batch: Sequence[tuple[Seeded, Draft]], scopes: Sequence[str], tools: ImportContext, session: ClientSession
) -> None:
    found = [new_mission(draft, file_of(seeded), seeded.imported_at, ()) for seeded, draft in batch]
    missions.put_all(found, session)
    platforms = sorted({mission.platform for mission, _ in found})
    for platform in platforms:
        platform_summary.refresh(platform, tools.names, session)
    number = change_log.append(
        (*(f"platform:{platform}" for platform in platforms), "totals"), datetime.now(UTC), session
    )
    rebuild_queue.mark(scopes, number, session)


def _scopes(batch: Sequence[Seeded], all_sections: bool) -> Iterator[str]:
    """What the import path would mark as outdated and is not stored with the missions."""
    for seeded in batch:
        if all_sections or seeded.at_sea:
            yield f"sections:{seeded.identity.platform}/{seeded.identity.mission}"
    yield from sorted({f"updates:{seeded.identity.platform}" for seeded in batch})
