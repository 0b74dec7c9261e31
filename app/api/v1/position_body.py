"""The body of a webhook with positions: every problem is named by the index of its position and the field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from app.api.v1.schemas.positions import MOST_POSITIONS, Position
from app.domain.position_senders import Sender
from app.domain.records import Platform
from app.domain.reported_positions import FUTURE_TOLERANCE, OLDEST, ReportedPosition
from app.errors import Invalid
from app.queries.reported_positions import NamedPlatforms

Problems = list[dict[str, str]]
_MESSAGES = {"extra_forbidden": "is not a field of a position", "missing": "is required"}


class Refused(Exception):
    """The positions are refused, all of them. `reason` is a code for metrics; `problems` names field and problem."""

    def __init__(self, status: int, reason: str, detail: str, problems: Problems | None = None) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail, self.problems = status, reason, detail, problems or []


@dataclass(frozen=True, slots=True)
class Reported:
    """The valid positions of a body under the present ids of their platforms."""

    positions: list[ReportedPosition]
    platforms: list[Platform]


def parsed(body: bytes, now: datetime) -> list[Position]:
    """The positions of a body. Raises Refused."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(400, "malformed", "The body is no JSON in UTF-8.") from None
    given = content if isinstance(content, list) else [content]
    if not 1 <= len(given) <= MOST_POSITIONS or not all(isinstance(each, dict) for each in given):
        raise Refused(400, "malformed", f"The body must be a position, or a list of 1 to {MOST_POSITIONS} positions.")
    positions: list[Position] = []
    problems: Problems = []
    for index, each in enumerate(given):
        try:
            position = Position.model_validate(each)
        except ValidationError as error:
            problems += _problems_of(index, error)
        else:
            positions.append(position)
            problems += _problem(index, "time", _problem_of_time(position.time, now))
    if problems:
        raise Refused(422, "invalid", _detail(problems), problems)
    return positions


def reported(positions: list[Position], sender: Sender, owners: Mapping[str, str]) -> Reported:
    """The positions with their platforms, which the sender may report. Raises Refused."""
    named = NamedPlatforms(position.platform for position in positions)
    platforms: list[Platform] = []
    problems: Problems = []
    for index, position in enumerate(positions):
        try:
            platforms.append(named.of(position.platform))
        except Invalid as error:
            problems += _problem(index, error.field, error.problem)
    if problems:
        raise Refused(422, "unknown_platform", _detail(problems), problems)
    for index, platform in enumerate(platforms):
        if not sender.may_report(named.ids(platform), owners):
            # Not the name of the owner, as in the reasons of imports.
            problem = f"the platform {platform.platform} does not belong to the sender {sender.name}"
            problems += _problem(index, "platform", problem)
    if problems:
        raise Refused(403, "wrong_provider", _detail(problems), problems)
    return Reported(
        [
            ReportedPosition(platform.platform, each.time, each.longitude, each.latitude, each.accuracy_m)
            for each, platform in zip(positions, platforms, strict=True)
        ],
        platforms,
    )


def _problem_of_time(at: datetime, now: datetime) -> str | None:
    server = f"the time of this server is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if at > now + FUTURE_TOLERANCE:
        return f"is more than {FUTURE_TOLERANCE.total_seconds() / 60:.0f} minutes in the future: {server}"
    if at < now - OLDEST:
        return f"is more than {OLDEST.days} days ago: {server}"
    return None


def _problems_of(index: int, error: ValidationError) -> Problems:
    problems: Problems = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        message = _MESSAGES.get(each["type"]) or each["msg"].removeprefix("Value error, ")
        field = ".".join(str(part)[:60] for part in each["loc"])
        problems += _problem(index, field, message.replace("Input should", "should"))
    return problems


def _problem(index: int, field: str, problem: str | None) -> Problems:
    return [] if problem is None else [{"field": f"{index}.{field}", "problem": problem}]


def _detail(problems: Problems) -> str:
    first: dict[str, Any] = problems[0]
    more = f" ({len(problems) - 1} more in errors)" if len(problems) > 1 else ""
    return f"No position was stored. {first['field']}: {first['problem']}{more}"
