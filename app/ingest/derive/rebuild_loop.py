"""Rebuild scopes one after another: a failed scope is parked with its cause, and the others are still rebuilt."""

import zlib
from collections.abc import Callable, Iterable

import structlog
from bson.errors import BSONError
from pymongo.errors import DocumentTooLarge, PyMongoError

from app import events
from app.domain.printable import one_line
from app.store import change_log, rebuild_queue, transactions

# Errors that the data of a scope cause: a repetition fails in the same way until the data change.
_CAUSED_BY_DATA = (
    *(BSONError, DocumentTooLarge, zlib.error),
    *(ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, MemoryError, SystemError),
)
# The status page shows the cause in a table.
_MOST_CAUSE = 200

log = structlog.get_logger(__name__)


def run(scopes: Iterable[str], rebuild: Callable[[str], int | None]) -> list[str]:
    """Rebuild each scope and announce its change; returns the scopes that failed in this run.

    `rebuild` returns the number of the change, None when no page is affected. A scope whose data make it fail is
    parked until they change; a scope that MongoDB rejects stays queued. Raises pymongo's errors when the store is
    unreachable.
    """
    failed: list[str] = []
    # A change that is committed during this run has a higher number: it queues the scope again.
    latest = change_log.latest().number
    for scope in scopes:
        try:
            number = rebuild(scope)
        except _CAUSED_BY_DATA as error:
            log.exception("rebuild_failed", scope=scope, parked=True)
            rebuild_queue.park(scope, latest, _cause(error))
            failed.append(scope)
        except PyMongoError as error:
            if transactions.is_unreachable(error):
                raise
            log.exception("rebuild_failed", scope=scope, parked=False)
            failed.append(scope)
        else:
            if number is not None:
                events.announce(number)
    return failed


def _cause(error: Exception) -> str:
    text = one_line(f"{type(error).__name__}: {error}")
    return text if len(text) <= _MOST_CAUSE else f"{text[: _MOST_CAUSE - 1]}…"
