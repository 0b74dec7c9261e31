"""Quality flags in the conventions of many tools, for made files. Independent of `app`: it imports nothing of it.

Each convention writes the same judgements: good, probably good, suspect, bad, not evaluated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import netCDF4
import numpy as np

GOOD, PROBABLY_GOOD, SUSPECT, BAD, UNCHECKED = "good", "probably_good", "probably_bad", "bad", "not_evaluated"
LEFT_OUT = (SUSPECT, BAD)

_IOC = {GOOD: 1, PROBABLY_GOOD: 2, SUSPECT: 3, BAD: 4, UNCHECKED: 0}
_IOC_WORDS = (
    "no_qc_performed good_data probably_good_data bad_data_that_are_potentially_correctable bad_data "
    "value_changed interpolated_value missing_value"
)


@dataclass(frozen=True)
class Convention:
    """The name of the flags of a variable, the type and the value of each judgement, and attributes."""

    name: str
    dtype: str
    codes: dict[str, Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    # The name of the flags of positions; without one, those of the latitude are used.
    position: str | None = None
    is_linked: bool = False

    def name_of(self, variable: str) -> str:
        """The name of the flags of a variable."""
        if variable == "latitude" and self.position is not None:
            return self.position
        return self.name.format(variable)

    def values(self, judgements: Sequence[str]) -> np.ndarray[Any, Any]:
        """The judgements as values of the flag variable."""
        return np.array([self.codes[judgement] for judgement in judgements], dtype=self.dtype)


# QARTOD has no "probably good", and its 2 means "not evaluated".
_QARTOD = {GOOD: 1, PROBABLY_GOOD: 1, SUSPECT: 3, BAD: 4, UNCHECKED: 2}
CONVENTIONS = {
    "OG1": Convention(
        "{}_QC",
        "i1",
        _IOC,
        {"flag_values": np.array([0, 1, 2, 3, 4, 5, 8, 9], "i1"), "flag_meanings": _IOC_WORDS},
        position="POSITION_QC",
    ),
    "Argo characters": Convention(
        "{}_QC", "S1", {key: str(code) for key, code in _IOC.items()}, position="POSITION_QC"
    ),
    "numbers without meanings": Convention("{}_qc", "f8", _IOC),
    "IMOS": Convention("{}_quality_control", "i1", _IOC, {"quality_control_set": 1.0}),
    "QARTOD": Convention("qartod_{}_primary_flag", "u1", _QARTOD, position="qartod_location_primary_flag"),
    "QARTOD meanings": Convention(
        "{}_qc",
        "i1",
        _QARTOD,
        {
            "flag_values": np.array([1, 2, 3, 4, 9], "i1"),
            "flag_meanings": "PASS NOT_EVALUATED SUSPECT FAIL MISSING",
        },
    ),
    "own numbers": Convention(
        "{}_flag",
        "i2",
        {GOOD: 4, PROBABLY_GOOD: 3, SUSPECT: 2, BAD: 1, UNCHECKED: 0},
        {"flag_values": np.array([0, 1, 2, 3, 4], "i2"), "flag_meanings": "not_checked wrong doubtful likely_good ok"},
    ),
    "numbers as text": Convention(
        "{}_qc", "i1", _IOC, {"flag_values": "0, 1, 2, 3, 4, 5, 8, 9", "flag_meanings": _IOC_WORDS}
    ),
    "linked": Convention(
        "verdict_on_{}",
        "i1",
        _IOC,
        {
            "standard_name": "status_flag",
            "flag_values": np.array([0, 1, 2, 3, 4, 5, 8, 9], "i1"),
            "flag_meanings": _IOC_WORDS,
        },
        is_linked=True,
    ),
}
# A table has numbers and no attributes of variables.
IN_TABLES = ("numbers without meanings", "QARTOD")


def add(file: netCDF4.Dataset, variable: str, judgements: Sequence[str], convention: Convention) -> None:
    """Add the flags of a variable to an open file."""
    flags = file.createVariable(convention.name_of(variable), convention.dtype, file[variable].dimensions)
    flags.setncatts(convention.attributes)
    flags[:] = convention.values(judgements)
    if convention.is_linked:
        file[variable].ancillary_variables = flags.name
