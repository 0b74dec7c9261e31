"""An ERDDAP's description of a dataset in `info/<id>/index.json`: the attributes that its tables omit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from app.ingest.refusals import Refused

_COLUMNS = ("Row Type", "Variable Name", "Attribute Name", "Data Type", "Value")
_WHOLE = frozenset({"byte", "short", "int", "long", "ubyte", "ushort", "uint", "ulong"})
# These describe all rows of the dataset and are wrong for a subset.
_OF_ALL_ROWS = ("time_coverage_", "geospatial_")


@dataclass(frozen=True, slots=True)
class About:
    """A dataset's description on disk, its id, and the request that gave the rows."""

    path: str
    dataset: str
    request: str
    is_part: bool


@dataclass(frozen=True, slots=True)
class Description:
    """Attributes of the whole and of each variable (by lower-case name), and the variables' types."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)


def description(about: About) -> Description:
    """The dataset's description, with the request in its history as ERDDAP's own files have it. Raises Refused."""
    try:
        table = orjson.loads(Path(about.path).read_bytes())["table"]
        indexes = [table["columnNames"].index(name) for name in _COLUMNS]
        rows = [[str(row[index] or "") for index in indexes] for row in table["rows"]]
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError) as error:
        raise Refused("server_error", "the server's description of the dataset is not valid") from error
    attributes: dict[str, Any] = {}
    variables: dict[str, dict[str, Any]] = {}
    types: dict[str, str] = {}
    for kind, variable, attribute, dtype, value in rows:
        if kind == "variable":
            types[variable.lower()] = dtype
        elif kind == "attribute" and variable == "NC_GLOBAL":
            if not (about.is_part and attribute.startswith(_OF_ALL_ROWS)):
                attributes[attribute] = _value(dtype, value)
        elif kind == "attribute":
            variables.setdefault(variable.lower(), {})[attribute] = _value(dtype, value)
    history = str(attributes.get("history", ""))
    attributes["history"] = f"{history}\n{about.request}".lstrip("\n")
    attributes.setdefault("dataset_id", about.dataset)
    return Description(attributes, variables, types)


def _value(dtype: str, value: str) -> Any:
    """Numbers as numbers; lists of numbers stay text, because no reader needs them."""
    try:
        if dtype in _WHOLE:
            return int(value)
        return float(value) if dtype in ("float", "double") else value
    except ValueError:
        return value
