"""Which of two versions stands: the mode decides, then the date of change, then how far the data reach."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from app.domain.records import MODE_RANK, DataMode
from app.domain.times import from_ms, to_ms
from app.ingest.refusals import Refused


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a version, or a profile, gives way."""

    mode: DataMode
    modified_ms: int | None
    end_ms: int

    @classmethod
    def of(cls, mode: DataMode, modified_ms: int | None, end_at: datetime) -> Self:
        """The same with the end as a moment."""
        return cls(mode, modified_ms, to_ms(end_at))


def require_higher(new: Standing, stored: Standing) -> None:
    """Raises Refused unless `new` may take the place of `stored`: a higher mode, or an equal one and newer."""
    if MODE_RANK[new.mode] != MODE_RANK[stored.mode]:
        if MODE_RANK[new.mode] < MODE_RANK[stored.mode]:
            raise Refused("lower_mode", f"mode {new.mode} does not replace the stored {stored.mode}", "data_mode")
        return
    if new.modified_ms is not None and stored.modified_ms is not None and new.modified_ms != stored.modified_ms:
        if new.modified_ms < stored.modified_ms:
            new_at, stored_at = from_ms(new.modified_ms), from_ms(stored.modified_ms)
            raise Refused(
                "not_newer",
                f"{new_at:%Y-%m-%dT%H:%MZ} is before the stored {stored_at:%Y-%m-%dT%H:%MZ}",
                "date_modified",
            )
        return
    if new.end_ms <= stored.end_ms:
        end_at = from_ms(new.end_ms)
        raise Refused("not_newer", f"the data end at {end_at:%Y-%m-%dT%H:%M:%SZ}, not after the stored ones", "time")
