"""Transactions: atomic, retried after a write conflict."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from pymongo import ReadPreference
from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app.errors import Conflict
from app.extensions import mongo

Result = TypeVar("Result")

# MongoDB ends the transaction of a killed client after 60 s (transactionLifetimeLimitSeconds), for which it looks every
# 30 s. pymongo repeats a transaction for 120 s.
_LONGEST_WAIT = timedelta(seconds=90)
# Transactions of importers that work last for milliseconds.
_REPORTED_AFTER = timedelta(seconds=1)
_WRITE_CONFLICT = 112

log = structlog.get_logger(__name__)


def run(work: Callable[[ClientSession], Result]) -> Result:
    """The result of `work(session)`, whose writes are committed by a majority. `work` may run more than once.

    Waits, and logs it, while another client has changed the same documents in an open transaction. Raises Conflict if
    that lasts for two minutes, and pymongo's errors.
    """
    conflicts = _Conflicts()
    with mongo.client.start_session() as session:
        try:
            return session.with_transaction(
                lambda session: conflicts.observed(work, session),
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=ReadPreference.PRIMARY,
            )
        except PyMongoError as error:
            if conflicts.last is not None and conflicts.last in (error, error.__cause__):
                raise Conflict("Another import holds the same documents for two minutes; please try again.") from error
            raise


class _Conflicts:
    """The write conflicts of a transaction and its repetitions. The first one that lasts is logged."""

    def __init__(self) -> None:
        self.last: OperationFailure | None = None
        self._first_at: datetime | None = None
        self._is_logged = False

    def observed(self, work: Callable[[ClientSession], Result], session: ClientSession) -> Result:
        """The result of `work(session)`."""
        try:
            return work(session)
        except OperationFailure as error:
            if error.code == _WRITE_CONFLICT:
                self._note(error)
            raise

    def _note(self, error: OperationFailure) -> None:
        now = datetime.now(UTC)
        self.last = error
        self._first_at = self._first_at or now
        if not self._is_logged and now - self._first_at >= _REPORTED_AFTER:
            self._is_logged = True
            log.warning(
                "waiting_for_another_import",
                cause="another import, perhaps one that was killed, holds the same documents in an open transaction",
                waits_at_most_until=(self._first_at + _LONGEST_WAIT).isoformat(timespec="seconds"),
            )


def is_unreachable(error: PyMongoError) -> bool:
    """True if the store did not respond, as opposed to rejecting a command: a retry may succeed."""
    return isinstance(error, ConnectionFailure) or error.timeout
