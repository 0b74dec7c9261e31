"""Quality flags in one vocabulary, whatever convention a file uses: reference table 2 of Argo, which OceanSITES shares.

Source: Argo Quality Control Manual for CTD and Trajectory Data 3.3, doi 10.13155/33951. Argo does not use 6: here it
stands for a flag whose meaning is not known. Web workers import this module: keep numpy out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

NOT_EVALUATED, GOOD, PROBABLY_GOOD, PROBABLY_BAD, BAD = 0, 1, 2, 3, 4
CHANGED, UNKNOWN, INTERPOLATED, MISSING = 5, 6, 8, 9

# The names of the flags in counts.
NAMES = {
    NOT_EVALUATED: "not_evaluated",
    GOOD: "good",
    PROBABLY_GOOD: "probably_good",
    PROBABLY_BAD: "probably_bad",
    BAD: "bad",
    CHANGED: "changed",
    UNKNOWN: "unknown",
    INTERPOLATED: "interpolated",
    MISSING: "missing",
}
# `flag_values` and `flag_meanings` of exports (CF 1.11, 3.5), which the import reads again.
VALUES = tuple(NAMES)
MEANINGS = (
    "no_qc_performed good_data probably_good_data bad_data_that_are_potentially_correctable bad_data "
    "value_changed unknown_flag interpolated_value missing_value"
)
# Left out of figures, and of data with `quality=good`. By the manual, 3 is "not to be used without scientific
# correction" and 4 is bad; QARTOD's suspect and fail are the same two.
LEFT_OUT = (PROBABLY_BAD, BAD, MISSING)
# Counted as good by reference table 2a of the manual.
_GOOD = (GOOD, PROBABLY_GOOD, CHANGED, INTERPOLATED)
_LEFT_OUT = re.compile(b"[%b]" % re.escape(bytes(LEFT_OUT)))

# Values with a flag of LEFT_OUT are missing in `good`; `all` has every value, and the flags.
Quality = Literal["good", "all"]


@dataclass(frozen=True, slots=True)
class FlagCounts:
    """How many values of a variable have which flag, by the names of the flags; coordinates are variables, too."""

    variable: str
    counts: Mapping[str, int]

    @property
    def values(self) -> int:
        """The number of values that have a flag, also if they were not evaluated."""
        return sum(self.counts.values())

    @property
    def good(self) -> int:
        """The number of good values."""
        return self._sum(_GOOD)

    @property
    def left_out(self) -> int:
        """The number of values that no figure includes."""
        return self._sum(LEFT_OUT)

    @property
    def evaluated(self) -> int:
        """The number of values whose quality was evaluated."""
        return self.values - self._sum((NOT_EVALUATED, UNKNOWN))

    def _sum(self, flags: Iterable[int]) -> int:
        return sum(self.counts.get(NAMES[flag], 0) for flag in flags)


def left_out_rows(flags: bytes) -> list[int]:
    """The indexes of the flags of LEFT_OUT."""
    return [match.start() for match in _LEFT_OUT.finditer(flags)]
