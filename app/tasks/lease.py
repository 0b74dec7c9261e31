"""The lease of a scheduled task: one run of an entry at a time, whatever messages the broker hands out twice."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import structlog
from pymongo.errors import PyMongoError

from app import errors
from app.config import Settings
from app.errors import Unavailable
from app.extensions import Mongo
from app.store import schedule_runs, transactions

# A lease survives three renewals that fail.
RENEW_S = schedule_runs.LEASE_S / 4

log = structlog.get_logger(__name__)


@contextmanager
def held(settings: Settings, entry: str) -> Iterator[bool]:
    """True if this process holds the lease of the entry for the duration of the block; False if another one does.

    A process that cannot renew it ends at once: another one may run the entry then. Raises Unavailable if MongoDB is
    unreachable, and pymongo's errors.
    """
    holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    # A connection of its own: tasks bind that of the process to other databases and accounts.
    store = Mongo()
    store.bind(settings)
    try:
        if not _take(store, entry, holder):
            yield False
            return
        try:
            with _renewed(store, entry, holder):
                yield True
        finally:
            # Otherwise it expires.
            with suppress(PyMongoError):
                schedule_runs.release_lease(store.db, entry, holder)
    finally:
        store.close()


def _take(store: Mongo, entry: str, holder: str) -> bool:
    try:
        return schedule_runs.take_lease(store.db, entry, holder)
    except PyMongoError as error:
        if transactions.is_unreachable(error):
            raise Unavailable("MongoDB") from error
        raise


@contextmanager
def _renewed(store: Mongo, entry: str, holder: str) -> Iterator[None]:
    ended = threading.Event()
    renewal = threading.Thread(target=_renew, args=(store, entry, holder, ended), name="lease", daemon=True)
    renewal.start()
    try:
        yield
    finally:
        ended.set()
        renewal.join()


def _renew(store: Mongo, entry: str, holder: str, ended: threading.Event) -> None:
    renewed_s = time.monotonic()
    while not ended.wait(RENEW_S):
        try:
            is_held = schedule_runs.take_lease(store.db, entry, holder)
            renewed_s = time.monotonic()
        except PyMongoError as error:
            log.warning("lease_not_renewed", entry=entry, error=errors.name_of(error))
            is_held = time.monotonic() - renewed_s < schedule_runs.LEASE_S - RENEW_S
        if not is_held and not ended.is_set():
            log.error("lease_lost", entry=entry)
            # Nothing else ends a task in the middle of a call. Its message returns and waits for the other run.
            os.kill(os.getpid(), signal.SIGKILL)
