"""Cache entries and locks in Redis, shared by the workers of all pods. A failure of Redis counts as a miss."""

import hashlib
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import cast

import orjson
from redis import ConnectionError as RedisConnectionError
from redis import Redis, RedisError
from redis import TimeoutError as RedisTimeoutError

from app.cache.cached_response import Encoding, Entry
from app.circuit_breaker import CircuitBreaker
from app.events import Mark

# The longest `max_age_s` of a rule. Workers check freshness against the change log, not against this lifetime.
_LIFETIME_S = 3_600
# Longer than any page takes to render. A worker that was killed holds up the others for no longer than this.
_LOCK_LIFETIME_MS = 5_000
# Deletes the lock only if this worker still holds it: after its lifetime, another worker may hold it.
_UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(slots=True)
class RedisStore:
    """Entries of one release and one database, which `namespace` identifies: others are never read.

    After a failure Redis is not used until it has answered a probe of `breaker`, because each rendering would wait for
    the timeout. `on_failure` counts failures.
    """

    client: Callable[[], Redis]
    breaker: CircuitBreaker
    namespace: str
    on_failure: Callable[[], None]

    def get(self, key: Hashable) -> Entry | None:
        """The entry that a worker stored."""
        if self.breaker.is_open:
            return None
        try:
            packed = cast(bytes | None, self.client().get(self._key("page", key)))
        except RedisError as error:
            self._failed(error)
            return None
        try:
            return _unpacked(packed) if packed else None
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
            # No worker of this release wrote it.
            self.on_failure()
            return None

    def put(self, key: Hashable, entry: Entry) -> None:
        """Store the entry for the other workers."""
        if self.breaker.is_open:
            return
        try:
            self.client().set(self._key("page", key), _packed(entry), ex=_LIFETIME_S)
        except RedisError as error:
            self._failed(error)

    def lock(self, key: Hashable) -> str | None:
        """The token for `unlock`. None while another worker holds the lock; empty, and no lock, without Redis."""
        if self.breaker.is_open:
            return ""
        token = secrets.token_hex(8)
        try:
            return token if self.client().set(self._key("lock", key), token, nx=True, px=_LOCK_LIFETIME_MS) else None
        except RedisError as error:
            self._failed(error)
            return ""

    def unlock(self, key: Hashable, token: str) -> None:
        """Release the lock that `lock` returned this token for."""
        if not token or self.breaker.is_open:
            return
        try:
            self.client().eval(_UNLOCK, 1, self._key("lock", key), token)
        except RedisError as error:
            self._failed(error)

    def _failed(self, error: RedisError) -> None:
        self.on_failure()
        # An error that Redis sends comes at once: no request waits for it.
        if isinstance(error, RedisConnectionError | RedisTimeoutError):
            self.breaker.failed()

    def _key(self, kind: str, key: Hashable) -> str:
        return f"halocline:{kind}:{self.namespace}:{hashlib.sha256(repr(key).encode()).hexdigest()}"


def _packed(entry: Entry) -> bytes:
    """One line with the length of the JSON head, the head, and the bodies one after the other."""
    head = orjson.dumps(
        {
            "status": entry.status,
            "headers": entry.headers,
            "opaque_tag": entry.opaque_tag,
            "route": entry.route,
            "tags": sorted(entry.tags),
            "mark": [entry.mark.number, entry.mark.epoch_token],
            "valid_until_s": entry.valid_until_s,
            "bodies": {encoding: len(body) for encoding, body in entry.bodies.items()},
        }
    )
    return b"%d\n" % len(head) + head + b"".join(entry.bodies.values())


def _unpacked(packed: bytes) -> Entry:
    size, _, rest = packed.partition(b"\n")
    offset = int(size)
    head = orjson.loads(rest[:offset])
    bodies: dict[Encoding, bytes] = {}
    for encoding, length in head["bodies"].items():
        bodies[encoding] = rest[offset : offset + length]
        offset += length
    if offset != len(rest) or "identity" not in bodies:
        raise ValueError("the bodies do not have the lengths of the head")
    return Entry(
        status=str(head["status"]),
        headers=tuple((str(name), str(value)) for name, value in head["headers"]),
        bodies=bodies,
        opaque_tag=str(head["opaque_tag"]),
        route=str(head["route"]),
        tags=frozenset(map(str, head["tags"])),
        mark=Mark(int(head["mark"][0]), str(head["mark"][1])),
        valid_until_s=float(head["valid_until_s"]),
    )
