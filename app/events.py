"""What a change is, and the Redis nudge that one has been logged.

The change log is in MongoDB; Redis only speeds the news.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from redis import RedisError

from app.extensions import redis

CHANNEL = "halocline:changes"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """Entry `number` of the change log: `tags` name what is outdated (`mission:p/m`, `platform:p`, `totals`, …)."""

    number: int
    tags: tuple[str, ...]
    at: datetime


def nudge(number: int) -> bool:
    """Tells listeners that the change log has reached `number`. False, and a log line, when Redis is away."""
    try:
        redis.client.publish(CHANNEL, str(number))
    except RedisError as error:
        log.warning("nudge_failed", number=number, error=type(error).__name__)
        return False
    return True
