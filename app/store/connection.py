"""Connections of a command line: bind, translate errors, close."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymongo
import structlog
from pymongo.errors import ExecutionTimeout, PyMongoError

from app import extensions
from app.config import Settings
from app.domain import printable
from app.errors import RunFailed, Unavailable
from app.store import transactions

log = structlog.get_logger(__name__)


class _Life:
    """Whether connections outlast the blocks of this process."""

    is_kept = False


def keep_open() -> None:
    """Keep connections between the blocks of this process and its children, for workers.

    A new client needs a connection and a login to each member, and three threads for each: more than a small import.
    """
    _Life.is_kept = True


@contextmanager
def bound(settings: Settings, timeout_ms: int, ping: bool = False) -> Iterator[None]:
    """MongoDB, with a deadline of at least `timeout_ms`, and Redis for the duration of the block.

    With `ping`, MongoDB must first respond within the configured deadline, so that an unreachable server is reported
    early. After `keep_open`, an equal block uses the connections of the one before. Raises Unavailable when MongoDB is
    unreachable, and RunFailed when it refuses, for example a wrong password.
    """
    try:
        longer = max(settings.mongodb_timeout_ms, timeout_ms)
        extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": longer}))
        extensions.redis.bind(settings)
        if ping:
            with pymongo.timeout(settings.mongodb_timeout_ms / 1000):
                extensions.mongo.client.admin.command("ping")
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
        if not _Life.is_kept:
            extensions.mongo.close()
            extensions.redis.close()
