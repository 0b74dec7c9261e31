"""The dependencies of the page cache as one record, of which tests replace single fields."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from time import sleep, time
from typing import TYPE_CHECKING, Protocol

from werkzeug.routing import Map

from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import LruStore
from app.cache.policy import Rule
from app.cache.redis_store import RedisStore

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    Admit = Callable[[WSGIEnvironment], WSGIApplication | None]


class ReplicaLag(Protocol):
    """Records whether this thread has read from a MongoDB secondary, which may lag behind."""

    def reset(self) -> None:
        """Start a new record."""

    def has_secondary_read(self) -> bool:
        """True if something was read from a secondary since `reset`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The parts of a page cache.

    `rules`: what may be cached, by route.
    `count`: called with the outcome of each request: hit, miss, stale or bypass.
    `admit`: the response that refuses this request a rendering, or None.
    `refresh`: takes over the rendering of a stale page; returns False if the request must render it.
    `has_one_origin`: the portal has a configured address, so that pages with absolute URLs are equal for all hosts.
    """

    url_map: Map
    rules: Mapping[str, Rule]
    store: LruStore
    follower: ChangeLogFollower
    shared: RedisStore
    replica_lag: ReplicaLag
    count: Callable[[str], None] = lambda _outcome: None
    admit: "Admit" = lambda _environ: None
    refresh: Callable[[Hashable, Callable[[], object]], bool] = lambda _key, _render: False
    has_one_origin: bool = False
    clock: Callable[[], float] = time
    pause: Callable[[float], None] = sleep
