"""The WSGI layers around Flask, as one list. docs/architecture.md follows a request through them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask

from app.cache.worker import WorkerCache
from app.config import Settings
from app.http import rate_limits
from app.http.cors import Preflights
from app.http.headers import SecurityHeaders
from app.http.hosts import AllowedHosts
from app.http.refusals import Refusals
from app.live.worker import LiveEvents
from app.telemetry.observe import Observe
from app.telemetry.tracing import Tracing
from app.views import assets

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    Layer = Callable[[WSGIApplication], WSGIApplication]


def layers(
    app: Flask, settings: Settings, page_cache: WorkerCache, live: LiveEvents, tracing: Tracing | None = None
) -> "list[Layer]":
    """The layers in the order in which a request enters them. Each one calls the next; the last one calls Flask.

    `Observe` passes the probes of `app.http.probes` straight on. Without `tracing`, which is off by default, it is the
    first one.
    """
    return [
        *([tracing.layer()] if tracing is not None else []),
        Observe,
        SecurityHeaders,
        Refusals,
        partial(AllowedHosts, hosts=settings.served_hosts),
        Preflights,
        partial(page_cache.wrap, url_map=app.url_map, admit=rate_limits.admission(app)),
        # Within the page cache, so that it costs cached pages nothing.
        live.wrap,
        assets.serve_static,
    ]


def install(app: Flask, stack: "Iterable[Layer]") -> None:
    """Put the layers around the application. Call it once, after every blueprint is registered."""
    wsgi_app: WSGIApplication = app.wsgi_app
    for layer in reversed(list(stack)):
        wsgi_app = layer(wsgi_app)
    # Flask documents this assignment as the way to add a layer.
    app.wsgi_app = wsgi_app  # type: ignore[assignment, method-assign]
