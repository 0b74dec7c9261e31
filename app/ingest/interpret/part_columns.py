"""The measured variables of a mission in parts: what the files call by one name is one column.

A canonical name alone proves nothing: a file with one thermometer calls it temperature, whichever of two it is. So
variables of different names in the files stay separate columns, named as if one file held them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.domain.records import Variable
from app.ingest.formats import mission_limits, vocabulary
from app.ingest.formats.observations import Column, Flags, Observations
from app.ingest.refusals import Refused

REMEDY = "import one file with all parts of the mission, or give each part a name of its own with --mission"
# Depths are computed from this variable where a part has none.
_PRESSURE = "pressure"

# The column of one variable in each part, None in a part without it.
_Columns = Sequence[Column | None]


def joined(parts: Sequence[Observations]) -> tuple[Column, ...]:
    """The columns of all parts, ordered by name; NaN and "not evaluated" in the rows of a part without the variable.

    Raises Refused for a variable whose unit or quantity differs between the parts.
    """
    variables = {source: _in_one_unit(columns) for source, columns in _variables(parts).items()}
    mission_limits.require_few_variables(len(variables))
    names = _names(variables)
    for source, columns in variables.items():
        _require_one_quantity(columns)
        _require_depths(columns, names[source], parts)
    whole = (_column(names[source], columns, parts) for source, columns in variables.items())
    return tuple(sorted(whole, key=lambda column: column.about.name))


def count(parts: Sequence[Observations]) -> int:
    """The number of columns that the parts have together."""
    return len(_variables(parts))


def flags_of(flags: Sequence[Flags | None], parts: Sequence[Observations]) -> Flags | None:
    """The flags of all parts, "not evaluated" in a part without them; None if no part has some."""
    if all(each is None for each in flags):
        return None
    sizes = (part.time_ms.size for part in parts)
    return np.concatenate(
        [np.zeros(size, dtype=np.int8) if each is None else each for each, size in zip(flags, sizes, strict=True)]
    )


def _variables(parts: Sequence[Observations]) -> dict[str, list[Column | None]]:
    """The columns of each variable by its name in the files, in lower case."""
    variables: dict[str, list[Column | None]] = {}
    for i, part in enumerate(parts):
        for column in part.columns:
            source = (column.about.source_name or column.about.name).lower()
            if variables.setdefault(source, [None] * len(parts))[i] is not None:
                # A vertical axis of pressure is read as a measurement, and again as the pressure.
                source = f"{source} {column.about.name}"
                variables.setdefault(source, [None] * len(parts))
            variables[source][i] = column
    return variables


def _names(variables: Mapping[str, _Columns]) -> dict[str, str]:
    """A distinct canonical name for each variable: one that a part gives it, else its own name."""
    claims: dict[str, list[str]] = {}
    for source, columns in variables.items():
        for name in dict.fromkeys(column.about.name for column in columns if column is not None):
            claims.setdefault(name, []).append(source)
    won: dict[str, list[str]] = {}
    for name, sources in claims.items():
        won.setdefault(_first(name, sources, variables), []).append(name)
    names = {source: _best(of_source) for source, of_source in won.items()}
    used = set(claims)
    for source in variables:
        if source not in names:
            names[source] = vocabulary.own_name(source, used)
            used.add(names[source])
    return names


def _first(name: str, sources: Sequence[str], variables: Mapping[str, _Columns]) -> str:
    """The variable that has the name: that of the vocabulary, else the one preferred by a part with both, else the
    oldest."""

    def rank(source: str) -> tuple[bool, bool]:
        others = [variables[other] for other in sources if other != source]
        is_preferred = any(
            column is not None and column.about.name == name and any(other[i] is not None for other in others)
            for i, column in enumerate(variables[source])
        )
        return vocabulary.known(source) != name, not is_preferred

    return min(sources, key=rank)


def _best(names: Sequence[str]) -> str:
    return next((name for name in names if vocabulary.has(name)), names[0])


def _in_one_unit(columns: _Columns) -> _Columns:
    """The columns in the unit of the vocabulary, if the variable has a name of the vocabulary in some parts only."""
    names = {column.about.name for column in columns if column is not None}
    canonical = next((name for name in sorted(names) if vocabulary.has(name)), None)
    if canonical is None or len(names) == 1:
        return columns
    return [column and _converted(column, canonical) for column in columns]


def _converted(column: Column, canonical: str) -> Column:
    unit, values = vocabulary.converted(canonical, column.about.unit, column.values)
    return replace(column, about=replace(column.about, unit=unit), values=values)


def _require_one_quantity(columns: _Columns) -> None:
    first, *others = [column.about for column in columns if column is not None]
    for about in others:
        if first.unit != about.unit:
            units = f"{first.unit or 'no unit'} and {about.unit or 'no unit'}"
            raise Refused("part_of_mission", f"the parts of the mission have {units}: {REMEDY}", first.source_name)
        if _differ(first, about):
            quantities = f"{first.standard_name} and {about.standard_name}"
            raise Refused(
                "part_of_mission", f"the parts of the mission call it {quantities}: {REMEDY}", first.source_name
            )


def _differ(one: Variable, other: Variable) -> bool:
    """True if both state a standard name, and these are two quantities."""
    quantities = {vocabulary.quantity(name) for name in (one.standard_name, other.standard_name) if name}
    return len(quantities) > 1


def _require_depths(columns: _Columns, name: str, parts: Sequence[Observations]) -> None:
    """Raises Refused if another variable takes the name of the pressure that the depths of a part follow from."""
    for column, part in zip(columns, parts, strict=True):
        if column is None or column.about.name != _PRESSURE or name == _PRESSURE:
            continue
        if (np.isnan(part.depth_m) & np.isfinite(column.values)).any():
            cause = f"the depths of the parts follow from different pressures: {REMEDY}"
            raise Refused("part_of_mission", cause, column.about.source_name)


def _column(name: str, columns: _Columns, parts: Sequence[Observations]) -> Column:
    about = next(column.about for column in columns if column is not None)
    absent = np.float32(np.nan)
    values = [
        np.full(part.time_ms.size, absent) if column is None else column.values
        for part, column in zip(parts, columns, strict=True)
    ]
    flags = flags_of([None if column is None else column.flags for column in columns], parts)
    return Column(replace(about, name=name), np.concatenate(values), flags)
