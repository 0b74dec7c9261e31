"""Whether rows are a part that somebody cut out of a dataset, as its history tells."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

# The warning that counts by how many constraints.
WARNING = "part_of_dataset"
_REQUEST = re.compile(r"https?://\S+?/tabledap/[^?\s]+\?(?P<query>.*)")
_COMPARED = re.compile(r"\w+(?:!=|=~|<=|>=|<|>|=(?!\"))")
# Functions that keep every row, or every different one.
_KEEPING = ("distinct(", "orderBy(", "orderByDescending(", "units(")


def narrowing(constraints: Iterable[str]) -> list[str]:
    """The constraints that leave rows out. Those for a text, `trajectory="x"`, choose a mission as a whole."""
    return [
        part
        for part in constraints
        if _COMPARED.match(part) or (re.match(r"\w+\(", part) and not part.startswith(_KEEPING))
    ]


def constraints(attributes: dict[str, Any]) -> int:
    """By how many constraints the rows were cut; ERDDAP writes the request into the last line of `history`."""
    lines = str(attributes.get("history") or "").strip().splitlines()
    request = _REQUEST.search(lines[-1]) if lines else None
    return len(narrowing(unquote(request["query"]).split("&")[1:])) if request else 0
