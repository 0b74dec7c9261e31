"""The lease of a scheduled task: one run of an entry at a time, whatever messages the broker hands out twice.

A restore test has a second one, `restore_test`, which a run by hand takes, too: all of them use one database.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import structlog
from pymongo.errors import PyMongoError

from app import errors
from app.config import Settings
from app.domain.printable import one_line
from app.errors import RunFailed, Unavailable
from app.extensions import Mongo
from app.store import leases, transactions

# A lease survives three renewals that fail.
RENEW_S = leases.LEASE_S / 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Lease:
    store: Mongo
    collection: str
    name: str
    holder: str

    def take(self) -> bool:
        """Take or renew it; False while another holder has it. Raises pymongo's errors."""
        return leases.take(self.store.db, self.collection, self.name, self.holder)


def held(settings: Settings, entry: str) -> AbstractContextManager[bool]:
    """True if this process holds the lease of the entry for the duration of the block; False if another one does.

    A process that cannot renew it ends at once: another one may run the entry then. Raises Unavailable if MongoDB is
    unreachable, and RunFailed if it refuses.
    """
    return _held(settings, "schedule_runs", entry)


def restore_test(settings: Settings) -> AbstractContextManager[bool]:
    """The same for restore tests, in the collection in which the account for backups may write."""
    return _held(settings, "backups", "restore_test")


@contextmanager
def _held(settings: Settings, collection: str, name: str) -> Iterator[bool]:
    holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    # A connection of its own: tasks bind that of the process to other databases and accounts.
    store = Mongo()
    store.bind(settings)
    try:
        lease = _Lease(store, collection, name, holder)
        if not _is_taken(lease):
            yield False
            return
        try:
            with _renewed(lease):
                yield True
        finally:
            # Otherwise it expires.
            with suppress(PyMongoError):
                leases.release(store.db, collection, name, holder)
    finally:
        store.close()


def _is_taken(lease: _Lease) -> bool:
    try:
        return lease.take()
    except PyMongoError as error:
        if transactions.is_unreachable(error):
            raise Unavailable("MongoDB") from error
        raise RunFailed(f"MongoDB refuses the lease of {lease.name}: {one_line(str(error))[:200]}") from error


@contextmanager
def _renewed(lease: _Lease) -> Iterator[None]:
    ended = threading.Event()
    renewal = threading.Thread(target=_renew, args=(lease, ended), name="lease", daemon=True)
    renewal.start()
    try:
        yield
    finally:
        ended.set()
        renewal.join()


def _renew(lease: _Lease, ended: threading.Event) -> None:
    renewed_s = time.monotonic()
    while not ended.wait(RENEW_S):
        try:
            is_held = lease.take()
            renewed_s = time.monotonic()
        except PyMongoError as error:
            log.warning("lease_not_renewed", entry=lease.name, error=errors.name_of(error))
            is_held = time.monotonic() - renewed_s < leases.LEASE_S - RENEW_S
        if not is_held and not ended.is_set():
            log.error("lease_lost", entry=lease.name)
            # Nothing else ends a task in the middle of a call. Its message returns and waits for the other run.
            os.kill(os.getpid(), signal.SIGKILL)
