"""The process of `halocline simulate`: it imports dives until a signal stops it, and waits for an unreachable store."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from pymongo.errors import PyMongoError

from app import errors, extensions
from app.config import Settings
from app.ingest import context
from app.ingest.derive import rebuild
from app.ingest.interpret.identity import Options
from app.simulator.feed import Simulator
from app.simulator.gliders import FLEET, Schedule
from app.store import connection, indexes, transactions

# A store that restarts needs seconds. A longer pause than half a minute would look as if the simulator had stopped.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# Above the limit for requests, as no visitor waits; below the 20 s that `make down` gives a process to stop.
_STORE_TIMEOUT_MS = 15_000

log = structlog.get_logger(__name__)


def run(settings: Settings, every_s: float, seed: int = 0, once: bool = False) -> None:
    """Store a simulated profile every `every_s` seconds until SIGTERM or SIGINT; `once`: those that are due.

    Raises Unavailable with `once` if the store is unreachable, and RunFailed if it rejects a command.
    """
    with connection.bound(settings, _STORE_TIMEOUT_MS), _stop_event() as stop:
        simulator = Simulator(context.import_context(settings, Options()), Schedule(every_s * len(FLEET), seed))
        if once:
            indexes.ensure(extensions.mongo.db)
            stored = simulator.catch_up(datetime.now(UTC), stop.is_set)
            rebuild.rebuild(simulator.tools.basin_map)
            log.info("simulated", profiles=stored)
        else:
            follow(simulator, every_s, lambda: datetime.now(UTC), stop.wait, stop.is_set)


def follow(
    simulator: Simulator,
    every_s: float,
    now: Callable[[], datetime],
    wait: Callable[[float], bool],
    should_stop: Callable[[], bool],
) -> None:
    """Import the dives of a simulator repeatedly. `wait` sleeps for some seconds; it returns True to stop.

    If the store is unreachable, it retries after increasing pauses, logs each one, and continues where it was.
    """
    ready, pause_s = False, 0.0
    while True:
        try:
            if not ready:
                indexes.ensure(extensions.mongo.db)
            stored = simulator.catch_up(now(), should_stop)
            if not ready:
                log.info("simulating", every_s=every_s, profiles=stored)
            ready, pause_s = True, 0.0
        except PyMongoError as error:
            if not transactions.is_unreachable(error):
                raise
            ready, pause_s = False, min(max(pause_s * 2, FIRST_WAIT_S), LONGEST_WAIT_S)
            log.warning("store_unreachable", error=errors.name_of(error), retry_in_s=pause_s)
        if wait(pause_s or every_s):
            return


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """An event that SIGTERM, SIGINT and SIGHUP set."""
    event = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: event.set()) for number in signals}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
