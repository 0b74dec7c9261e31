"""The WSGI layer that answers `GET /live/events`. The event loop runs it, so it waits for nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.errors import Invalid
from app.http import client_address, problems
from app.http.client_address import Proxies
from app.live import messages, subscription
from app.live.clients import Client, Clients
from app.live.subscription import PATH
from app.server.event_source import SOURCE
from app.server.exchange import IN_EVENT_LOOP
from app.telemetry import metrics
from app.telemetry.observe import REQUEST_ID, ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HEADERS = [
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    # nginx sends each event at once.
    ("X-Accel-Buffering", "no"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
# Why a client is refused: the status, the text for the client, and the seconds after which it may try again.
_REFUSALS = {
    "draining": (503, "This process does not accept new streams now; please try again.", 2),
    "worker": (503, "Too many pages are open at once; this one is not refreshed by itself for now.", 60),
    "address": (429, "Too many pages of this address are open at once.", 60),
}


class LiveRoute:
    """Passes all other requests on. Without `clients`, this process serves no streams and answers 404."""

    def __init__(self, app: "WSGIApplication", clients: Clients | None, proxies: Proxies) -> None:
        self._app, self._clients, self._proxies = app, clients, proxies

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._app(environ, start_response)
        environ[ROUTE] = PATH
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return problems.plain(environ, start_response, 405, "Only GET is supported here.", allow="GET, HEAD")
        if self._clients is None or IN_EVENT_LOOP not in environ:
            return problems.plain(environ, start_response, 404, "This process serves no live events.")
        # Other sites cannot read the stream, but their scripts could occupy it. Old browsers do not send the header.
        if environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("same-origin", "none"):
            return problems.plain(environ, start_response, 403, "Only pages of this portal may open the stream.")
        return self._open(environ, start_response, self._clients)

    def _open(self, environ: "WSGIEnvironment", start_response: "StartResponse", clients: Clients) -> Iterable[bytes]:
        try:
            wanted = subscription.parse(environ)
        except Invalid as error:
            return problems.plain(environ, start_response, 400, f"{error.field}: {error.problem}")
        address = client_address.budget(self._proxies.client(environ))
        if (reason := clients.refusal(address)) is not None:
            metrics.live_refused.labels(reason).inc()
            status, detail, retry_after_s = _REFUSALS[reason]
            return problems.plain(environ, start_response, status, detail, retry_after_s=retry_after_s)
        start_response("200 OK", _HEADERS)
        if environ["REQUEST_METHOD"] == "HEAD":
            return ()
        is_new = wanted.after is None
        client = Client(clients, wanted, address, environ.get(REQUEST_ID, ""))
        client.start = client.start or clients.position
        environ[SOURCE] = client
        return (messages.opening(clients.position if is_new else None),)
