"""The OpenAPI 3.1 document, generated from the endpoints, and the reference page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, render_template, url_for
from pydantic import BaseModel
from spectree import Response as SpecTreeResponse
from spectree import SecurityScheme, SpecTree, Tag
from spectree.models import SecureType, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin

from app.api.v1 import reference
from app.api.v1.parameters import Parameters, read
from app.api.v1.responses import GEOJSON, JSON, NETCDF, dumped
from app.api.v1.schemas import Problem

bp = Blueprint("openapi", __name__)
_KEY = "halocline.openapi"
_KEY_SCHEME = "key"
_PATH = {
    "platform": "Platform id in lower case, such as `smilla77`.",
    "mission": "Mission id, such as `20221208T1145`.",
    "basin": "Basin id, as in `/basins`.",
    "variable": "A variable with a section, as in `/sections`, such as `temperature`.",
    "number": "Profile number, as in `/profiles`.",
    "upload": "Id of an upload; for `PUT`, the SHA-256 of the file in hexadecimal digits.",
}
_ETAG = {"ETag": {"description": "Strong entity tag; send it back in `If-None-Match`.", "schema": {"type": "string"}}}
_WAIT = {
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_BUDGET = {
    "RateLimit-Policy": {
        "description": "The rate limit: its name, requests (`q`) in a window of seconds (`w`).",
        "schema": {"type": "string", "examples": ['"api";q=600;w=60']},
    },
    "RateLimit": {
        "description": "Remaining requests (`r`), and seconds until more are available (`t`).",
        "schema": {"type": "string", "examples": ['"api";r=0;t=12']},
    },
}
_RETRY_HEADERS: dict[str, dict[str, Any]] = {"429": _WAIT | _BUDGET, "503": _WAIT}
_LOCATION = {"Location": {"description": "The address of the resource.", "schema": {"type": "string"}}}
# Errors of endpoints that need an API key.
_KEY_PROBLEMS = {
    400: "A parameter is invalid, or the body is shorter than announced.",
    401: "No valid API key: send `Authorization: Bearer KEY`.",
    403: "The key lacks the role, or a page of another site sends the request.",
    404: "The resource does not exist, or this process accepts no uploads.",
    408: "The body arrives too slowly.",
    409: "The present state does not allow the operation.",
    410: "The file is no longer kept; send it again.",
    411: "The header `Content-Length` is missing.",
    413: "The body is too large.",
    415: "The body is a form; send the file as it is.",
    422: "The content does not have the SHA-256 of the address; `code` is `hash_mismatch`.",
    429: "Too many requests, or wrong keys, from this client; retry after `Retry-After` seconds.",
    503: "A dependency is unreachable or too many uploads are running; retry after `Retry-After` seconds.",
}
# Errors of endpoints that receive webhooks.
_WEBHOOK_PROBLEMS = {
    400: "The body is malformed.",
    401: "The signature is missing or wrong, or the time of the webhook is not current.",
    403: "The sender may not write this; `errors` names it.",
    404: "This portal receives no such webhooks.",
    408: "The body arrives too slowly.",
    411: "The header `Content-Length` is missing.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "The content is invalid; `errors` names each problem. Nothing was stored.",
    429: "Too many requests from this client; retry after `Retry-After` seconds.",
    503: "A dependency is unreachable or the server is overloaded; retry after `Retry-After` seconds.",
}
_BODIES: dict[str, dict[str, str]] = {NETCDF: {"type": "string", "format": "binary"}, GEOJSON: {"type": "object"}}
View = TypeVar("View", bound=Callable[..., Response])


class _StrictQuery(FlaskPlugin):
    """Validate queries with `parameters.read`. Responses are validated in the tests, not at each request."""

    def validate(self, func: Callable[..., Response], query: Any = None, *_: Any, **path: Any) -> Response:
        # The other arguments are about forms, JSON and hooks: views read a body themselves.
        parameters = read(query)
        return func(**path) if query is Parameters else func(**path, query=parameters)


class _Responses(SpecTreeResponse):
    """The responses of an endpoint. spectree alone declares every body as `application/json`, also errors and CSV."""

    def __init__(
        self,
        body: type[BaseModel] | None,
        success: str,
        mimetype: str,
        may_be_missing: bool,
        of_mission: bool,
        of_platform: bool,
        also: str | Sequence[str],
    ) -> None:
        problems: dict[str, Any] = {"HTTP_400": (Problem, "A parameter is invalid; `errors` names it.")}
        if may_be_missing or of_mission or of_platform:
            problems["HTTP_404"] = (Problem, "The resource does not exist.")
        if of_mission or of_platform:
            gone = "The mission was" if of_mission else "All missions of the platform were"
            problems["HTTP_301"] = (Problem, "The platform has another id now; `Location` is the new address.")
            problems["HTTP_410"] = (Problem, f"{gone} withdrawn; `detail` has the reason.")
        problems["HTTP_429"] = (Problem, "Too many requests from this client; retry after `Retry-After` seconds.")
        problems["HTTP_503"] = (
            Problem,
            "The database is unreachable or the server is overloaded; retry after `Retry-After` seconds.",
        )
        super().__init__(
            HTTP_200=(body, success), HTTP_304=(None, "Not modified: the client's copy is current."), **problems
        )
        self._mimetype = mimetype
        forms = [also] if isinstance(also, str) else also
        self._also = {form: {"schema": _BODIES.get(form, {"type": "string"})} for form in forms}

    def generate_spec(self, *args: Any, **options: Any) -> dict[str, Any]:
        responses = super().generate_spec(*args, **options)
        for status, response in responses.items():
            content = response.get("content", {"": {"schema": {"type": "string"}}}).values()
            if status == "200":
                response |= {"headers": _ETAG, "content": dict.fromkeys([self._mimetype], *content) | self._also}
            elif status == "202":
                response |= {"headers": _LOCATION}
            elif status != "304":
                response["content"] = dict.fromkeys(["application/problem+json"], *content)
                response |= {"headers": _RETRY_HEADERS[status]} if status in _RETRY_HEADERS else {}
        return dict(sorted(responses.items()))


class _KeyResponses(_Responses):
    """The responses of an endpoint that needs an API key."""

    def __init__(self, body: type[BaseModel] | None, status: int, problems: Iterable[int]) -> None:
        codes = sorted({400, 401, 403, 404, 429, 503, *problems})
        named: dict[str, Any] = {f"HTTP_{code}": (Problem, _KEY_PROBLEMS[code]) for code in codes}
        SpecTreeResponse.__init__(self, **{f"HTTP_{status}": (body, "OK" if status == 200 else "Accepted")}, **named)
        self._mimetype, self._also = JSON, {}


spec = SpecTree(
    backend=_StrictQuery,
    mode="strict",
    annotations=False,
    title="Halocline",
    version="1.0.0",
    description=(
        "Missions of gliders and sailbuoys: figures, tracks, profiles and data. Times are UTC, ISO 8601 with "
        "milliseconds; lengths are in metres; positions are degrees (WGS 84). Every response has an `ETag`. "
        "Errors are `application/problem+json`."
    ),
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    validation_error_status=400,
    validation_error_model=Problem,
    security_schemes=[SecurityScheme(name=_KEY_SCHEME, data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))],
)
# By the id of an operation, its `requestBody`.
_request_bodies: dict[str, Mapping[str, Any]] = {}


def documented(
    body: type[BaseModel] | None,
    tag: str,
    query: type[Parameters] = Parameters,
    mimetype: str = JSON,
    success: str = "OK",
    may_be_missing: bool = False,
    of_mission: bool = False,
    of_platform: bool = False,
    also: str | Sequence[str] = (),
) -> Callable[[View], View]:
    """Add an endpoint to the document and validate its query, which the view receives as `query` if it has parameters.

    `also` are the other media types of the resource. One `of_mission` or `of_platform` may be missing, or withdrawn.
    """

    def decorate(view: View) -> View:
        decorated = spec.validate(
            query=query,
            resp=_Responses(body, success, mimetype, may_be_missing, of_mission, of_platform, also),
            tags=[Tag(name=tag)],
            path_parameter_descriptions=_PATH,
            operation_id=f"{view.__module__.rpartition('.')[2]}_{view.__name__}",
        )(view)
        return cast(View, decorated)

    return decorate


def keyed(
    body: type[BaseModel] | None,
    tag: str,
    query: type[Parameters] = Parameters,
    status: int = 200,
    problems: Iterable[int] = (),
    request_body: Mapping[str, Any] | None = None,
) -> Callable[[View], View]:
    """As `documented`, for an endpoint that needs an API key.

    `problems` are its further error statuses, `request_body` the object of OpenAPI that describes what clients send.
    """

    def decorate(view: View) -> View:
        operation_id = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
        if request_body is not None:
            _request_bodies[operation_id] = request_body
        decorated = spec.validate(
            query=query,
            resp=_KeyResponses(body, status, problems),
            tags=[Tag(name=tag)],
            security={_KEY_SCHEME: []},
            path_parameter_descriptions=_PATH,
            operation_id=operation_id,
        )(view)
        return cast(View, decorated)

    return decorate


class _WebhookResponses(_Responses):
    """The responses of an endpoint that receives webhooks."""

    def __init__(self, body: type[BaseModel]) -> None:
        named: dict[str, Any] = {f"HTTP_{code}": (Problem, text) for code, text in _WEBHOOK_PROBLEMS.items()}
        SpecTreeResponse.__init__(self, HTTP_200=(body, "Stored, or stored before by the same webhook."), **named)
        self._mimetype, self._also = JSON, {}


def documented_webhook(body: type[BaseModel], tag: str, content: type[BaseModel]) -> Callable[[View], View]:
    """Add an endpoint that receives webhooks with this content to the document. The view validates the content."""

    def decorate(view: View) -> View:
        decorated = spec.validate(
            query=Parameters,
            json=content,
            resp=_WebhookResponses(body),
            tags=[Tag(name=tag)],
            operation_id=f"{view.__module__.rpartition('.')[2]}_{view.__name__}",
        )(view)
        return cast(View, decorated)

    return decorate


@dataclass(frozen=True, slots=True)
class _Document:
    """The document of an application, and as it is sent."""

    content: Mapping[str, Any]
    body: bytes


def install(app: Flask) -> None:
    """Build the document. Call it after the endpoints are registered and before the first request.

    spectree would build it at the first use, without a lock: concurrent first requests would get a document that lacks
    schemas, for as long as the worker runs.
    """
    with app.app_context():
        content = spec.spec
    for operation in (operation for methods in content["paths"].values() for operation in methods.values()):
        if (request_body := _request_bodies.get(operation["operationId"])) is not None:
            operation["requestBody"] = request_body
    app.extensions[_KEY] = _Document(content, dumped(content))


def _document() -> _Document:
    built: _Document = current_app.extensions[_KEY]
    return built


@bp.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document."""
    read(Parameters)
    return Response(_document().body, mimetype=JSON)


@bp.get("/docs")
def docs() -> Response:
    """The reference page: the document to browse, with forms to try each endpoint."""
    read(Parameters)
    content = _document().content
    page = render_template(
        "api_docs.html",
        document=url_for("api_v1.openapi.document"),
        description=content["info"]["description"],
        operations=reference.operations(content),
        models=reference.models(content),
    )
    return Response(page)
