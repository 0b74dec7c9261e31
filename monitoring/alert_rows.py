"""The rows of alerts.yaml, and their limits, which the dashboards draw as lines."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from monitoring.strict_yaml import Invalid, seconds

REQUIRED, OPTIONAL = {"alert", "severity", "dashboard", "expr", "summary"}, {"for", "keep_firing_for", "limit"}
# `limit` is a number or a duration; an expression has it as `$limit`, and a duration in seconds as `$limit_s`.
_DURATION = re.compile(r"\d+[smhd]")
_USE = re.compile(r"\$(limit_s|limit)\b")

Row = dict[str, Any]


def load(path: Path) -> list[Row]:
    """Return the rows, with the limits in their expressions. Raises Invalid for a missing or unknown field or limit."""
    try:
        rows: list[Row] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Invalid(f"{path.name}: {' '.join(str(error).split())}") from error
    for row in rows:
        wrong = sorted((row.keys() ^ REQUIRED) - OPTIONAL)
        if wrong:
            raise Invalid(f"{path.name}: {row.get('alert')}: {wrong[0]} is missing or unknown")
        try:
            row["expr"] = _with_limit(row)
        except ValueError as error:
            raise Invalid(f"{path.name}: {row['alert']}: {error}") from error
    return rows


def _with_limit(row: Row) -> str:
    """Return the expression of a row with its limit. Raises ValueError if it does not use the limit, or has none."""
    expr: str = row["expr"]
    if "limit" not in row:
        if _USE.search(expr):
            raise ValueError("limit is missing")
        return expr
    if not _USE.search(expr):
        raise ValueError("expr does not use $limit")
    values = {"limit": str(row["limit"]), "limit_s": f"{_number(row['limit']):g}"}
    return _USE.sub(lambda match: values[match[1]], expr)


def _number(limit: Any) -> float:
    """Return a limit as a number, a duration in seconds. Raises ValueError."""
    if isinstance(limit, str) and _DURATION.fullmatch(limit):
        return seconds(limit)
    if isinstance(limit, int | float) and not isinstance(limit, bool):
        return float(limit)
    raise ValueError(f"limit must be a number or a duration such as 36h, not {limit!r}")


def limits(rows: Iterable[Row]) -> dict[str, float]:
    """Return the limit of each alert that has one, durations in seconds."""
    return {row["alert"]: _number(row["limit"]) for row in rows if "limit" in row}
