"""The process of `halocline simulate`: dives until it is asked to end; a store that is away is waited for."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from pymongo.errors import PyMongoError

from app import extensions
from app.config import Settings
from app.ingest import context
from app.ingest.derive import rebuild
from app.ingest.interpret.identity import Options
from app.simulator.feed import Simulator
from app.simulator.gliders import FLEET, Schedule
from app.store import connection, indexes, transactions

# What a store that restarts needs; a longer pause would make people think that nothing happens any more.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# Longer than a visitor would wait, shorter than what `make down` gives a process to end.
_STORE_TIMEOUT_MS = 15_000

log = structlog.get_logger(__name__)


def run(settings: Settings, every_s: float, seed: int = 0, once: bool = False) -> None:
    """Stores a made-up profile every `every_s` seconds until SIGTERM or SIGINT; `once`: what is due, and ends.

    Raises Unavailable for `once` when the store is away, and HaloclineError when it answers no.
    """
    with connection.bound(settings, _STORE_TIMEOUT_MS), _asked_to_end() as ending:
        simulator = Simulator(context.import_context(settings, Options()), Schedule(every_s * len(FLEET), seed))
        if once:
            indexes.ensure(extensions.mongo.db)
            stored = simulator.catch_up(datetime.now(UTC), ending.is_set)
            rebuild.rebuild(simulator.tools.basin_map)
            log.info("simulated", profiles=stored)
        else:
            follow(simulator, every_s, lambda: datetime.now(UTC), ending.wait, ending.is_set)


def follow(
    simulator: Simulator,
    every_s: float,
    now: Callable[[], datetime],
    wait: Callable[[float], bool],
    asked_to_end: Callable[[], bool],
) -> None:
    """Catches up again and again. `wait` sleeps so many seconds and says whether to end.

    While the store is away it says so once and tries again, less and less often; then it goes on where it was.
    """
    ready, pause_s = False, 0.0
    while True:
        try:
            if not ready:
                indexes.ensure(extensions.mongo.db)
            stored = simulator.catch_up(now(), asked_to_end)
            if not ready:
                log.info("simulating", every_s=every_s, profiles=stored)
            ready, pause_s = True, 0.0
        except PyMongoError as error:
            if not transactions.is_unreachable(error):
                raise
            ready, pause_s = False, min(max(pause_s * 2, FIRST_WAIT_S), LONGEST_WAIT_S)
            log.warning("store_away", error=type(error).__name__, retry_in_s=pause_s)
        if wait(pause_s or every_s):
            return


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """An event that SIGTERM, SIGINT and SIGHUP set."""
    event = threading.Event()
    endings = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: event.set()) for number in endings}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
