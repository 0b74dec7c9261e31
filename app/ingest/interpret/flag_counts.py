"""How many values of each variable have which quality flag: of a draft, of stored samples, and their sums."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns
from app.domain.quality_flags import NAMES, FlagCounts
from app.ingest.formats.observations import Flags


def of_columns(values: Mapping[str, NDArray[Any]], flags: Mapping[str, Flags]) -> tuple[FlagCounts, ...]:
    """The counts of each variable with flags. Missing values have no quality: their flags do not count."""
    return tuple(FlagCounts(name, _counted(values[name], of_name)) for name, of_name in flags.items())


def of_documents(documents: Iterable[Mapping[str, Any]]) -> tuple[FlagCounts, ...]:
    """The counts of stored sample documents."""
    counts: dict[str, Counter[str]] = {}
    for document in documents:
        for name, column in document["columns"].items():
            flags = columns.flags_of(column, document["count"])
            if flags is not None:
                values = np.asarray(columns.decoded(column["data"], column["dtype"]))
                counts.setdefault(name, Counter()).update(_counted(values, np.frombuffer(flags, dtype=np.int8)))
    return tuple(FlagCounts(name, dict(of_name)) for name, of_name in counts.items())


def changed(
    before: Sequence[FlagCounts], added: Sequence[FlagCounts], removed: Sequence[FlagCounts]
) -> tuple[FlagCounts, ...]:
    """The counts of a mission after samples were added and removed."""
    totals = {each.variable: Counter(each.counts) for each in before}
    for each in added:
        totals.setdefault(each.variable, Counter()).update(each.counts)
    for each in removed:
        totals.setdefault(each.variable, Counter()).subtract(each.counts)
    return tuple(
        FlagCounts(name, {flag: count for flag, count in total.items() if count > 0}) for name, total in totals.items()
    )


def _counted(values: NDArray[Any], flags: Flags) -> dict[str, int]:
    present = flags[np.isfinite(values)] if values.dtype.kind == "f" else flags
    counts = np.bincount(present, minlength=max(NAMES) + 1).tolist()
    return {name: counts[flag] for flag, name in NAMES.items() if counts[flag]}
