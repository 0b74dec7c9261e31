"""The page cache: a WSGI layer that serves from memory the responses that are the same for every client.

It fills a miss once for all concurrent requests. It serves the stale page while the new one is rendered (background
refresh), and if rendering fails.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.cache import page_request
from app.cache.cached_response import Entry
from app.cache.content_negotiation import MAX_ACCEPT_ENCODING_LENGTH, is_match, preferred_encoding
from app.cache.dependencies import Dependencies
from app.cache.fill import STALE_WHILE_RENDERING_S, CacheFill
from app.cache.page_request import PageRequest
from app.http.credentials import is_personal
from app.server.readiness import Readiness
from app.telemetry.observe import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A change must show within a second, and the follower reads it within half a second. In the remaining half second,
# requests get the stale page and do not wait for the rendering.
_BACKGROUND_REFRESH_S = 0.5
# When rendering fails, a stale page with its times on it is better than an error. After a day its statements about
# active platforms are wrong, and an error is more useful.
_STALE_IF_ERROR_S = 86_400.0
# Served from files by a layer behind this one.
_STATIC = "/static/"
# The key in the WSGI environment for what `ready` has found: (outcome, entry).
_FOUND = "halocline.found_page"


class PageCache:
    """Wraps a WSGI application. All requests bypass the cache until the change log has been read once."""

    def __init__(self, app: "WSGIApplication", dependencies: Dependencies) -> None:
        self._app = app
        self._store = dependencies.store
        self._follower = dependencies.follower
        self._count = dependencies.count
        self._admit = dependencies.admit
        self._refresh = dependencies.refresh
        self._fill = CacheFill(app, dependencies)
        self._resolve = page_request.resolver(dependencies.url_map, dependencies.rules, dependencies.has_one_origin)

    def ready(self, environ: "WSGIEnvironment") -> Readiness:
        """How this request can be answered. NOW is a promise that the call that follows does not wait.

        The entry is stored in the environment, so that the promise holds even if a change invalidates the entry.
        """
        page = self._page(environ)
        if page is None:
            return Readiness.THREAD
        cached, is_fresh = self._cached(page)
        if cached is not None and (is_fresh or self._may_serve_stale(page, cached, environ)):
            environ[_FOUND] = ("hit" if is_fresh else "stale", cached)
            return Readiness.NOW
        if self._fill.is_running(page.key):
            return Readiness.SOON
        # Clients can invent any number of ids and queries: only the few pages without them have priority.
        return Readiness.THREAD if page.arguments or page.query else Readiness.SHARED

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if (found := environ.pop(_FOUND, None)) is not None:
            outcome, entry = found
            return self._send(outcome, entry, environ, start_response)
        page = self._page(environ)
        if page is None:
            self._count("bypass")
            return self._app(environ, start_response)
        cached, is_fresh = self._cached(page)
        if cached is not None and (is_fresh or self._may_serve_stale(page, cached, environ)):
            return self._send("hit" if is_fresh else "stale", cached, environ, start_response)
        return self._filled(page, cached, environ, start_response)

    def _page(self, environ: "WSGIEnvironment") -> PageRequest | None:
        """The cacheable page that is requested; None if the request bypasses the cache."""
        if self._follower.mark is None or not _is_anonymous(environ):
            return None
        return self._resolve(
            environ.get("SCRIPT_NAME", ""),
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            environ.get("wsgi.url_scheme", "http"),
            environ.get("HTTP_HOST", ""),
        )

    def _cached(self, page: PageRequest) -> tuple[Entry | None, bool]:
        """The entry in memory, and whether it is fresh."""
        return self._store.get(page.key) or (None, False)

    def _may_serve_stale(self, page: PageRequest, stale: Entry, environ: "WSGIEnvironment") -> bool:
        """True for a moment after a change, while another thread renders the page."""
        stale_for_s = self._store.stale_for_s(page.key)
        if stale_for_s <= STALE_WHILE_RENDERING_S and self._fill.is_running(page.key):
            return True
        return stale_for_s <= _BACKGROUND_REFRESH_S and self._is_refreshed(page, stale, environ)

    def _filled(
        self, page: PageRequest, stale: Entry | None, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if stale is not None and self._store.stale_for_s(page.key) > _STALE_IF_ERROR_S:
            stale = None
        if (refusal := self._admit(environ)) is not None:
            # Before the single flight: only this client is refused, not the other clients that wait for the same page.
            self._count("bypass")
            return refusal(environ, start_response)
        filled = self._fill.run(page, stale, environ, waits=stale is None)
        has_failed = not isinstance(filled, Entry) and filled.status.startswith("5")
        if stale is not None and (filled is stale or has_failed):
            return self._send("stale", stale, environ, start_response)
        if isinstance(filled, Entry):
            return self._send("miss", filled, environ, start_response)
        self._count("miss")
        environ[ROUTE] = filled.route
        start_response(filled.status, list(filled.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [filled.body]

    def _is_refreshed(self, page: PageRequest, stale: Entry, environ: "WSGIEnvironment") -> bool:
        """True if the background refresh renders the page, so that this request need not wait."""
        # A copy, because the server goes on to use its dictionary.
        environ_then = dict(environ)

        def render() -> None:
            cached = self._store.get(page.key)
            if cached is None or not cached[1]:
                # No client waits here, so this may wait for the worker that renders the page and take its entry.
                self._fill.run(page, stale, environ_then, waits=True)

        return self._refresh(page.key, render)

    def _send(
        self, outcome: str, entry: Entry, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self._count(outcome)
        environ[ROUTE] = entry.route
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        is_negotiable = len(entry.bodies) > 1 and len(accepted) <= MAX_ACCEPT_ENCODING_LENGTH
        representation = entry.representations[preferred_encoding(accepted) if is_negotiable else "identity"]
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match and entry.is_revalidatable and is_match(if_none_match, representation):
            start_response("304 Not Modified", representation.not_modified_headers)
            return ()
        start_response(entry.status, representation.headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (representation.body,)


def _is_anonymous(environ: "WSGIEnvironment") -> bool:
    """True for a GET or HEAD without credentials that is not for a static file."""
    return (
        environ.get("REQUEST_METHOD") in ("GET", "HEAD")
        and not environ.get("PATH_INFO", "").startswith(_STATIC)
        and not is_personal(environ)
    )
