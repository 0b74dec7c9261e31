"""Replacement rules: may a version, or a profile, replace the stored one. The data mode decides, then date and end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from app.domain.records import MODE_RANK, DataMode, Finding, Mission
from app.domain.times import from_ms, to_ms
from app.ingest.formats import subset_history
from app.ingest.interpret.mission_draft import Draft
from app.ingest.refusals import Refused


@dataclass(frozen=True, slots=True)
class Precedence:
    """The precedence of a version or a profile: mode, then date of modification, then end of the data."""

    mode: DataMode
    modified_ms: int | None
    end_ms: int

    @classmethod
    def of(cls, mode: DataMode, modified_ms: int | None, end_at: datetime) -> Self:
        """The same with the end as a datetime."""
        return cls(mode, modified_ms, to_ms(end_at))


def precedence_of(draft: Draft) -> Precedence:
    """The precedence of the draft."""
    return Precedence.of(draft.identity.mode, draft.modified_ms, draft.summary.figures.end_at)


def require_higher(new: Precedence, stored: Precedence) -> None:
    """Raises Refused unless `new` may replace `stored`: it has a higher mode, or the same mode and is newer."""
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


def require_replaceable(draft: Draft, stored: Mission, precedence: Precedence) -> None:
    """Raises Refused unless the draft may replace the stored mission, which has this precedence.

    A subset of a dataset must cover all that is stored. The complete dataset replaces a subset even if it is no newer.
    """
    is_subset = _is_subset(draft.summary.warnings)
    figures, stored_figures = draft.summary.figures, stored.figures
    new = precedence_of(draft)
    has_more = figures.samples > stored_figures.samples and new.mode == precedence.mode
    if not is_subset and _is_subset(stored.warnings) and has_more:
        new = replace(new, modified_ms=None, end_ms=max(new.end_ms, precedence.end_ms + 1))
    require_higher(new, precedence)
    if is_subset and not _covers(draft, stored):
        raise Refused("part_of_mission", "the file is a subset of a dataset, and more than its rows is stored", "time")


def _is_subset(warnings: Sequence[Finding]) -> bool:
    return any(warning.code == subset_history.WARNING for warning in warnings)


def _covers(draft: Draft, stored: Mission) -> bool:
    """True if the draft has every variable, the whole span, and as many samples and profiles as the stored mission."""
    new, old = draft.summary.figures, stored.figures
    return (
        {variable.name for variable in stored.variables} <= {variable.name for variable in draft.variables}
        and new.start_at <= old.start_at
        and new.end_at >= old.end_at
        and new.samples >= old.samples
        and new.profiles >= old.profiles
    )
