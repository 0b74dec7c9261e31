"""Comparison of stored with recomputed values, and the description of differences."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

# Sums of the same numbers in another order differ by 1e-12 for the largest store, geodesics of another release of the
# library in the last digits. In the length of the largest archive it is a few metres, in a mission's a millimetre.
RELATIVE = 1e-9
# Degrees, shares and seconds near 0: a tenth of a millimetre on the ground.
ABSOLUTE = 1e-9
_LONGEST = 120
MISSING = "nothing"
PRESENT = "present"

# The repairs: rebuild a scope, recompute a platform or a scope of totals, retire a version, or remove the track of a
# mission that no longer exists.
Kind = Literal["rebuild", "platform", "totals", "retire", "track"]
Remedy = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """The stored and the recomputed value of `what` (`figures.distance_m`) in `where` (a mission, platform or scope).

    Without a remedy it concerns imported data, which cannot be recomputed.
    """

    where: str
    what: str
    stored: Any
    recomputed: Any
    remedies: tuple[Remedy, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.where, self.what

    def line(self) -> str:
        """The difference for people."""
        return f"{self.where}: {self.what} is {shown(self.stored)}, recomputed {shown(self.recomputed)}"

    def as_json(self) -> dict[str, Any]:
        """The fields of `--json`, in their order."""
        return {
            "kind": "difference",
            "where": self.where,
            "what": self.what,
            "stored": shown(self.stored),
            "recomputed": shown(self.recomputed),
            "repairable": bool(self.remedies),
        }


def shown(value: Any) -> str:
    """A value on one line, cut if it is long."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def differences(
    where: str, stored: Mapping[str, Any], recomputed: Mapping[str, Any], *remedies: Remedy
) -> Iterator[Difference]:
    """One difference for each name whose values differ, with the first differing element."""
    for name in recomputed:
        difference = _first(name, stored.get(name, MISSING), recomputed[name])
        if difference is not None:
            yield Difference(where, *difference, remedies)


def keyed(
    where: str, stored: Mapping[str, Mapping[str, Any]], recomputed: Mapping[str, Mapping[str, Any]], *remedies: Remedy
) -> Iterator[Difference]:
    """The same for documents by key: superfluous and missing documents, and the fields of the others."""
    for key in sorted(stored.keys() | recomputed.keys()):
        document = f"{where} {key}"
        if key not in recomputed:
            yield Difference(document, "document", PRESENT, MISSING, remedies)
        elif key not in stored:
            yield Difference(document, "document", MISSING, PRESENT, remedies)
        else:
            yield from differences(document, stored[key], recomputed[key], *remedies)


def _first(name: str, stored: Any, recomputed: Any) -> tuple[str, Any, Any] | None:
    """The path and the two values of the first difference; None when the values are equal."""
    if isinstance(recomputed, Mapping) and isinstance(stored, Mapping):
        if stored.keys() != recomputed.keys():
            return f"{name} (names)", sorted(stored), sorted(recomputed)
        pairs = ((f"{name}.{key}", stored[key], recomputed[key]) for key in recomputed)
    elif _is_list(recomputed) and _is_list(stored):
        if len(stored) != len(recomputed):
            return f"{name} (length)", len(stored), len(recomputed)
        # A fast path: most lists are equal number by number.
        if list(stored) == list(recomputed):
            return None
        pairs = ((f"{name}[{i}]", *both) for i, both in enumerate(zip(stored, recomputed, strict=True)))
    else:
        return None if same(stored, recomputed) else (name, stored, recomputed)
    return next((difference for pair in pairs if (difference := _first(*pair)) is not None), None)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def same(stored: Any, recomputed: Any) -> bool:
    """True if two plain values are equal, numbers within rounding; True is not a number."""
    numbers = (int, float)
    if isinstance(stored, bool) or isinstance(recomputed, bool):
        return stored is recomputed
    if isinstance(stored, float | int) and isinstance(recomputed, numbers):
        if isinstance(stored, int) and isinstance(recomputed, int):
            return stored == recomputed
        if math.isnan(stored) or math.isnan(recomputed):
            return math.isnan(stored) and math.isnan(recomputed)
        return math.isclose(stored, recomputed, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(stored == recomputed)
