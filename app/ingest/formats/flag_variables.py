"""Quality flags of a file: which variables hold them, and to which variables they belong.

A variable names its flags in `ancillary_variables` (CF 1.11, 3.4 and 3.5). Without it, the standard name
(`sea_water_temperature status_flag`) or the name of the flags does, in the conventions of OceanGliders, Argo, NGDAC
(`temperature_qc`), IMOS (`temp_quality_control`) and QARTOD (`qartod_temperature_primary_flag`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import quality_flags as flag
from app.ingest.formats.flag_meanings import Meanings, has_bit_masks, plain_name
from app.ingest.formats.observations import Flags
from app.ingest.formats.variable_source import Variables

# The rows of a variable along certain dimensions.
Pick = Callable[[NDArray[Any]], NDArray[Any]]

_SUFFIXES = ("_qc", "_quality_control", "_quality_flag", "_qc_flag", "_qc_agg", "_flag", "_flags")
_QARTOD = "qartod_"
# Names that flags of positions have instead of those of latitude and longitude.
_POSITIONS = ("position", "location", "lat_lon", "latlon")
# A variable with several tests and their summary is judged by the summary.
_SUMMARIES = ("primary", "aggregate", "rollup", "_qc_agg")
# From the best to the worst: of several flags of a value the worst counts, as in the summaries of QARTOD.
_BY_SEVERITY = (
    *(flag.NOT_EVALUATED, flag.GOOD, flag.PROBABLY_GOOD, flag.INTERPOLATED, flag.CHANGED, flag.UNKNOWN),
    *(flag.MISSING, flag.PROBABLY_BAD, flag.BAD),
)
_SEVERITY = np.zeros(max(_BY_SEVERITY) + 1, dtype=np.int8)
_SEVERITY[list(_BY_SEVERITY)] = np.arange(len(_BY_SEVERITY))
# Whole numbers in a wider span than this are no flags; a table of the span gives the flags without sorting.
_WIDEST_SPAN = 1 << 17


def names(file: Variables) -> set[str]:
    """The lower-case names of the variables that hold quality flags."""
    return {name for name in file.variables if _is_flag(file, name)} | {
        linked
        for name in file.variables
        for linked in _linked(file, name)
        if linked in file.variables and file.attribute(linked, "flag_meanings")
    }


class RowFlags:
    """The quality flags of the rows of a file.

    `picks` gives the rows of a variable by its dimensions. `used` are the flag variables that were read; `warnings`
    receives the number of unknown flags.
    """

    def __init__(self, file: Variables, picks: Mapping[tuple[str, ...], Pick], warnings: Counter[str]) -> None:
        self._file, self._picks, self._warnings = file, picks, warnings
        self._names = names(file)
        self._read: dict[str, Flags] = {}

    @property
    def used(self) -> frozenset[str]:
        """The lower-case names of the flag variables that were read."""
        return frozenset(self._read)

    def of(self, name: str | None) -> Flags | None:
        """The flags of a variable by row, None without any."""
        return None if name is None else self._worst(self._owned(name))

    def of_position(self, latitude: str, longitude: str) -> Flags | None:
        """The flags of the positions by row: those of either coordinate, and those of the position."""
        general = _named(self._names, _POSITIONS, self._file.variables)
        return self._worst(dict.fromkeys([*self._owned(latitude), *self._owned(longitude), *general]))

    def coordinates(self, time: str, latitude: str, longitude: str, depth: str | None) -> dict[str, Flags]:
        """The flags of times, positions and depths, where there are some."""
        found = {"time": self.of(time), "position": self.of_position(latitude, longitude), "depth": self.of(depth)}
        return {name: flags for name, flags in found.items() if flags is not None}

    def _owned(self, name: str) -> list[str]:
        """The flag variables of a variable: its summary if there is one, and those of other conventions."""
        linked = [each for each in _linked(self._file, name) if each in self._names]
        owned = list(
            dict.fromkeys([*linked, *_named(self._names, (name,), self._file.variables)])
        ) or self._by_standard_name(name)
        if any(_is_summary(self._file, each) for each in owned):
            owned = [each for each in owned if _is_summary(self._file, each) or not _is_test(self._file, each)]
        return owned

    def _by_standard_name(self, name: str) -> list[str]:
        """The flag variable with the standard name of the variable and a modifier, if no other has either."""
        standard = _standard(self._file, name)
        same = [each for each in self._file.variables if each not in self._names]
        if not standard or sum(_standard(self._file, each) == standard for each in same) != 1:
            return []
        modified = (f"{standard} status_flag", f"{standard} quality_flag")
        flags = [each for each in self._names if _standard(self._file, each) in modified]
        return flags if len(flags) == 1 else []

    def _worst(self, owned: Iterable[str]) -> Flags | None:
        """The worst flag of each row among those of the variables; None if none can be read."""
        severity: Flags | None = None
        for name in owned:
            if (flags := self._flags(name)) is not None:
                mine = _SEVERITY[flags]
                severity = mine if severity is None else np.maximum(severity, mine)
        return None if severity is None else np.asarray(_BY_SEVERITY, dtype=np.int8)[severity]

    def _flags(self, name: str) -> Flags | None:
        """The flags that a variable holds, by row; None if it has another form than the rows, or cannot be read."""
        if name in self._read:
            return self._read[name]
        variable = self._file.variables[name]
        pick = self._picks.get(tuple(map(str, variable.dimensions)))
        if pick is None or has_bit_masks(self._file, name) or (raw := self._file.raw(name)) is None:
            return None
        self._read[name] = flags = pick(_translated(raw, Meanings(self._file, name)))
        if unknown := int(np.count_nonzero(flags == flag.UNKNOWN)):
            self._warnings["flag_unknown"] += unknown
        return flags


def _translated(raw: NDArray[Any], meanings: Meanings) -> Flags:
    """The flags that numbers, characters or texts stand for: the same shape."""
    if raw.dtype.kind == "S" and raw.dtype.itemsize == 1:
        codes = np.ascontiguousarray(raw).view(np.uint8).reshape(raw.shape)
        return _by_table(codes, lambda code: meanings.flag_of(chr(code)))
    if raw.dtype.kind in "iu" and raw.size and int(raw.max()) - int(raw.min()) <= _WIDEST_SPAN:
        return _by_table(raw, meanings.flag_of)
    if raw.dtype.kind == "O":
        raw = raw.astype(str)
    distinct, where = np.unique(raw, return_inverse=True)
    flags = np.array([meanings.flag_of(value) for value in distinct.tolist()], dtype=np.int8)
    return flags[where].reshape(raw.shape)


def _by_table(codes: NDArray[Any], flag_of: Callable[[int], int]) -> Flags:
    if not codes.size:
        return np.zeros(codes.shape, dtype=np.int8)
    least = int(codes.min())
    shifted = codes.astype(np.int64) - least
    present = np.flatnonzero(np.bincount(shifted.ravel()))
    table = np.zeros(int(present[-1]) + 1, dtype=np.int8)
    table[present] = [flag_of(least + int(code)) for code in present]
    return table[shifted]


def _is_flag(file: Variables, name: str) -> bool:
    standard = _standard(file, name)
    plain = plain_name(name)
    return plain.endswith(_SUFFIXES) or plain.startswith(_QARTOD) or standard.endswith(("status_flag", "quality_flag"))


def _linked(file: Variables, name: str) -> list[str]:
    """The lower-case names in `ancillary_variables`."""
    return str(file.attribute(name, "ancillary_variables") or "").lower().replace(",", " ").split()


def _named(flags: set[str], owners: Sequence[str], variables: Iterable[str]) -> list[str]:
    """The flag variables whose name contains one of these variables in the way of a convention, in order.

    QARTOD's names begin with that of a variable; the flags of `temperature_adjusted` are not those of `temperature`.
    """
    plain_owners = [plain_name(owner) for owner in owners]
    exact = {f"{owner}{suffix}" for owner in plain_owners for suffix in _SUFFIXES}
    begins = tuple(f"{_QARTOD}{owner}_" for owner in plain_owners)
    begins += tuple(f"{owner}_{_QARTOD}" for owner in plain_owners)
    longer = tuple(f"{owner}_" for owner in plain_owners)
    measured = (plain_name(name) for name in variables if name not in flags)
    others = tuple(f"{_QARTOD}{name}_" for name in measured if name.startswith(longer))

    def belongs(name: str) -> bool:
        return name in exact or (name.startswith(begins) and not name.startswith(others))

    return sorted(name for name in flags if belongs(plain_name(name)))


def _is_summary(file: Variables, name: str) -> bool:
    return any(word in plain_name(name) for word in _SUMMARIES) or _standard(file, name) == "aggregate_quality_flag"


def _is_test(file: Variables, name: str) -> bool:
    return _QARTOD in plain_name(name) or _standard(file, name).endswith("_test_quality_flag")


def _standard(file: Variables, name: str) -> str:
    return " ".join(str(file.attribute(name, "standard_name") or "").lower().split())
