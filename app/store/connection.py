"""The store as a command of this folder uses it."""

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
    """MongoDB, with at least that deadline, and Redis for the time of the block.

    Raises Unavailable when MongoDB is away, and HaloclineError when it answers no, as to a wrong password.
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
