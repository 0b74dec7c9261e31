"""The OpenAPI document as rows for the page that browses it: plain words instead of nested schemas."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

Schema = Mapping[str, Any]
_MODELS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be: words, of which those in `model` name one of the models below."""

    words: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of an operation or a member of a model."""

    name: str
    kind: Kind
    says: str
    required: bool
    in_path: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One status of an operation, with its media types and the model of its body."""

    status: str
    says: str
    media_types: tuple[str, ...]
    body: Kind | None


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked, at which address, and what comes back."""

    id: str
    tag: str
    path: str
    title: str
    says: str
    parameters: tuple[Field, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The shape of a body or of a part of one."""

    name: str
    says: str
    fields: tuple[Field, ...]


def operations(document: Schema) -> dict[str, list[Operation]]:
    """What can be asked, by tag."""
    order = {tag["name"]: place for place, tag in enumerate(document["tags"])}
    found = sorted(_operations(document), key=lambda operation: (order.get(operation.tag, len(order)), operation.path))
    return {tag: list(some) for tag, some in groupby(found, attrgetter("tag"))}


def models(document: Schema) -> list[Model]:
    """The shapes of bodies, by name; those that only describe parameters are left out."""
    answered = {ref for path in document["paths"].values() for ref in _references(path["get"]["responses"])}
    schemas = document["components"]["schemas"]
    open_names = sorted(answered)
    while open_names:
        found = set(_references(schemas[open_names.pop()])) - answered
        answered |= found
        open_names += sorted(found)
    return [
        Model(
            name,
            schemas[name].get("description", ""),
            tuple(
                Field(key, _kind(part), part.get("description", ""), key in schemas[name].get("required", ()))
                for key, part in schemas[name].get("properties", {}).items()
            ),
        )
        for name in sorted(answered)
    ]


def _operations(document: Schema) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        asked = methods["get"]
        yield Operation(
            id=asked["operationId"],
            tag=asked["tags"][0],
            path=path,
            title=asked["summary"],
            says=asked.get("description", ""),
            parameters=tuple(_parameter(found) for found in asked.get("parameters", ())),
            answers=tuple(_answer(status, found) for status, found in asked["responses"].items()),
        )


def _parameter(found: Schema) -> Field:
    schema = found["schema"]
    return Field(
        name=found["name"],
        kind=_kind(schema),
        says=found.get("description", ""),
        required=bool(found.get("required")),
        in_path=found["in"] == "path",
        choices=tuple(map(str, schema.get("enum", ()))),
        default=str(schema.get("default", "")),
    )


def _answer(status: str, found: Schema) -> Answer:
    content = found.get("content", {})
    bodies = [_kind(body["schema"]) for body in content.values() if "schema" in body]
    return Answer(status, found.get("description", ""), tuple(content), bodies[0] if bodies else None)


def _kind(schema: Schema) -> Kind:
    if "$ref" in schema:
        return Kind("", schema["$ref"].removeprefix(_MODELS))
    if "anyOf" in schema and "type" not in schema:
        kinds = [_kind(part) for part in schema["anyOf"]]
        words = " or ".join(kind.words for kind in kinds if kind.words)
        model = next((kind.model for kind in kinds if kind.model), None)
        return Kind(f"or {words}" if model and words else words, model)
    if "const" in schema:
        return Kind(f"“{schema['const']}”")
    if "enum" in schema:
        return Kind(" or ".join(f"“{choice}”" for choice in schema["enum"]))
    if schema.get("type") == "array":
        items = _kind(schema.get("items", {}))
        return Kind(f"list of {items.words}" if items.words else "list", items.model)
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
