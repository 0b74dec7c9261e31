"""The import log, and how importing goes."""

from flask import Blueprint, Response, current_app
from pydantic import Field

from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page, Simulated
from app.api.v1.responses import json
from app.api.v1.schemas import DataMode, Next, Resource, Time
from app.config import Settings
from app.domain import records
from app.queries import clock, imports

bp = Blueprint("imports", __name__)


class Attempt(Resource):
    """One attempt to take a file in. Names and reasons come without paths, addresses and servers."""

    id: str
    at: Time
    file_name: str
    sha256: str | None
    outcome: records.Outcome
    reason_code: str | None = Field(description="Why it was refused; see the table of codes.")
    reason: str | None
    platform: str | None
    mission: str | None
    data_mode: DataMode | None
    warnings: list[schemas.Warning]
    simulated: bool


class ImportPage(Resource):
    """A page of the import log, newest first."""

    items: list[Attempt]
    next: Next


class ImportList(Page):
    """A page of the import log."""

    outcome: records.Outcome | None = Field(None, description="What became of the file.")
    simulated: Simulated = None


class Outcomes(Resource):
    """How many files had each outcome."""

    stored: int
    replaced: int
    unchanged: int
    refused: int


class Verification(Resource):
    """A comparison of all that derives from files with what it derives from."""

    ended_at: Time
    missions: int = Field(description="How many missions it compared.")
    differences: int
    waiting: int = Field(description="What could not be compared, because it waited to be derived.")


class Status(Resource):
    """The portal's version, the files of the last days by outcome, and what waits to be derived."""

    version: str
    revision: str
    last_import_at: Time | None
    counted_days: int = Field(description="How many days `imports` counts, up to 10 000 files an outcome.")
    imports: Outcomes
    imports_ever: Outcomes
    pending: int = Field(description="Tracks, totals and updates that wait to be derived, counted up to 1 000.")
    pending_since: Time | None
    verification: Verification | None = Field(description="The last one of the whole store.")


@bp.get("/imports")
@documented(ImportPage, "imports", ImportList)
def page(query: ImportList) -> Response:
    """Every attempt to take a file in, newest first, also those that were refused."""
    found = imports.page(query.limit, query.cursor, query.outcome, query.simulated is not None)
    items = [Attempt.model_validate(attempt) for attempt in found.items]
    return json(ImportPage(items=items, next=found.next).model_dump())


@bp.get("/status")
@documented(Status, "imports")
def status() -> Response:
    """How importing goes."""
    settings: Settings = current_app.extensions["settings"]
    health = imports.health(clock.now())
    body = Status(
        version=current_app.extensions["version"],
        revision=settings.revision,
        last_import_at=health.last.at if health.last else None,
        counted_days=health.counted_for.days,
        imports=Outcomes(**{str(outcome): count for outcome, count in health.outcomes.items()}),
        imports_ever=Outcomes(**health.ever),
        pending=health.pending,
        pending_since=health.pending_since,
        verification=Verification.model_validate(health.verification) if health.verification else None,
    )
    return json(body.model_dump())
