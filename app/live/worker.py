"""The live events of one worker process: the history, the clients, and the thread between them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from app.config import Settings
from app.http import client_address
from app.live.clients import Clients
from app.live.feed import Feed, ReadChanges
from app.live.history import History
from app.live.route import LiveRoute

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = structlog.get_logger(__name__)


class LiveEvents:
    """Built before the fork, started after it. With HALOCLINE_LIVE_CLIENTS=0 it serves no streams."""

    def __init__(self, settings: Settings, change_log: ReadChanges) -> None:
        history = History()
        self._clients = Clients(history, settings.live_clients, settings.live_clients_per_address)
        self._proxies = client_address.proxies(settings.forwarded_allow_ips)
        self.is_enabled = bool(settings.live_clients)
        # The observer of the follower of the change log.
        self.feed = Feed(history, change_log)

    def wrap(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application with `GET /live/events`."""
        return LiveRoute(app, self._clients if self.is_enabled else None, self._proxies)

    def start(self, call_soon: Callable[[Callable[[], None]], None]) -> None:
        """Start the thread. `call_soon` lets the event loop call a function."""
        if self.is_enabled:
            self.feed.start(partial(call_soon, partial(_safely, self._clients.broadcast)))

    def stop(self) -> None:
        """Stop the thread."""
        self.feed.stop()

    def tick(self) -> None:
        """Called about once a second in the event loop."""
        _safely(self._clients.tick)

    def drain(self) -> None:
        """End all streams. Call it in the event loop."""
        _safely(self._clients.drain)


def _safely(step: Callable[[], None]) -> None:
    """A fault of the live events must not end the event loop, which serves the pages, too."""
    try:
        step()
    except Exception:
        log.exception("live_events_failed")
