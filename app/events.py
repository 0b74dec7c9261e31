"""Changes of the data, and the Redis channel that announces them.

The change log itself is in MongoDB; an announcement only makes workers read it sooner.
"""

import time
from dataclasses import dataclass
from datetime import datetime

import structlog
from redis import RedisError
from redis.client import PubSub

from app import errors
from app.extensions import mongo, redis

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in the change log.

    `epoch_token` is random for each change: a log that was restored from a backup reuses numbers, but not tokens.
    """

    number: int
    epoch_token: str

    @property
    def id(self) -> str:
        """The mark as text: the id of events, and the state of a page in the header Server-Timing."""
        return f"{self.number}.{self.epoch_token}"


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the change log. `tags` name what it invalidates (`mission:p/m`, `platform:p`, `totals`, …).

    `previous_token` is the `epoch_token` of the change before it. `at` is the time of the commit, if it is known.
    """

    mark: Mark
    previous_token: str
    tags: tuple[str, ...]
    at: datetime | None = None


def channel() -> str:
    """The Redis channel for changes of this database. Channels are shared by all databases of a Redis server."""
    return f"halocline:changes:{mongo.database}"


def announce(number: int) -> bool:
    """Announce that the change log has reached `number`. False, and a log line, if Redis is unreachable."""
    try:
        redis.client.publish(channel(), str(number))
    except RedisError as error:
        log.warning("change_announcement_failed", number=number, error=errors.name_of(error))
        return False
    return True


class ChangeListener:
    """Waits for announcements. Without Redis it only waits for the timeout; the change log is read all the same."""

    # Each attempt to reconnect to an unreachable Redis costs a connection timeout.
    _RECONNECT_AFTER_S = 5.0

    def __init__(self) -> None:
        self._subscription: PubSub | None = None
        self._reconnect_at_s = 0.0

    def wait(self, timeout_s: float) -> None:
        """Return at the next announcement, or after the timeout."""
        deadline_s = time.monotonic() + timeout_s
        try:
            if self._subscription is None and time.monotonic() >= self._reconnect_at_s:
                self._subscription = redis.client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                self._subscription.subscribe(channel())
            if self._subscription is not None:
                while (left_s := deadline_s - time.monotonic()) > 0:
                    if self._subscription.get_message(timeout=left_s) is not None:
                        return
                return
        except (RedisError, OSError, ValueError):
            # redis-py does not translate the errors of a socket that is closed while it reads.
            self.close()
            self._reconnect_at_s = time.monotonic() + self._RECONNECT_AFTER_S
        time.sleep(max(deadline_s - time.monotonic(), 0))

    def close(self) -> None:
        """Close the connection."""
        if self._subscription is not None:
            self._subscription.close()
        self._subscription = None
