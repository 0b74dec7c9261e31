"""Entries and locks in Redis, for all workers of all pods. Every failure counts as "not there": Redis only helps."""

import hashlib
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import cast

import orjson
from redis import Redis, RedisError

from app.cache.cached_response import Encoding, Entry
from app.events import Mark

# As long as anybody may still want it; workers ask the change log, not Redis, whether it is fresh.
_KEPT_S = 3_600
# Longer than any page takes to render; a worker that was killed meanwhile holds nobody up for longer.
_LOCKED_MS = 5_000
# Two deadlines of Redis every five seconds are what its absence may cost.
_REST_S = 5.0
# Deletes a lock only when it is still ours: after its time another worker may hold it.
_UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(slots=True)
class Shared:
    """`name` is of this release and this database: what another one has rendered is never shown.

    After a failure nobody asks for five seconds: a Redis that does not answer would hold up each rendering.
    """

    client: Callable[[], Redis]
    name: str
    failed: Callable[[], None]
    clock: Callable[[], float] = monotonic
    _ask_again_s: float = 0.0

    def find(self, key: Hashable) -> Entry | None:
        """The entry that some worker shared."""
        if self._is_resting():
            return None
        try:
            found = cast(bytes | None, self.client().get(self._key("page", key)))
        except RedisError:
            self._rest()
            return None
        try:
            return _unpacked(found) if found else None
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
            # Not what a worker of this release has written.
            self.failed()
            return None

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Shares the entry."""
        if self._is_resting():
            return
        try:
            self.client().set(self._key("page", key), _packed(entry), ex=_KEPT_S)
        except RedisError:
            self._rest()

    def lock(self, key: Hashable) -> str | None:
        """The word to `unlock` with; empty when Redis is away and everybody renders; None when another renders."""
        if self._is_resting():
            return ""
        word = secrets.token_hex(8)
        try:
            return word if self.client().set(self._key("lock", key), word, nx=True, px=_LOCKED_MS) else None
        except RedisError:
            self._rest()
            return ""

    def unlock(self, key: Hashable, word: str) -> None:
        """Lets others render."""
        if not word or self._is_resting():
            return
        try:
            self.client().eval(_UNLOCK, 1, self._key("lock", key), word)
        except RedisError:
            self._rest()

    def _is_resting(self) -> bool:
        return self.clock() < self._ask_again_s

    def _rest(self) -> None:
        self.failed()
        self._ask_again_s = self.clock() + _REST_S

    def _key(self, kind: str, key: Hashable) -> str:
        return f"halocline:{kind}:{self.name}:{hashlib.sha256(repr(key).encode()).hexdigest()}"


def _packed(entry: Entry) -> bytes:
    head = orjson.dumps(
        {
            "status": entry.status,
            "headers": entry.headers,
            "etag": entry.etag,
            "route": entry.route,
            "tags": sorted(entry.tags),
            "mark": [entry.mark.number, entry.mark.word],
            "valid_until_s": entry.valid_until_s,
            "bodies": {name: len(body) for name, body in entry.bodies.items()},
        }
    )
    return b"%d\n" % len(head) + head + b"".join(entry.bodies.values())


def _unpacked(packed: bytes) -> Entry:
    size, _, rest = packed.partition(b"\n")
    length = int(size)
    head = orjson.loads(rest[:length])
    bodies: dict[Encoding, bytes] = {}
    at = length
    for name, count in head["bodies"].items():
        bodies[name] = rest[at : at + count]
        at += count
    if at != len(rest) or "identity" not in bodies:
        raise ValueError("an entry of another length")
    return Entry(
        status=str(head["status"]),
        headers=tuple((str(name), str(value)) for name, value in head["headers"]),
        bodies=bodies,
        etag=str(head["etag"]),
        route=str(head["route"]),
        tags=frozenset(map(str, head["tags"])),
        mark=Mark(int(head["mark"][0]), str(head["mark"][1])),
        valid_until_s=float(head["valid_until_s"]),
    )
