"""Records of uploads: files that clients send, from their arrival to the result of their import."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.domain.audit import Actor
from app.domain.records import DataMode

# "received": stored, and not queued yet because the broker is unreachable. "waiting": in quarantine, until an operator
# decides. "failed": its task is parked, see `halocline tasks parked`.
State = Literal["received", "waiting", "queued", "running", "done", "failed", "rejected"]
# No worker will work for these unless an operator acts.
ENDED: tuple[State, ...] = ("done", "failed", "rejected")
Decision = Literal["approved", "rejected"]


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """The options of `halocline ingest` that the client gave. `reason`: why the file may replace what is stored."""

    platform: str | None = None
    mission: str | None = None
    mode: DataMode | None = None
    shorter: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received. `spool_id`: its id in the spool, from which it is deleted once it is imported.

    `result`: for each mission of the file its report, in the form of `halocline ingest --json`; None before the import
    has ended. `has_quarantine`: after its dry run it waits for an operator.
    """

    id: str
    file_name: str
    sha256: str
    bytes: int
    dry_run: bool
    has_quarantine: bool
    received_at: datetime
    state: State
    key_id: str
    actor: Actor
    provider: str | None
    options: UploadOptions
    spool_id: str
    result: tuple[dict[str, Any], ...] | None = None
    # Why the import failed, or why an operator rejected it.
    reason: str | None = None
    ended_at: datetime | None = None
    decided_by: Actor | None = None
    decided_at: datetime | None = None
    decision: Decision | None = None
