"""The meaning of the values of a flag variable: by `flag_meanings`, else by the table of its convention.

The meaning counts, not the number: 2 is "probably good" in Argo's table and "not evaluated" in QARTOD's.
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np

from app.domain import quality_flags as flag
from app.ingest.formats.variable_source import Variables

# Parts of meanings in lower case, the first match decides. From the tables of Argo, OceanSITES, IMOS, SeaDataNet,
# QARTOD, OceanGliders, Seaglider basestations, and of Halocline's own exports.
_MEANINGS = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        (r"unknown_flag|not_used|unused|reserved|below_detection|in_excess", flag.UNKNOWN),
        (r"unsampled|not_sampled|drawn|missing|no_data|nodata|absent|not_reported", flag.MISSING),
        (r"not_evaluated|no_q|not_checked|unchecked|not_tested|not_applied|no_change|unknown|^none$|^raw", 0),
        # A denied meaning is not its opposite for certain; that of `not_good` is.
        (r"(^|_)(not_(?!good)|no_|non_)|^un(accept|adjusted|corrected|change|valid|reject)", flag.UNKNOWN),
        (r"probably_bad|correctable|suspect|suspicious|questionable|doubtful|high_interest|uncertain", 3),
        (r"bad|not_good|fail|wrong|erroneous|reject|invalid|error", flag.BAD),
        (r"probably_good|likely_good", flag.PROBABLY_GOOD),
        (r"good|pass|acceptable|accepted|^ok$|^valid", flag.GOOD),
        (r"change|adjusted|corrected", flag.CHANGED),
        (r"interpolat|estimat|nominal|extrapolat", flag.INTERPOLATED),
    )
)
_ARGO = {str(value): value for value in flag.VALUES if value != flag.UNKNOWN}
# Source: IOOS (June 2020), Manual for Real-Time Oceanographic Data Quality Control Flags 1.2: 1 pass, 2 not evaluated,
# 3 suspect or of high interest, 4 fail, 9 missing data.
_QARTOD = {"1": flag.GOOD, "2": flag.NOT_EVALUATED, "3": flag.PROBABLY_BAD, "4": flag.BAD, "9": flag.MISSING}
# Default fill values of the NetCDF library for whole numbers of 8, 16 and 32 bits, and blanks: there is no flag.
_NO_FLAG = frozenset({"", "nan", "-127", "-128", "255", "-32767", "65535", "-2147483647", "4294967295"})
_SUFFIX_OF_BYTE = re.compile(r"(?<=\d)[bB]$")
_UNPACKED = {"scale_factor": (None, 1), "add_offset": (None, 0)}
_LIST = re.compile(r"[,;]")
_OTHERS = re.compile(r"[^a-z0-9]+")


class Meanings:
    """The flags that the values of one flag variable stand for."""

    def __init__(self, file: Variables, name: str) -> None:
        self._fills = {_key(value) for key in ("_FillValue", "missing_value") for value in _listed(file, name, key)}
        self._declared = _declared(file, name)
        self._table = _table(file, name) if self._declared is None else {}

    def flag_of(self, value: Any) -> int:
        """The flag that a number or a text stands for; UNKNOWN for one that nothing explains."""
        key = _key(value)
        if self._declared and key in self._declared:
            return self._declared[key]
        if key in _NO_FLAG or key in self._fills:
            return flag.NOT_EVALUATED
        return self._table.get(key, flag.UNKNOWN)


def has_bit_masks(file: Variables, name: str) -> bool:
    """True if each bit of a value has a meaning of its own: such flags are not read."""
    return bool(_listed(file, name, "flag_masks")) and not _listed(file, name, "flag_values")


def is_contradictory(file: Variables, name: str) -> bool:
    """True if the meanings of a variable do not fit its values, or if it is packed: its flags are unknown."""
    return _declared(file, name) == {}


@lru_cache(4096)
def plain_name(name: str) -> str:
    """The name of a variable in the characters of the conventions: `time_qc` for `time QC` and `time-qc`."""
    return _OTHERS.sub("_", name.lower()).strip("_")


def of_meaning(text: str) -> int:
    """The flag that a word of `flag_meanings` means."""
    word = text.strip().lower().replace("-", "_").replace(" ", "_")
    return next((value for pattern, value in _MEANINGS if pattern.search(word)), flag.UNKNOWN)


def _declared(file: Variables, name: str) -> dict[str, int] | None:
    """The flags by value that `flag_values` and `flag_meanings` declare; empty if they do not fit.

    None without meanings: the table of a convention applies. Empty for packed flags: a value may be packed or not.
    """
    if any(file.attribute(name, key) not in unpacked for key, unpacked in _UNPACKED.items()):
        return {}
    meanings = str(file.attribute(name, "flag_meanings") or "").strip(" \t\n,;")
    if not meanings:
        return None
    keys = [_key(value) for value in _listed(file, name, "flag_values")]
    words = _words(meanings, len(keys))
    if len(keys) == 1 and not words:
        # Characters in one text: "0123489".
        keys = list(keys[0])
        words = _words(meanings, len(keys))
    if not words or len(set(keys)) < len(keys):
        return {}
    return {key: of_meaning(word) for key, word in zip(keys, words, strict=True)}


def _words(meanings: str, count: int) -> list[str]:
    """The meanings as `count` words; none if they are not so many.

    CF separates them by blanks. Other tools separate them by commas or semicolons, so that a meaning may hold blanks.
    """
    listed = [word.strip() for word in _LIST.split(meanings)]
    if len(listed) == count > 1 and all(listed):
        return listed
    words = meanings.split()
    is_plain = not any(word.endswith((",", ";")) or word.startswith((",", ";")) for word in words)
    return words if is_plain and len(words) == count else []


def _table(file: Variables, name: str) -> dict[str, int]:
    """The table of the convention that the name or an attribute states; Argo's by default, none for a bare `_flag`."""
    standard = str(file.attribute(name, "standard_name") or "").lower()
    stated = " ".join(
        str(file.attribute(name, key) or "")
        for key in ("conventions", "Conventions", "flag_convention", "quality_control_conventions", "references")
    ).lower()
    plain = plain_name(name)
    if "qartod" in plain or "qartod" in stated or standard.endswith(("_test_quality_flag", "aggregate_quality_flag")):
        return _QARTOD
    # IMOS numbers its sets: 1 IODE, 2 Argo; 3 and 4, BOM's and WOCE's, have other tables.
    if str(file.attribute(name, "quality_control_set") or "").startswith(("3", "4")):
        return {}
    is_bare = plain.endswith(("_flag", "_flags")) and not plain.endswith(("_quality_flag", "_qc_flag"))
    return {} if is_bare and not standard.endswith(("status_flag", "quality_flag")) else _ARGO


def _listed(file: Variables, name: str, attribute: str) -> list[Any]:
    """The elements of an attribute: a number, a list, or a text such as `0, 1, 2` or `0b 1b`."""
    value = file.attribute(name, attribute)
    if value is None:
        return []
    elements = np.ravel(np.asarray(value, dtype=object)).tolist()
    if len(elements) == 1 and isinstance(elements[0], str):
        return elements[0].replace(",", " ").split() or [""]
    return elements


def _key(value: Any) -> str:
    """A value as text: `1` for 1, 1.0, `1b` and "1"; words in lower case."""
    if isinstance(value, float):
        # The library's default fill value of floats is 9.97e36.
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e30 else "nan" if abs(value) >= 1e30 else str(value)
        )
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    text = _SUFFIX_OF_BYTE.sub("", text.strip("\0 \t")).lower()
    return text.removesuffix(".0")
