"""The parts of a running portal as one typed record, stored on its Flask application.

Views read the settings and the version from it; the hooks of a worker start and stop its background threads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flask import Flask, current_app

from app.config import Settings
from app.http.health import Health
from app.server.readiness import Readiness
from app.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEY = "halocline"


class PageCacheControl(Protocol):
    """The page cache as process hooks control it. `app.cache.worker` implements it; this module must not import it."""

    def start(self) -> None:
        """Start the threads that keep cached pages current. Call it after the fork."""

    def stop(self) -> None:
        """Stop these threads."""

    def ready(self, environ: "WSGIEnvironment") -> Readiness:
        """How the cache can answer this request."""

    def poll_change_log(self) -> None:
        """Read the change log once, now. Raises pymongo's errors."""


class LiveControl(Protocol):
    """The live events as process hooks control them. `app.live.worker` implements it."""

    def start(self, call_soon: Callable[[Callable[[], None]], None]) -> None:
        """Start sending changes. `call_soon` lets the event loop of the worker call a function."""

    def stop(self) -> None:
        """Stop the thread."""

    def tick(self) -> None:
        """Called about once a second in the event loop."""

    def drain(self) -> None:
        """End all streams. Call it in the event loop."""


@dataclass(frozen=True, slots=True)
class Portal:
    """The settings and services that requests of a process use."""

    settings: Settings
    version: str
    health: Health
    page_cache: PageCacheControl
    live: LiveControl
    tracing: Tracing | None = None


def attach(app: Flask, portal: Portal) -> None:
    """Store the portal's record on its application."""
    app.extensions[_KEY] = portal


def of(app: Flask) -> Portal:
    """The record of this application. Raises KeyError for an application that `create_app` did not make."""
    portal: Portal = app.extensions[_KEY]
    return portal


def current() -> Portal:
    """The record of the application that answers the current request."""
    return of(current_app)
