"""Errors."""

from app.api.v1.schemas.types import Resource


class InvalidField(Resource):
    """A parameter and its problem."""

    field: str
    problem: str


class Problem(Resource):
    """An error (RFC 9457). `errors` names the invalid parameters; `code` names errors that programs handle."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[InvalidField] | None = None
    code: str | None = None
