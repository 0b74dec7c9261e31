"""Rebuild scopes one after another: a failed scope is logged and the others are still rebuilt."""

from collections.abc import Callable, Iterable

import structlog
from bson.errors import BSONError
from pymongo.errors import PyMongoError

from app import events
from app.store import transactions

log = structlog.get_logger(__name__)


def run(scopes: Iterable[str], rebuild: Callable[[str], int | None]) -> list[str]:
    """Rebuild each scope and announce its change; returns the failed scopes, which stay marked.

    `rebuild` returns the number of the change, None when no page is affected. Raises pymongo's errors when the store is
    unreachable.
    """
    failed: list[str] = []
    for scope in scopes:
        try:
            number = rebuild(scope)
        except (PyMongoError, BSONError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            if isinstance(error, PyMongoError) and transactions.is_unreachable(error):
                raise
            log.exception("rebuild_failed", scope=scope)
            failed.append(scope)
        else:
            if number is not None:
                events.announce(number)
    return failed
