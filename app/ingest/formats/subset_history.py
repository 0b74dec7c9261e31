"""Constraints by which rows were cut out of a dataset, from the request that ERDDAP writes into `history`."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

# The warning code; its count is the number of constraints.
WARNING = "part_of_dataset"
_REQUEST = re.compile(r"https?://\S+?/tabledap/[^?\s]+\?(?P<query>.*)")
_COMPARISON = re.compile(r"\w+(?:!=|=~|<=|>=|<|>|=(?!\"))")
# Functions of ERDDAP that return every row, or every distinct one.
_WITHOUT_LOSS = ("distinct(", "orderBy(", "orderByDescending(", "units(")


def narrowing(constraints: Iterable[str]) -> list[str]:
    """The constraints that leave rows out. Those for a text, `trajectory="x"`, select a mission as a whole."""
    return [
        constraint
        for constraint in constraints
        if _COMPARISON.match(constraint)
        or (re.match(r"\w+\(", constraint) and not constraint.startswith(_WITHOUT_LOSS))
    ]


def constraint_count(attributes: dict[str, Any]) -> int:
    """The number of constraints that narrowed the rows; ERDDAP writes the request into the last line of `history`."""
    lines = str(attributes.get("history") or "").strip().splitlines()
    request = _REQUEST.search(lines[-1]) if lines else None
    return len(narrowing(unquote(request["query"]).split("&")[1:])) if request else 0
