"""Rebuild of sections after a change: computed outside the transaction that stores them, because drawing is slow."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from pymongo.client_session import ClientSession

from app.domain.sections import mission_label
from app.ingest.derive import rebuild_loop, section_builder, section_plots
from app.ingest.derive.section_builder import Dive
from app.store import change_log, missions, platforms, profiles, rebuild_queue, samples, sections, transactions

# A live mission gets a profile every few seconds; a redraw for each would occupy the importer completely.
EVERY = timedelta(minutes=1)
# After its own files, an import draws the backlog of a new release for so long: imports run hourly or more often, and
# each of them must end before the next one. A mission takes about a second.
BACKLOG_FOR = timedelta(minutes=2)


class _Order:
    is_random = False


def draw_in_random_order() -> None:
    """For workers, of which several redraw at once: in one order, each would draw what another one is drawing."""
    _Order.is_random = True


def redraw(at_once: bool = True) -> list[str]:
    """Rebuild the sections of every changed mission, then the backlog for BACKLOG_FOR. Returns the failed scopes.

    The rest of the backlog stays queued for the next call. With `at_once` False, a mission with sections waits for a
    minute after its first change, and each call rebuilds one mission, because the caller returns soon and has other
    work. Raises pymongo's errors when the store is unreachable.
    """
    if at_once:
        changed = rebuild_queue.sections()
        if _Order.is_random:
            random.shuffle(changed)
        return rebuild_loop.run(changed, _redraw) + rebuild_loop.run(_backlog(), _redraw)
    due = _due(datetime.now(UTC)) or list(islice(rebuild_queue.section_backlog(), 1))
    return rebuild_loop.run(due[:1], _redraw)


def _backlog() -> Iterator[str]:
    """The scopes of the backlog until the time is over, but at least one, so that each run makes progress."""
    end_s = time.monotonic() + BACKLOG_FOR.total_seconds()
    for scope in rebuild_queue.section_backlog():
        yield scope
        if time.monotonic() >= end_s:
            return


def _due(now: datetime) -> Sequence[str]:
    """The scopes that are due, the longest waiting first."""
    waiting = rebuild_queue.sections_since()
    return [scope for scope, at in waiting if at <= now - EVERY or not sections.any_of(*_names(scope))]


def _names(scope: str) -> tuple[str, str]:
    platform, _, mission = scope.partition(":")[2].partition("/")
    return platform, mission


def _redraw(scope: str) -> int | None:
    """The number of the change; None when nothing is to do, or another process has stored a newer result."""
    platform, mission = _names(scope)
    number = rebuild_queue.number(scope)
    if number is None:
        return None
    record = missions.find(platform, mission)
    if record is None:
        transactions.run(lambda session: _remove(scope, session))
        return None
    dives = [Dive.of(doc) for doc in profiles.spans(platform, mission, record.version)]
    stream = samples.of_version(platform, mission, record.version)
    built = section_builder.build(record, dives, stream, number, datetime.now(UTC))
    label = mission_label(record, platforms.named([platform]).get(platform))
    drawn = [(section, section_plots.section(section, label, record)) for section in built.sections]
    cloud = None
    if built.cloud is not None:
        cloud = (built.cloud, section_plots.cloud(built.cloud, label, record))

    def store(session: ClientSession) -> int | None:
        # If the version was replaced in the meantime, the replacement has marked the scope again.
        if not missions.is_current(platform, mission, record.version, session):
            return None
        if sections.newest(platform, mission, session) > number:
            return None
        sections.replace_all(platform, mission, drawn, cloud, session)
        rebuild_queue.clear_up_to(scope, number, session)
        tags = (f"mission:{platform}/{mission}", *(("simulated",) if record.simulated else ()))
        return change_log.append(tags, datetime.now(UTC), session)

    return transactions.run(store)


def _remove(scope: str, session: ClientSession) -> None:
    sections.remove(*_names(scope), session)
    rebuild_queue.forget((scope,), session)
