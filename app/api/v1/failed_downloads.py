"""The response in place of a download that failed before its first byte was sent."""

from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from app.http import problems
from app.http.headers import SecurityHeaders
from app.telemetry.observe import REQUEST_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()


class FailedDownload:
    """WSGI application with the problem document of an error; `status` is its status.

    The server calls it after the layers of the portal have ended, so it adds their headers itself.
    """

    def __init__(self, error: Exception) -> None:
        self.status, self._detail = problems.described(error)
        if self.status == 500:
            log.error("download_failed", exc_info=error)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        retry_after_s = problems.RETRY_AFTER_S if self.status == 503 else None
        answer = partial(problems.plain, status=self.status, detail=self._detail, retry_after_s=retry_after_s)
        return list(SecurityHeaders(_identified(answer))(environ, start_response))


def _identified(application: "WSGIApplication") -> "WSGIApplication":
    """The application with the id of the request among the headers of its response."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [*headers, ("X-Request-ID", environ[REQUEST_ID])], exc_info)

        return list(application(environ, start))

    return answer
