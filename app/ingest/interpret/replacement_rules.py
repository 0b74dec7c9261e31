"""Replacement rules: may a version, or a profile, replace the stored one. The data mode decides, then date and end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from app.domain.records import MODE_RANK, DataMode, Figures, Finding, Mission
from app.domain.times import from_ms, to_ms
from app.ingest.formats import subset_history
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.part_join import FilePart
from app.ingest.refusals import Refused

# Delayed data begin after the tests at the surface and end before the recovery. A file that lacks more of the stored
# span than both limits allow is a part of the mission.
_TRIMMED = timedelta(hours=6)
_TRIMMED_SHARE = 0.05


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


def require_replaceable(draft: Draft, stored: Mission, precedence: Precedence, may_shorten: bool = False) -> None:
    """Raises Refused unless the draft may replace the stored mission, which has this precedence.

    The draft must cover the span of the stored data, unless `may_shorten`. A subset of a dataset must cover all that is
    stored. The complete dataset replaces a subset even if it is no newer.
    """
    is_subset = _is_subset(draft.summary.warnings)
    figures, stored_figures = draft.summary.figures, stored.figures
    new = precedence_of(draft)
    has_more = figures.samples > stored_figures.samples and new.mode == precedence.mode
    if not is_subset and _is_subset(stored.warnings) and has_more:
        new = replace(new, modified_ms=None, end_ms=max(new.end_ms, precedence.end_ms + 1))
    if new.mode == precedence.mode and not may_shorten and are_apart(figures, stored_figures):
        # Before the dates are compared: an earlier part is never newer, and the cause is that it is a part.
        _require_span(figures, stored_figures)
    require_higher(new, precedence)
    if may_shorten:
        return
    if is_subset and not _holds_all(draft, stored):
        raise Refused("part_of_mission", "the file is a subset of a dataset, and more than its rows is stored", "time")
    _require_span(figures, stored_figures)


def _require_span(new: Figures, stored: Figures) -> None:
    """Raises Refused if the new data leave out more of the stored span than the ends of a deployment."""
    if covers(new, stored):
        return
    remedy = "import a file of the whole mission, or accept the shorter one with --shorter"
    if are_apart(new, stored):
        remedy = "import one file with all parts of the mission, or give each part a name of its own with --mission"
    spans = f"the file covers {_span(new)}, the stored mission {_span(stored)}"
    raise Refused("part_of_mission", f"{spans}: {remedy}", "time")


def covers(new: Figures, stored: Figures) -> bool:
    """True if the new data cover the stored span, apart from the ends of a deployment."""
    lacking = max(new.start_at - stored.start_at, timedelta()) + max(stored.end_at - new.end_at, timedelta())
    return lacking <= min(_TRIMMED, _TRIMMED_SHARE * (stored.end_at - stored.start_at))


def are_apart(one: Figures | FilePart, other: Figures | FilePart) -> bool:
    """True if no moment lies within both spans; the end of one may be the start of the other."""
    return one.start_at >= other.end_at or one.end_at <= other.start_at


def _span(figures: Figures) -> str:
    return f"{figures.start_at:%Y-%m-%dT%H:%MZ} to {figures.end_at:%Y-%m-%dT%H:%MZ}"


def _is_subset(warnings: Sequence[Finding]) -> bool:
    return any(warning.code == subset_history.WARNING for warning in warnings)


def _holds_all(draft: Draft, stored: Mission) -> bool:
    """True if the draft has every variable, the whole span, and as many samples and profiles as the stored mission."""
    new, old = draft.summary.figures, stored.figures
    return (
        {variable.name for variable in stored.variables} <= {variable.name for variable in draft.variables}
        and new.start_at <= old.start_at
        and new.end_at >= old.end_at
        and new.samples >= old.samples
        and new.profiles >= old.profiles
    )


def require_half(draft: Draft, stored: Mission) -> None:
    """Raises Refused if the draft loses more than half of the stored mission's samples, span or variables.

    Whatever its mode is: a file that claims to be the delayed data of a mission may be a wrong one.
    """
    new, old = draft.summary.figures, stored.figures
    names = {variable.name for variable in stored.variables}
    span_h = _hours(old.end_at - old.start_at)
    kept: list[tuple[str, float, float]] = [
        ("samples", new.samples, old.samples),
        ("hours", _hours(min(new.end_at, old.end_at) - max(new.start_at, old.start_at)), span_h),
        ("variables", len(names & {variable.name for variable in draft.variables}), len(names)),
    ]
    for what, some, all_of_them in kept:
        if some < all_of_them / 2:
            counts = f"{max(some, 0):.0f} of {all_of_them:.0f} stored {what}"
            remedy = "import it with --replace and a reason if this is intended"
            raise Refused("loses_data", f"the file has {counts}: {remedy}", what)


def _hours(duration: timedelta) -> float:
    return duration / timedelta(hours=1)
