"""Errors."""

from app.api.v1.schemas.types import Resource, Time


class InvalidField(Resource):
    """A parameter and its problem."""

    field: str
    problem: str


class WithdrawnLinks(Resource):
    """Links to the withdrawn mission and to its page (`html`), which answer 410 with the reason."""

    self: str
    html: str


class WithdrawnMission(Resource):
    """A withdrawn mission of a platform that has no other missions."""

    platform: str
    mission: str
    operator_number: str | None
    at: Time
    reason: str
    links: WithdrawnLinks


class Problem(Resource):
    """An error (RFC 9457). `errors` names the invalid parameters; `code` names errors that programs handle.

    `withdrawn` are the missions of a platform that is gone, the last withdrawn one first.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[InvalidField] | None = None
    code: str | None = None
    withdrawn: list[WithdrawnMission] | None = None
