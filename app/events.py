"""What a change is, and the Redis nudge that one has been logged.

The change log is in MongoDB; Redis only speeds the news.
"""

import time
from dataclasses import dataclass

import structlog
from redis import RedisError
from redis.client import PubSub

from app.extensions import mongo, redis

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the change log. `word` is the change's own: a restored log repeats numbers, but no words."""

    number: int
    word: str


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the change log: `tags` name what is outdated (`mission:p/m`, `platform:p`, `totals`, …).

    `follows` is the word of the change before it.
    """

    mark: Mark
    follows: str
    tags: tuple[str, ...]


def channel() -> str:
    """Where changes of this database are told: channels of a Redis do not know its databases."""
    return f"halocline:changes:{mongo.database}"


def nudge(number: int) -> bool:
    """Tells listeners that the change log has reached `number`. False, and a log line, when Redis is away."""
    try:
        redis.client.publish(channel(), str(number))
    except RedisError as error:
        log.warning("nudge_failed", number=number, error=type(error).__name__)
        return False
    return True


class News:
    """Waits for nudges. Without Redis it only lets the time pass: the change log is read all the same."""

    # A Redis that is away costs a connection's deadline each time it is asked whether it is back.
    _ASK_AGAIN_S = 5.0

    def __init__(self) -> None:
        self._listening: PubSub | None = None
        self._ask_at_s = 0.0

    def wait(self, timeout_s: float) -> None:
        """Returns at the next nudge, at the latest after the timeout."""
        until_s = time.monotonic() + timeout_s
        try:
            if self._listening is None and time.monotonic() >= self._ask_at_s:
                self._listening = redis.client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                self._listening.subscribe(channel())
            if self._listening is not None:
                while (left_s := until_s - time.monotonic()) > 0:
                    if self._listening.get_message(timeout=left_s) is not None:
                        return
                return
        except (RedisError, OSError, ValueError):
            # redis-py lets out what a socket says that was closed under it.
            self.close()
            self._ask_at_s = time.monotonic() + self._ASK_AGAIN_S
        time.sleep(max(until_s - time.monotonic(), 0))

    def close(self) -> None:
        """Ends the connection."""
        if self._listening is not None:
            self._listening.close()
        self._listening = None
