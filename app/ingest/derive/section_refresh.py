"""Sections made anew for what changed: outside the transaction that stores them, because drawing takes a while."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from bson.errors import BSONError
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from app import events
from app.domain.times import to_ms
from app.ingest.derive import section_builder, section_plots
from app.ingest.derive.section_builder import Dive
from app.store import change_log, missions, platforms, profiles, rebuild_queue, samples, sections, transactions

# A live mission gets a profile every few seconds; drawing each of them would be all that an importer does.
EVERY = timedelta(minutes=1)
log = structlog.get_logger(__name__)


def redraw(at_once: bool = True) -> list[str]:
    """Makes the sections of every mission that changed. Returns the scopes of which it could not.

    Not `at_once`, a mission whose sections exist waits for a minute after its first change, and one mission is made a
    call: its caller comes again, and has other things to do. Raises pymongo's errors when the store is away.
    """
    failed: list[str] = []
    for scope in rebuild_queue.sections() if at_once else _due(datetime.now(UTC))[:1]:
        try:
            number = _redrawn(scope)
        except (PyMongoError, BSONError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            if isinstance(error, PyMongoError) and transactions.is_away(error):
                raise
            log.exception("rebuild_failed", scope=scope)
            failed.append(scope)
        else:
            if number is not None:
                events.nudge(number)
    return failed


def _due(now: datetime) -> Sequence[str]:
    """The scopes to be made now, those that have waited longest first."""
    waiting = rebuild_queue.sections_since()
    return [scope for scope, at in waiting if at <= now - EVERY or not sections.any_of(*_names(scope))]


def _names(scope: str) -> tuple[str, str]:
    platform, _, mission = scope.partition(":")[2].partition("/")
    return platform, mission


def _redrawn(scope: str) -> int | None:
    """The number of the change; None when there is nothing to do, or somebody else knows of more."""
    platform, mission = _names(scope)
    number = rebuild_queue.number(scope)
    if number is None:
        return None
    found = missions.find(platform, mission)
    if found is None:
        transactions.run(lambda session: _emptied(scope, session))
        return None
    dives = [
        Dive(doc["number"], to_ms(doc["start_at"]), to_ms(doc["mid_at"]), doc["max_depth_m"])
        for doc in profiles.spans(platform, mission, found.version)
    ]
    stream = samples.of_version(platform, mission, found.version)
    made = section_builder.made(found, dives, stream, number, datetime.now(UTC))
    label = _label(platform, mission)
    drawn = [(section, section_plots.section(section, label, found.data_mode)) for section in made.sections]
    cloud = (made.cloud, section_plots.cloud(made.cloud, label, found.data_mode)) if made.cloud else None

    def store(session: ClientSession) -> int | None:
        # A version that was swapped out meanwhile has been marked again with the one that took its place.
        if not missions.is_current(platform, mission, found.version, session):
            return None
        if sections.newest(platform, mission, session) > number:
            return None
        sections.replace_all(platform, mission, drawn, cloud, session)
        rebuild_queue.clear_up_to(scope, number, session)
        tags = (f"mission:{platform}/{mission}", *(("simulated",) if found.simulated else ()))
        return change_log.append(tags, datetime.now(UTC), session)

    return transactions.run(store)


def _label(platform: str, mission: str) -> str:
    owner = platforms.named([platform]).get(platform)
    names = dict.fromkeys((owner.serial, owner.name or owner.serial) if owner else (platform,))
    return " ".join((*names, mission))


def _emptied(scope: str, session: ClientSession) -> None:
    sections.remove(*_names(scope), session)
    rebuild_queue.forget((scope,), session)
