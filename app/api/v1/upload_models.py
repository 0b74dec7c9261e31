"""What the endpoints of uploads take and return."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field

from app.api.v1.imports import NotImported
from app.api.v1.parameters import Parameters
from app.api.v1.schemas import DataMode, DataWarning, Resource, Time
from app.domain.printable import one_line
from app.domain.records import Outcome
from app.domain.uploads import State, Upload, UploadOptions

# As in `halocline ingest`: characters that need no escaping in a URL.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
# As in the import log.
_MOST_NAMES = 50


def _plain(name: str) -> str:
    """The name of a file without folders. Raises ValueError."""
    if name != one_line(name) or set("/\\") & set(name) or name in (".", ".."):
        raise ValueError("must be the name of a file, without folders and control characters")
    return name


class ImportParameters(Parameters):
    """The options of `halocline ingest`; those that are not given are those of the dry run."""

    platform: Name | None = Field(None, description="Platform id, for files that do not contain it.")
    mission: Name | None = Field(None, description="Mission id, for files that do not contain it.")
    mode: DataMode | None = Field(None, description="Data mode, for files that do not contain it.")
    shorter: bool | None = Field(None, description="The file may replace a mission of which it covers only a part.")
    replace: Annotated[str, AfterValidator(one_line)] | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="Why the file may replace its mission, whatever its mode, date and extent. For operators' keys.",
    )

    def options_after(self, earlier: UploadOptions) -> UploadOptions:
        """The options of the import: those of this request, and for the others the earlier ones."""
        platform = self.platform.lower() if self.platform else None
        given: dict[str, Any] = {"platform": platform, "mission": self.mission, "mode": self.mode}
        given |= {"shorter": self.shorter, "reason": self.replace}
        return replace(earlier, **{name: value for name, value in given.items() if value is not None})


class UploadParameters(ImportParameters):
    """The name of the file, and the options of `halocline ingest`."""

    file_name: Annotated[str, AfterValidator(_plain)] = Field(
        min_length=1, max_length=120, description="Name of the file; it appears in the import log."
    )
    dry_run: bool = Field(
        False, description="Report what an import would do; nothing is stored, but the file for a day."
    )

    def options(self) -> UploadOptions:
        """The options of the import."""
        return self.options_after(UploadOptions())


class RejectionParameters(Parameters):
    """Why an upload is rejected."""

    reason: Annotated[str, AfterValidator(one_line)] = Field(
        min_length=1, max_length=500, description="Why; stored in the audit log."
    )


class UploadResult(Resource):
    """The outcome of the import of a file, or of one of the missions in it; of a dry run, what would happen."""

    outcome: Outcome
    reason_code: str | None = Field(description="Code of the reason for a refusal; docs/data.md lists the codes.")
    reason: str | None
    platform: str | None
    mission: str | None
    data_mode: DataMode | None
    warnings: list[DataWarning]
    not_imported: list[NotImported] = Field(description="Variables that are left out, by reason.")
    profiles: int | None
    would: dict[str, Any] | None = Field(
        description="The mission by this file, joined with its other parts, as `mission` of `halocline ingest --json`."
    )

    @classmethod
    def of(cls, report: dict[str, Any]) -> Self:
        mission = report["mission"] or {}
        by_reason: dict[str, list[str]] = {}
        for variable in mission.get("unread_variables", ()):
            by_reason.setdefault(variable["reason"], []).append(variable["name"])
        fields: dict[str, Any] = {name: report[name] for name in ("outcome", "reason_code", "reason")}
        fields |= {name: mission.get(name) for name in ("platform", "mission", "data_mode", "profiles")}
        return cls(
            **fields,
            warnings=mission.get("warnings", []),
            not_imported=[
                NotImported(reason=reason, variables=names[:_MOST_NAMES]) for reason, names in by_reason.items()
            ],
            would=report["mission"],
        )


class UploadStatus(Resource):
    """A file that was sent, and the state of its import.

    `received` is stored but not queued yet, `waiting` needs the decision of an operator, `rejected` has it. `failed`
    remains until an operator runs its task again.
    """

    id: str
    file_name: str
    sha256: str
    bytes: int
    dry_run: bool
    received_at: Time
    state: State
    by: str = Field(description="The API key.")
    result: list[UploadResult] | None = Field(description="For each mission of the file; null before the import ends.")
    reason: str | None = Field(description="Why the import failed, or why an operator rejected it.")
    decided_by: str | None
    decided_at: Time | None
    kept_until: Time | None = Field(
        description="Until then, `POST /imports/{upload}/import` imports the file of this dry run; else null."
    )

    @classmethod
    def of(cls, upload: Upload, kept_until: datetime | None = None) -> Self:
        plain = ("id", "file_name", "sha256", "bytes", "dry_run", "received_at", "state", "reason", "decided_at")
        fields: dict[str, Any] = {name: getattr(upload, name) for name in plain}
        return cls(
            **fields,
            by=upload.actor.label,
            kept_until=kept_until,
            result=None if upload.result is None else [UploadResult.of(report) for report in upload.result],
            decided_by=None if upload.decided_by is None else upload.decided_by.label,
        )


class UploadList(Resource):
    """Uploads, the oldest first."""

    items: list[UploadStatus]
