"""The OpenAPI document as rows of the reference page: plain text instead of nested schemas."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

Schema = Mapping[str, Any]
_MODELS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a value as text; `model` is the name of its model, if it has one."""

    text: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of an operation or a member of a model."""

    name: str
    kind: Kind
    description: str
    required: bool
    in_path: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A response of an operation: its status, media types and body."""

    status: str
    description: str
    media_types: tuple[str, ...]
    body: Kind | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint: its method, path, parameters and responses. `needs_key`: each request needs an API key.

    `body`: the type of a body that is JSON.
    """

    id: str
    tag: str
    method: str
    path: str
    title: str
    description: str
    parameters: tuple[Field, ...]
    responses: tuple[Response, ...]
    needs_key: bool = False
    body: Kind | None = None

    @property
    def label(self) -> str:
        """The path, after the method unless it is GET."""
        return self.path if self.method == "GET" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Model:
    """The structure of a body or of a part of one."""

    name: str
    description: str
    fields: tuple[Field, ...]


def operations(document: Schema) -> dict[str, list[Operation]]:
    """The operations by tag, in the order of the tags."""
    order = {tag["name"]: position for position, tag in enumerate(document["tags"])}
    by_tag = sorted(_operations(document), key=lambda each: (order.get(each.tag, len(order)), each.path))
    return {tag: list(group) for tag, group in groupby(by_tag, attrgetter("tag"))}


def models(document: Schema) -> list[Model]:
    """The models of bodies, sorted by name. Models that only parameters use are left out."""
    used = {
        ref
        for methods in document["paths"].values()
        for operation in methods.values()
        for ref in _references([operation["responses"], operation.get("requestBody")])
    }
    schemas = document["components"]["schemas"]
    unvisited = sorted(used)
    while unvisited:
        new = set(_references(schemas[unvisited.pop()])) - used
        used |= new
        unvisited += sorted(new)
    return [
        Model(
            name,
            schemas[name].get("description", ""),
            tuple(
                Field(key, _kind(part), part.get("description", ""), key in schemas[name].get("required", ()))
                for key, part in schemas[name].get("properties", {}).items()
            ),
        )
        for name in sorted(used)
    ]


def _operations(document: Schema) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Operation(
                id=operation["operationId"],
                tag=operation["tags"][0],
                method=method.upper(),
                path=path,
                title=operation["summary"],
                description=operation.get("description", ""),
                parameters=tuple(_parameter(each) for each in operation.get("parameters", ())),
                responses=tuple(_response(status, each) for status, each in operation["responses"].items()),
                needs_key=bool(operation.get("security")),
                body=_body(operation.get("requestBody", {})),
            )


def _parameter(parameter: Schema) -> Field:
    schema = parameter["schema"]
    return Field(
        name=parameter["name"],
        kind=_kind(schema),
        description=parameter.get("description", ""),
        required=bool(parameter.get("required")),
        in_path=parameter["in"] == "path",
        choices=tuple(map(str, schema.get("enum", ()))),
        default=str(schema.get("default", "")),
    )


def _response(status: str, response: Schema) -> Response:
    content = response.get("content", {})
    bodies = [_kind(body["schema"]) for body in content.values() if "schema" in body]
    return Response(status, response.get("description", ""), tuple(content), bodies[0] if bodies else None)


def _body(request_body: Schema) -> Kind | None:
    """The type of the body of requests, if it is JSON."""
    content = request_body.get("content", {})
    return _kind(content["application/json"]["schema"]) if "application/json" in content else None


def _kind(schema: Schema) -> Kind:
    if "$ref" in schema:
        return Kind("", schema["$ref"].removeprefix(_MODELS))
    if "anyOf" in schema and "type" not in schema:
        kinds = [_kind(part) for part in schema["anyOf"]]
        text = " or ".join(kind.text for kind in kinds if kind.text)
        model = next((kind.model for kind in kinds if kind.model), None)
        return Kind(f"or {text}" if model and text else text, model)
    if "const" in schema:
        return Kind(f"“{schema['const']}”")
    if "enum" in schema:
        return Kind(" or ".join(f"“{choice}”" for choice in schema["enum"]))
    if schema.get("type") == "array":
        items = _kind(schema.get("items", {}))
        return Kind(f"list of {items.text}" if items.text else "list", items.model)
    formats = [part["format"] for part in schema.get("anyOf", ()) if "format" in part]
    return Kind(" or ".join(formats) or schema.get("format") or schema.get("type") or "anything")


def _references(part: object) -> Iterable[str]:
    if isinstance(part, Mapping):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix(_MODELS)
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
