"""Whether a mission may take the place of a stored one: by its standing, and never as a part for the whole."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.ingest.interpret import subset_history
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.precedence import Standing, require_higher
from app.ingest.persist.mapping import mission_of, standing_of
from app.ingest.refusals import Refused


def require_place(draft: Draft, stored: Mapping[str, Any]) -> None:
    """Raises Refused unless the draft may take the place of the stored mission.

    A part must bring all that is stored; the whole takes the place of a part though it is no newer.
    """
    before = mission_of(stored)
    is_part = _is_part(draft.summary.warnings)
    figures, there = draft.summary.figures, before.figures
    stands, new = standing_of(stored), standing(draft)
    if not is_part and _is_part(before.warnings) and figures.samples > there.samples and new.mode == stands.mode:
        new = replace(new, modified_ms=None, end_ms=max(new.end_ms, stands.end_ms + 1))
    require_higher(new, stands)
    if not is_part:
        return
    missing = {variable.name for variable in before.variables} - {variable.name for variable in draft.variables}
    covers = figures.start_at <= there.start_at and figures.end_at >= there.end_at
    if missing or not covers or figures.samples < there.samples or figures.profiles < there.profiles:
        raise Refused("part_of_mission", "it is a part cut out of a dataset, and more than it brings is stored", "time")


def standing(draft: Draft) -> Standing:
    """What decides whether the draft may take another's place."""
    return Standing.of(draft.identity.mode, draft.modified_ms, draft.summary.figures.end_at)


def _is_part(warnings: Any) -> bool:
    return any(warning.code == subset_history.WARNING for warning in warnings)
