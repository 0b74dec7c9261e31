"""Connections of a command line: bind, translate errors, close."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from pymongo.errors import PyMongoError

from app import extensions
from app.config import Settings
from app.domain import printable
from app.errors import HaloclineError, Unavailable
from app.store import transactions

log = structlog.get_logger(__name__)


@contextmanager
def bound(settings: Settings, timeout_ms: int) -> Iterator[None]:
    """Bind MongoDB, with at least this timeout, and Redis for the block; close both at its end.

    Raises Unavailable if MongoDB is unreachable, and HaloclineError if it rejects a command, as with a wrong password.
    """
    longer = max(settings.mongodb_timeout_ms, timeout_ms)
    extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": longer}))
    extensions.redis.bind(settings)
    try:
        yield
    except PyMongoError as error:
        if transactions.is_away(error):
            raise Unavailable("MongoDB") from error
        log.exception("store_refused")
        raise HaloclineError(f"MongoDB refuses: {printable.one_line(str(error))[:200]}") from error
    finally:
        extensions.mongo.close()
        extensions.redis.close()
