"""Connections of a command line: bind, translate errors, close."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from pymongo.errors import ExecutionTimeout, PyMongoError

from app import extensions
from app.config import Settings
from app.domain import printable
from app.errors import RunFailed, Unavailable
from app.store import transactions

log = structlog.get_logger(__name__)


@contextmanager
def bound(settings: Settings, timeout_ms: int, ping: bool = False) -> Iterator[None]:
    """MongoDB, with a deadline of at least `timeout_ms`, and Redis for the duration of the block.

    With `ping`, MongoDB must first respond within the configured deadline, so that an unreachable server is reported
    early. Raises Unavailable when MongoDB is unreachable, and RunFailed when it refuses, for example a wrong
    password.
    """
    try:
        if ping:
            extensions.mongo.bind(settings)
            extensions.mongo.client.admin.command("ping")
        longer = max(settings.mongodb_timeout_ms, timeout_ms)
        extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": longer}))
        extensions.redis.bind(settings)
        yield
    except PyMongoError as error:
        if isinstance(error, ExecutionTimeout):
            # MongoDB answers, but not in time.
            raise RunFailed(
                "MongoDB is too slow: an operation exceeded its deadline, see the log of MongoDB"
            ) from error
        if transactions.is_unreachable(error):
            raise Unavailable("MongoDB") from error
        log.exception("store_refused")
        raise RunFailed(f"MongoDB refuses: {printable.one_line(str(error))[:200]}") from error
    finally:
        extensions.mongo.close()
        extensions.redis.close()
