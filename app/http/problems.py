"""Turns errors into responses. Only this module maps errors to status codes.

Under /api the response is a problem document (RFC 9457), elsewhere a page. Refusals outside Flask are
always problem documents. Neither reveals internals.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import orjson
import structlog
from flask import Flask, Response, render_template, request, url_for
from flask.globals import request_ctx
from jinja2 import TemplateError
from pymongo.errors import ConnectionFailure, PyMongoError, WaitQueueTimeoutError
from werkzeug.exceptions import HTTPException

from app.errors import (
    Conflict,
    Forbidden,
    Gone,
    HaloclineError,
    Invalid,
    Mismatch,
    Moved,
    NoLength,
    NotFound,
    Overloaded,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    WithdrawnMission,
    WrongType,
)
from app.extensions import mongo
from app.http import api_urls
from app.http.conditional import SHARED
from app.http.credentials import is_personal
from app.server import request_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[HaloclineError], int], ...] = (
    (NotFound, 404),
    (Gone, 410),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Invalid, 400),
    (NoLength, 411),
    (TooLarge, 413),
    (WrongType, 415),
    (Mismatch, 422),
    (Conflict, 409),
    (Unavailable, 503),
    (Overloaded, 503),
    (TooMany, 429),
    (HaloclineError, 500),
)
# Texts for visitors, where the standard description is written for the operator of the server.
_DETAIL = {
    404: "There is nothing at this address.",
    500: "Something went wrong on our side. It has been logged; please try again later.",
    503: "This cannot be answered at the moment; please try again shortly.",
}
# A replica set elects a new primary in about 10 s.
RETRY_AFTER_S = 10
_INSTANCE_LENGTH = 512
# The arguments of routes that name a platform.
_OF_PLATFORM = ("platform", "serial")


def install(app: Flask) -> None:
    """Register the error handlers."""
    app.register_error_handler(HaloclineError, _from_halocline)
    app.register_error_handler(Gone, _from_gone)
    app.register_error_handler(Moved, _from_moved)
    app.register_error_handler(PyMongoError, _from_mongodb)
    app.register_error_handler(request_body.Incomplete, _from_incomplete)
    app.register_error_handler(request_body.TooSlow, _from_slow)
    app.register_error_handler(HTTPException, _from_http)


def problem(
    status: int,
    detail: str,
    errors: Iterable[Mapping[str, str]] = (),
    code: str | None = None,
    withdrawn: Sequence[WithdrawnMission] = (),
) -> Response:
    """A problem document; `errors` holds `field` and `problem` for each invalid field."""
    body = _document(status, detail, request.path, errors, code, withdrawn)
    response = Response(body, status, content_type=MEDIA_TYPE)
    return _finish(response)


def plain(
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    status: int,
    detail: str,
    *,
    retry_after_s: int | None = None,
    allow: str | None = None,
) -> list[bytes]:
    """A problem document from outside Flask, for responses that must be cheap."""
    body = _document(status, detail, environ.get("PATH_INFO", "").encode("latin-1", "replace"))
    headers = [
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if retry_after_s is not None:
        headers.append(("Retry-After", str(retry_after_s)))
    if allow is not None:
        headers.append(("Allow", allow))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def _document(
    status: int,
    detail: str,
    path: str | bytes,
    errors: Iterable[Mapping[str, str]] = (),
    code: str | None = None,
    withdrawn: Sequence[WithdrawnMission] = (),
) -> bytes:
    document: dict[str, Any] = {
        # The title describes the type completely, so the type needs no page (RFC 9457, 4.2.1).
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "instance": quote(path, safe="/:@!$&'()*+,;=~-._")[:_INSTANCE_LENGTH],
    }
    if fields := [dict(error) for error in errors]:
        document["errors"] = fields
    if code is not None:
        document["code"] = code
    if withdrawn:
        document["withdrawn"] = [_withdrawn(each) for each in withdrawn]
    return orjson.dumps(document)


def _withdrawn(mission: WithdrawnMission) -> dict[str, Any]:
    """The fields of a withdrawn mission: the addresses of its tombstone answer 410, too."""
    return {
        "platform": mission.platform,
        "mission": mission.mission,
        "at": mission.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "reason": mission.reason,
        "links": {
            "self": api_urls.mission(mission.platform, mission.mission),
            "html": url_for("missions.one", platform=mission.platform, mission=mission.mission),
        },
    }


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def described(error: Exception) -> tuple[int, str]:
    """The status and the text for the client; 500 without its text for an error that is not Halocline's.

    An outage of MongoDB is Unavailable.
    """
    if isinstance(error, PyMongoError) and is_outage(error):
        error = Unavailable("MongoDB")
    if isinstance(error, Unavailable):
        log.warning("dependency_unavailable", dependency=error.dependency)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return status, _DETAIL[500] if status == 500 else str(error) or _DETAIL.get(status, _title(status))


def _from_halocline(error: HaloclineError) -> Response:
    status, detail = described(error)
    errors = [{"field": error.field, "problem": error.problem}] if isinstance(error, Invalid) else []
    if status == 500:
        log.error("unexpected_error", exc_info=error)
    headers = [("Retry-After", str(RETRY_AFTER_S))] if status == 429 else []
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if isinstance(error, Mismatch):
        return problem(status, detail, code=error.code)
    return answer(status, detail, errors, headers)


def _from_incomplete(_: request_body.Incomplete) -> Response:
    return answer(400, "The body is shorter than the header Content-Length announced.")


def _from_slow(_: request_body.TooSlow) -> Response:
    return answer(408, "The body arrived too slowly.")


def _from_gone(error: Gone) -> Response:
    return _in_place_of_a_page(answer(410, str(error), withdrawn=error.missions))


def _from_moved(error: Moved) -> Response:
    """A redirect to the same resource of the present platform. Revalidated: a platform may get a former id again."""
    named: dict[str, Any] = request.view_args or {}
    arguments: dict[str, Any] = {name: error.platform if name in _OF_PLATFORM else text for name, text in named.items()}
    query = request.query_string.decode("latin-1")
    if arguments == named:
        # The platform is a filter.
        given = request.args.items(multi=True)
        query = urlencode([(name, error.platform if name == "platform" else text) for name, text in given])
    location = url_for(str(request.endpoint), **arguments) + (f"?{query}" if query else "")
    return _in_place_of_a_page(answer(301, str(error), headers=[("Location", location)]))


def _in_place_of_a_page(response: Response) -> Response:
    """Let shared caches store the response as they store pages.

    It replaces a page there. A cache that must not store it would go on serving that page: to those who ask while one
    request revalidates it, and to everybody while the portal is unreachable.
    """
    if request.method in {"GET", "HEAD"} and not is_personal(request.environ):
        response.headers["Cache-Control"] = SHARED
    return response


def is_outage(error: PyMongoError) -> bool:
    """True if MongoDB is unreachable or too slow; any other error of the driver is a fault of the portal."""
    return bool(error.timeout) or isinstance(error, ConnectionFailure | WaitQueueTimeoutError)


def _from_mongodb(error: PyMongoError) -> Response:
    """503 during an outage, else 500."""
    mongo.note_failure(error)
    if is_outage(error):
        return _from_halocline(Unavailable("MongoDB"))
    log.error("mongodb_error", exc_info=error)
    return answer(500, _DETAIL[500])


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return Response(error.response.get_data(), status, error.response.headers)  # type: ignore[attr-defined]
    detail = _DETAIL.get(status) or error.description or _title(status)
    # Allow, Retry-After and others belong to the status; Content-* described the replaced body.
    headers = [(name, value) for name, value in error.get_headers() if not name.lower().startswith("content-")]
    return answer(status, detail, headers=headers)


def answer(
    status: int,
    detail: str,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Iterable[tuple[str, str]] = (),
    withdrawn: Sequence[WithdrawnMission] = (),
) -> Response:
    """A problem document under /api, else a page; with these headers added. `withdrawn`: missions of a platform."""
    is_api = request.path.startswith("/api/")
    response = (
        problem(status, detail, errors, withdrawn=withdrawn) if is_api else _finish(_page(status, detail, withdrawn))
    )
    response.headers.extend(list(headers))
    return response


def _page(status: int, detail: str, withdrawn: Sequence[WithdrawnMission] = ()) -> Response:
    if request_ctx.url_adapter is None:
        return _text(status, detail)  # The Host header is no host name, so the links of the page cannot be built.
    try:
        page = render_template("error.html", status=status, title=_title(status), detail=detail, withdrawn=withdrawn)
    except TemplateError as error:
        # A fault in the error page must not hide the error itself.
        log.error("error_page_failed", exc_info=error)
        return _text(status, detail)
    return Response(page, status, content_type="text/html; charset=utf-8")


def _text(status: int, detail: str) -> Response:
    return Response(f"{status} {_title(status)}\n{detail}\n", status, content_type="text/plain; charset=utf-8")


def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
