"""Answers the requests that the server refuses: malformed ones, and those for which it has no thread."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.http import problems
from app.server.refusal import OVERLOADED, REFUSAL, Refusal
from app.telemetry import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Long enough for a burst to pass, short enough that a visitor does not give up.
RETRY_AFTER_S = 2


class Refusals:
    """WSGI layer. It is inside of `Observe` and `SecurityHeaders`, so refused requests are counted and get headers."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        refusal: Refusal | None = environ.get(REFUSAL)
        if refusal is None:
            return self._app(environ, start_response)
        if refusal.status == OVERLOADED:
            metrics.requests_shed.labels(refusal.limit).inc()
        retry_after_s = RETRY_AFTER_S if refusal.status == OVERLOADED else None
        return problems.plain(environ, start_response, refusal.status, refusal.detail, retry_after_s=retry_after_s)
