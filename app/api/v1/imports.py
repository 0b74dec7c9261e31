"""The import log, and the state of importing."""

from typing import Self

from flask import Blueprint, Response
from pydantic import Field

from app import portal
from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page, Simulated
from app.api.v1.responses import json
from app.api.v1.schemas import DataMode, Next, Resource, Time
from app.api.v1.schemas.task_queue import TaskQueue
from app.domain import import_log, records
from app.queries import clock, imports, task_queue

bp = Blueprint("imports", __name__)


class NotImported(Resource):
    """Variables of a file that are not imported, and the reason."""

    reason: str
    variables: list[str] = Field(description="Their names, 50 at most.")


class ImportAttempt(Resource):
    """One attempt to import a file. Names and reasons contain no folders, addresses and servers."""

    id: str
    at: Time
    file_name: str
    sha256: str | None
    outcome: records.Outcome
    reason_code: str | None = Field(description="Code of the reason for a refusal; docs/data.md lists the codes.")
    reason: str | None
    platform: str | None
    mission: str | None
    data_mode: DataMode | None
    warnings: list[schemas.DataWarning]
    not_imported: list[NotImported] = Field(description="Variables that are left out, by reason.")
    simulated: bool


class ImportPage(Resource):
    """A page of the import log, latest attempt first."""

    items: list[ImportAttempt]
    next: Next


class ImportList(Page):
    """A page of the import log."""

    outcome: records.Outcome | None = Field(None, description="Outcome of the attempt.")
    simulated: Simulated = None


class Outcomes(Resource):
    """Number of files by outcome."""

    stored: int
    replaced: int
    unchanged: int
    refused: int


class Verification(Resource):
    """A verification: all derived data are recomputed and compared with the stored ones."""

    ended_at: Time
    missions: int = Field(description="Number of missions compared.")
    differences: int
    skipped: int = Field(description="Number of items not compared, because their rebuild was pending.")

    @classmethod
    def of(cls, verification: import_log.Verification) -> Self:
        return cls(
            ended_at=verification.ended_at,
            missions=verification.missions,
            differences=verification.differences,
            skipped=verification.waiting,
        )


class ParkedRebuild(Resource):
    """A derived document that could not be rebuilt from its data. The rebuild is repeated when the data change."""

    scope: str = Field(description="The document, for example `sections:PLATFORM/MISSION`.")
    at: Time = Field(description="When the rebuild failed.")
    cause: str


class Status(Resource):
    """The version, imports of the last days by outcome, pending rebuilds, the last verification, and the queue."""

    version: str
    revision: str
    last_import_at: Time | None
    imports_window_days: int = Field(description="The days that `imports` covers.")
    imports: Outcomes = Field(description="Files of these days by outcome, each counted up to 10 000.")
    imports_total: Outcomes = Field(description="Files by outcome since the first import.")
    pending: int = Field(description="Tracks, totals and updates whose rebuild is pending, counted up to 1 000.")
    pending_since: Time | None
    parked: list[ParkedRebuild] = Field(
        description="The latest rebuilds that failed; each waits for a change. 20 at most."
    )
    verification: Verification | None = Field(description="The last verification of the whole store.")
    queue: TaskQueue | None = Field(description="The queue and its schedule; null for a portal without a queue.")


@bp.get("/imports")
@documented(ImportPage, "imports", ImportList)
def page(query: ImportList) -> Response:
    """Every attempt to import a file, refused ones included, latest first."""
    listed = imports.page(query.limit, query.cursor, query.outcome, query.simulated is not None)
    items = [ImportAttempt.model_validate(attempt) for attempt in listed.items]
    return json(ImportPage(items=items, next=listed.next).model_dump())


@bp.get("/status")
@documented(Status, "imports")
def status() -> Response:
    """Version, state of importing, pending rebuilds, last verification, and the queue."""
    running = portal.current()
    health = imports.health(clock.now())
    queue = task_queue.overview(clock.now())
    body = Status(
        version=running.version,
        revision=running.settings.revision,
        last_import_at=health.last.at if health.last else None,
        imports_window_days=health.counted_for.days,
        imports=Outcomes(**{str(outcome): count for outcome, count in health.outcomes.items()}),
        imports_total=Outcomes(**health.ever),
        pending=health.pending,
        pending_since=health.pending_since,
        parked=[ParkedRebuild.model_validate(each) for each in health.parked],
        verification=Verification.of(health.verification) if health.verification else None,
        queue=TaskQueue.of(queue) if queue else None,
    )
    return json(body.model_dump())
