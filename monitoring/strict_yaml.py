"""YAML whose every field is checked: an error contains the file, the line and the reason."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

# A PromQL duration with one unit.
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Invalid(ValueError):
    """An input that cannot be used; the text is one line: `FILE:LINE: REASON`."""


def seconds(duration: str) -> float:
    """Return the length of a valid duration, s."""
    number, unit = _DURATION.fullmatch(duration).groups()  # type: ignore[union-attr]
    return int(number) * _SECONDS[unit]


class Row:
    """A mapping of the file. Every field is read once; `finish` refuses fields that were not read."""

    def __init__(self, path: Path, node: yaml.Node) -> None:
        self._path = path
        self._node = node
        if not isinstance(node, yaml.MappingNode):
            raise self.error("a mapping is required here")
        self._fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value in self._fields:
                raise self.error(f"{key.value} is given twice", key)
            self._fields[key.value] = value
        self._read: set[str] = set()

    def error(self, reason: str, node: yaml.Node | None = None) -> Invalid:
        """Return the error for this mapping, or for one node of it."""
        line = (node or self._node).start_mark.line + 1
        return Invalid(f"{self._path.name}:{line}: {reason}")

    def invalid(self, name: str, reason: str) -> Invalid:
        """Return the error for the value of a field."""
        return self.error(f"{name} {reason}", self._fields.get(name))

    def has(self, name: str) -> bool:
        """True if the field is given."""
        return name in self._fields

    def value(self, name: str) -> Any:
        """Return the value of a field that must exist."""
        node = self._field(name)
        if not isinstance(node, yaml.ScalarNode):
            raise self.invalid(name, "must be a single value")
        return yaml.safe_load(node.value) if node.style is None else node.value

    def text(self, name: str, pattern: str = r"\S.*") -> str:
        """Return a text that matches a pattern."""
        value = self.value(name)
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise self.invalid(name, f"must be a text that matches {pattern}, not {value!r}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of several texts."""
        value = self.value(name)
        if value not in choices:
            raise self.invalid(name, f"must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    def number(self, name: str) -> Decimal:
        """Return a number, exactly as it is written: as a float, 1 - 0.999 is 0.0010000000000000009."""
        node = self._field(name)
        try:
            number = Decimal(str(node.value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise self.invalid(name, f"must be a number, not {node.value!r}")
        return number

    def count(self, name: str) -> int | None:
        """Return a whole number of at least 0, or None for null."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.invalid(name, f"must be a whole number of at least 0, or null, not {value!r}")
        return value

    def duration(self, name: str) -> str:
        """Return a duration as text, such as 5m."""
        value = str(self.value(name))
        if _DURATION.fullmatch(value) is None:
            raise self.invalid(name, f"must be a duration such as 30s, 5m, 6h or 3d, not {value!r}")
        return value

    def rows(self, name: str) -> list["Row"]:
        """Return the mappings of a list that has at least one."""
        node = self._field(name)
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.invalid(name, "must be a list with at least one entry")
        return [Row(self._path, child) for child in node.value]

    def finish(self) -> None:
        """Refuse the fields that were not read."""
        for name in self._unknown():
            raise self.invalid(name, "is an unknown field")

    def _unknown(self) -> Iterator[str]:
        return (name for name in self._fields if name not in self._read)

    def _field(self, name: str) -> yaml.Node:
        self._read.add(name)
        if name not in self._fields:
            raise self.error(f"{name} is missing")
        return self._fields[name]


def read(path: Path) -> Row:
    """Return the mapping of a file. Raises Invalid if the file is missing, no YAML, or no mapping."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except OSError as error:
        raise Invalid(f"{path.name}:1: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Invalid(f"{path.name}:{line}: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(f"{path.name}:1: {' '.join(str(error).split())}") from error
    if node is None:
        raise Invalid(f"{path.name}:1: the file is empty")
    return Row(path, node)
