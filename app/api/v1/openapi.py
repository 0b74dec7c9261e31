"""The OpenAPI 3.1 document, made from the endpoints themselves, and the page to browse it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, render_template, url_for
from pydantic import BaseModel
from spectree import Response as SpecTreeResponse
from spectree import SpecTree, Tag
from spectree.plugins.flask_plugin import FlaskPlugin

from app.api.v1 import reference
from app.api.v1.parameters import Parameters, read
from app.api.v1.responses import GEOJSON, JSON, NETCDF, json
from app.api.v1.schemas import Problem

bp = Blueprint("openapi", __name__)

_PATH = {
    "platform": "Platform id in lower case, such as `smilla77`.",
    "mission": "Mission id, such as `20221208T1145`.",
    "basin": "Basin id, as `/basins` lists it.",
    "variable": "A variable, as `/sections` lists it, such as `temperature`.",
    "number": "Number of a profile, as `/profiles` lists it.",
}
_ETAG = {"ETag": {"description": "Strong; send it back as `If-None-Match`.", "schema": {"type": "string"}}}
_WAIT = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_BUDGET = {
    "RateLimit-Policy": {
        "description": "The limit: its name, requests (`q`) in a window of seconds (`w`).",
        "schema": {"type": "string", "examples": ['"api";q=600;w=60']},
    },
    "RateLimit": {
        "description": "What is left of it (`r`), and the seconds until there is more (`t`).",
        "schema": {"type": "string", "examples": ['"api";r=0;t=12']},
    },
}
_TURNED_AWAY: dict[str, dict[str, Any]] = {"429": _WAIT | _BUDGET, "503": _WAIT}
_BODIES: dict[str, dict[str, str]] = {NETCDF: {"type": "string", "format": "binary"}, GEOJSON: {"type": "object"}}
View = TypeVar("View", bound=Callable[..., Response])


class _StrictQuery(FlaskPlugin):
    """Reads the query by our rules. Answers are checked in the tests, not anew on each request."""

    def validate(self, func: Callable[..., Response], query: Any = None, *_: Any, **path: Any) -> Response:
        # spectree passes much between the query and the path that is about bodies and hooks; a GET has none.
        parameters = read(query)
        return func(**path) if query is Parameters else func(**path, query=parameters)


class _Answers(SpecTreeResponse):
    """What an endpoint answers. spectree would call every body `application/json`, problems and CSV too."""

    def __init__(
        self, answer: type[BaseModel] | None, says: str, mimetype: str, may_be_missing: bool, also: str | Sequence[str]
    ) -> None:
        problems: dict[str, Any] = {"HTTP_400": (Problem, "A parameter is off; `errors` names it.")}
        if may_be_missing:
            problems["HTTP_404"] = (Problem, "There is no such thing.")
        problems["HTTP_429"] = (Problem, "Too many requests of this client; `Retry-After` says when to go on.")
        problems["HTTP_503"] = (Problem, "The database is away; `Retry-After` says when to try again.")
        super().__init__(HTTP_200=(answer, says), HTTP_304=(None, "The reader's copy is the newest."), **problems)
        self._mimetype = mimetype
        forms = [also] if isinstance(also, str) else also
        self._also = {form: {"schema": _BODIES.get(form, {"type": "string"})} for form in forms}

    def generate_spec(self, *args: Any, **options: Any) -> dict[str, Any]:
        answers = super().generate_spec(*args, **options)
        for status, answer in answers.items():
            content = answer.get("content", {"": {"schema": {"type": "string"}}}).values()
            if status == "200":
                answer |= {"headers": _ETAG, "content": dict.fromkeys([self._mimetype], *content) | self._also}
            elif status != "304":
                answer["content"] = dict.fromkeys(["application/problem+json"], *content)
                answer |= {"headers": _TURNED_AWAY[status]} if status in _TURNED_AWAY else {}
        return dict(sorted(answers.items()))


spec = SpecTree(
    backend=_StrictQuery,
    mode="strict",
    annotations=False,
    title="Halocline",
    version="1.0.0",
    description=(
        "Missions of gliders and sailbuoys: figures, tracks, profiles and data. Times are UTC, ISO 8601 with "
        "milliseconds; lengths are in metres; positions are degrees (WGS 84). Every answer has an `ETag`. "
        "Errors are `application/problem+json`."
    ),
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    validation_error_status=400,
    validation_error_model=Problem,
)


def documented(
    answer: type[BaseModel] | None,
    tag: str,
    query: type[Parameters] = Parameters,
    mimetype: str = JSON,
    says: str = "OK",
    may_be_missing: bool = False,
    also: str | Sequence[str] = (),
) -> Callable[[View], View]:
    """Puts an endpoint into the document and checks its query, which the view gets as `query` if it takes any.

    `also` are further media types that the same address answers with.
    """

    def decorate(view: View) -> View:
        described = spec.validate(
            query=query,
            resp=_Answers(answer, says, mimetype, may_be_missing, also),
            tags=[Tag(name=tag)],
            path_parameter_descriptions=_PATH,
            operation_id=f"{view.__module__.rpartition('.')[2]}_{view.__name__}",
        )(view)
        return cast(View, described)

    return decorate


@bp.get("/openapi.json")
def document() -> Response:
    """This API, described."""
    read(Parameters)
    return json(spec.spec)


@bp.get("/docs")
def docs() -> Response:
    """The document as a page to browse and to try."""
    read(Parameters)
    page = render_template(
        "api_docs.html",
        document=url_for("api_v1.openapi.document"),
        description=spec.spec["info"]["description"],
        operations=reference.operations(spec.spec),
        models=reference.models(spec.spec),
    )
    return Response(page)
