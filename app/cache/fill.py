"""Fills the cache after a miss: takes the page from Redis or renders it, once among all workers."""

from typing import TYPE_CHECKING

from app.cache.cached_response import Entry
from app.cache.dependencies import Dependencies
from app.cache.page_request import PageRequest
from app.cache.rendering import Rendered, render
from app.cache.single_flight import SingleFlight

if TYPE_CHECKING:
    from collections.abc import Hashable

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# A change must show within a second: for so long the stale page is served while another thread or worker renders.
STALE_WHILE_RENDERING_S = 1.0
# MongoDB's timeout bounds a rendering. A request that has waited this long for another one renders the page itself.
_WAIT_S = 2.0
# A rendering takes 5 to 30 ms, so longer steps would show in the response; one thread of a worker asks for each page.
_RETRY_LOCK_S = 0.005
# For a missing page without a tag; a tag of the mission or platform invalidates the others.
_NOT_FOUND_LIFETIME_S = 2.0


class CacheFill:
    """Obtains pages that are not in the store, and stores those that may be cached."""

    def __init__(self, app: "WSGIApplication", dependencies: Dependencies) -> None:
        self._app = app
        self._store = dependencies.store
        self._follower = dependencies.follower
        self._shared = dependencies.shared
        self._replica_lag = dependencies.replica_lag
        self._clock = dependencies.clock
        self._pause = dependencies.pause
        self._flights: SingleFlight[Entry | Rendered] = SingleFlight()

    def is_running(self, key: "Hashable") -> bool:
        """True if a thread of this process obtains the page now."""
        return self._flights.is_in_flight(key)

    def run(self, page: PageRequest, stale: Entry | None, environ: "WSGIEnvironment", waits: bool) -> Entry | Rendered:
        """The page as an entry, or the response if it may not be cached.

        `stale` is returned if the rendering takes too long; and, unless this call `waits`, for a second after a change
        while another worker renders. Raises what the application raises.
        """
        return self._flights.run(
            page.key,
            lambda: self._fill(page, stale, environ, waits),
            _WAIT_S,
            lambda: stale if stale is not None else self._render(page, environ),
        )

    def _fill(
        self, page: PageRequest, stale: Entry | None, environ: "WSGIEnvironment", waits: bool
    ) -> Entry | Rendered:
        if (shared := self._from_redis(page)) is not None:
            return shared
        token = self._shared.lock(page.key)
        may_serve_stale = not waits and self._store.stale_for_s(page.key) <= STALE_WHILE_RENDERING_S
        if token is None and stale is not None and may_serve_stale:
            return stale
        waited_s = 0.0
        while token is None and waited_s < _WAIT_S:
            self._pause(_RETRY_LOCK_S)
            waited_s += _RETRY_LOCK_S
            if (shared := self._from_redis(page)) is not None:
                return shared
            # The lock is free without a fresh entry if a change came during the other worker's rendering.
            token = self._shared.lock(page.key)
        if token is None:
            return stale if stale is not None else self._render(page, environ)
        try:
            # The worker that held the lock before may have stored the page.
            return (self._from_redis(page) if token else None) or self._render(page, environ)
        finally:
            self._shared.unlock(page.key, token)

    def _from_redis(self, page: PageRequest) -> Entry | None:
        """The fresh entry that another worker stored. It is now in this worker's memory, too."""
        entry = self._shared.get(page.key)
        if entry is None or entry.valid_until_s <= self._clock():
            return None
        # An entry of another change log, or ahead of this worker's position in it, is not used.
        return entry if self._store_if_fresh(page.key, entry) else None

    def _render(self, page: PageRequest, environ: "WSGIEnvironment") -> Entry | Rendered:
        mark, started_at_s = self._follower.mark, self._clock()
        self._replica_lag.reset()
        rendered = render(self._app, environ, page)
        is_found = rendered.status.startswith("200")
        is_cacheable = is_found or rendered.status.startswith("404")
        if not is_cacheable and not rendered.status.startswith("5"):
            # A withdrawn or renamed resource: an outage of MongoDB must not bring its stale page back. Another process
            # removes its own entry with its next request for the page.
            self._store.remove(page.key)
        if mark is None or not is_cacheable or rendered.is_private or self._replica_lag.has_secondary_read():
            return rendered
        lifetime_s = page.rule.max_age_s if is_found else _NOT_FOUND_LIFETIME_S
        valid_until_s = min(rendered.valid_until_s, self._clock() + lifetime_s)
        entry = Entry.of(
            rendered.status, rendered.headers, rendered.body, rendered.route, page.tags(), mark, valid_until_s
        )
        if self._store_if_fresh(page.key, entry):
            if is_found:
                self._shared.put(page.key, entry)
        elif self._follower.is_in_history(mark):
            # A change came during the rendering, as each time while files are imported. The entry is stale from the
            # start, and still newer than the one in the store.
            self._store.put(page.key, entry, stale_since_s=started_at_s)
            if not self._follower.is_in_history(mark):
                self._store.remove(page.key)
        return entry

    def _store_if_fresh(self, key: "Hashable", entry: Entry) -> bool:
        """Store the entry unless a change has invalidated it; False then."""
        if self._follower.is_stale(entry.mark, entry.tags):
            return False
        self._store.put(key, entry)
        if self._follower.is_stale(entry.mark, entry.tags):
            # The change came between the check and the store, so the follower could not mark the entry.
            self._store.invalidate(entry.mark.number + 1, entry.tags)
            return False
        return True
