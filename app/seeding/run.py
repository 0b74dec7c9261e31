"""`halocline seed`: fill a store of any size for measurements, as if its missions had been imported from files."""

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

from app import extensions
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
from app.telemetry import logs

IMPORTED_BY = "halocline seed"
# Computing the totals of hundreds of thousands of missions takes longer than the limit for requests.
_STORE_TIMEOUT_MS = 60_000
# 80 missions a batch: some megabytes of samples, and a transaction of about a second.
_PLATFORMS_AT_ONCE = 10
# The import context of a worker process, created once when the process starts.
_worker_context: list[ImportContext] = []


@dataclass(frozen=True, slots=True)
class Seeding:
    """The result of a seeding: counts, and the time taken to store the missions and to compute derived data."""

    missions: int
    profiles: int
    stored_s: float
    derived_s: float


def run(
    settings: Settings, plan: Plan, metadata_only: bool, all_sections: bool, as_before: bool, jobs: int = 1
) -> Seeding:
    """Seed the store of the settings and show the progress; `as_before` reuses the `until` of an earlier run, if any.

    `jobs` processes share the work. Raises Conflict for a store that holds anything else, Unavailable and
    RunFailed as `connection.bound`.
    """
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        indexes.ensure(extensions.mongo.db)
        earlier = seeds.arguments()
        if as_before and earlier:
            plan = replace(plan, until=earlier["until"])
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("Seeding", total=plan.missions)
            tools = context.import_context(settings, Options())

            def sow_batches(batches: Sequence[range]) -> Iterator[tuple[int, int]]:
                if jobs == 1:
                    yield from (sow_platforms(plan, batch, tools, metadata_only, all_sections) for batch in batches)
                    return
                # Spawned: the driver's threads and locks do not survive a fork.
                with ProcessPoolExecutor(jobs, get_context("spawn"), _initialize_worker, (settings,)) as workers:
                    work = partial(_sow_in_worker, plan, metadata_only=metadata_only, all_sections=all_sections)
                    yield from workers.map(work, batches)

            def show_progress(count: int) -> None:
                bar.update(task, completed=count)

            return sow(plan, tools, metadata_only, all_sections, show_progress, sow_batches)


def sow(
    plan: Plan,
    tools: ImportContext,
    metadata_only: bool = False,
    all_sections: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
    sow_batches: Callable[[Sequence[range]], Iterable[tuple[int, int]]] | None = None,
) -> Seeding:
    """Store the plan's missions with their derived data; `on_progress` is called with the number of missions stored.

    `metadata_only` stores the documents of missions and platforms and their totals, and no profile, sample or track.
    Sections take a second a mission: only missions at sea get them, unless `all_sections`. `sow_batches` calls
    `sow_platforms` for each range of platforms, for example in several processes.
    A seeding that was killed at any point and runs again with the same plan leaves the same store. Raises Conflict for
    a store that holds anything else, and pymongo's errors.
    """
    arguments = {**plan.described(), "metadata_only": metadata_only}
    if seeds.holds_others(IMPORTED_BY):
        raise Conflict("the store holds missions that were not seeded: name an empty one with MONGODB_DATABASE")
    if arguments | (seeds.arguments() or {}) != arguments:
        raise Conflict("the store was seeded with other arguments: name an empty one with MONGODB_DATABASE")
    began = time.monotonic()
    commit.replace_basins(tools.basins)
    seeds.note(arguments)
    count = stored = 0
    starts = range(0, plan.platforms, _PLATFORMS_AT_ONCE)
    batches = [range(first, min(first + _PLATFORMS_AT_ONCE, plan.platforms)) for first in starts]
    in_process = (sow_platforms(plan, batch, tools, metadata_only, all_sections) for batch in batches)
    for missions_sown, profiles_sown in in_process if sow_batches is None else sow_batches(batches):
        count, stored = count + missions_sown, stored + profiles_sown
        on_progress(count)
    stored_s = time.monotonic() - began
    rebuild.rebuild(tools.basin_map)
    return Seeding(count, stored, stored_s, time.monotonic() - began - stored_s)


def sow_platforms(
    plan: Plan, platforms: range, tools: ImportContext, metadata_only: bool = False, all_sections: bool = False
) -> tuple[int, int]:
    """Store the missions of these platforms with their tracks; returns the numbers of missions and of profiles.

    Other derived data are marked for a rebuild.
    """
    batch = [(seeded, draft_of(seeded, tools)) for index in platforms for seeded in plan.of_platform(index)]
    stored = 0 if metadata_only else _store_profiles(batch)
    sums = rebuild_queue.sums_of(seeded.identity.platform for seeded, _ in batch)
    others = () if metadata_only else _scopes([seeded for seeded, _ in batch], all_sections)
    transactions.run(partial(_store_missions, batch, [*others, *sums], tools))
    return len(batch), stored


def _initialize_worker(settings: Settings) -> None:
    """Connect a worker process to the store and create its import context; both end with the process."""
    logs.configure(settings.log_level, sys.stderr)
    timeout_ms = max(settings.mongodb_timeout_ms, _STORE_TIMEOUT_MS)
    extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": timeout_ms}))
    _worker_context.append(context.import_context(settings, Options()))


def _sow_in_worker(plan: Plan, platforms: range, metadata_only: bool, all_sections: bool) -> tuple[int, int]:
    return sow_platforms(plan, platforms, _worker_context[0], metadata_only, all_sections)


def draft_of(seeded: Seeded, tools: ImportContext) -> Draft:
    """The draft of the mission, after the same checks as those of files."""
    span = Span(tools.span.earliest_ms, to_ms(seeded.plan.until))
    return mission_draft.draft(seeded.observations(), seeded.identity, seeded.sha256, span, tools.basin_map)


def file_of(seeded: Seeded) -> File:
    """A description in place of the mission's file."""
    name = f"{seeded.vessel.platform}-{seeded.identity.mission}.nc"
    return File(Path(name), seeded.sha256, 0, IMPORTED_BY, made_up=True)


def _store_profiles(batch: Sequence[tuple[Seeded, Draft]]) -> int:
    """Store samples, profiles and, as their data are in memory, tracks; returns the number of profiles."""
    count = 0
    built = []
    for seeded, draft in batch:
        of_samples = list(sample_documents(draft, draft.version, -1, len(draft.parts)))
        of_profiles = profile_documents(draft, draft.version, file_of(seeded))
        samples.put(of_samples, afresh=True)
        profiles.put(of_profiles, afresh=True)
        count += len(of_profiles)
        mission, _ = new_mission(draft, file_of(seeded), seeded.imported_at, ())
        in_time = sorted(of_profiles, key=itemgetter("start_at", "number"))
        built.append(track_builder.track_of(mission_to_document(mission), in_time, of_samples))
    tracks.put_all(built)
    return count


def _store_missions(
    batch: Sequence[tuple[Seeded, Draft]], scopes: Sequence[str], tools: ImportContext, session: ClientSession
) -> None:
    created = [new_mission(draft, file_of(seeded), seeded.imported_at, ()) for seeded, draft in batch]
    missions.put_all(created, session)
    platforms = sorted({mission.platform for mission, _ in created})
    for platform in platforms:
        platform_summary.refresh(platform, tools.names, session)
    number = change_log.append(
        (*(f"platform:{platform}" for platform in platforms), "totals"), datetime.now(UTC), session
    )
    rebuild_queue.mark(scopes, number, session)


def _scopes(batch: Sequence[Seeded], all_sections: bool) -> Iterator[str]:
    """Scopes of derived data that an import would mark for a rebuild and that are not stored with the missions."""
    for seeded in batch:
        if all_sections or seeded.at_sea:
            yield f"sections:{seeded.identity.platform}/{seeded.identity.mission}"
    yield from sorted({f"updates:{seeded.identity.platform}" for seeded in batch})
