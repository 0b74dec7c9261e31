"""Records of importing: the attempts, verifications of the store, and rebuilds that failed."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.records import DataMode, Finding, Outcome


@dataclass(frozen=True, slots=True)
class NotImported:
    """Variables of a file that are not imported, and the reason."""

    reason: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportAttempt:
    """One attempt to import a file, with its outcome. `not_imported` names the variables that are left out."""

    id: str
    at: datetime
    file_name: str
    sha256: str | None
    outcome: Outcome
    reason_code: str | None = None
    reason: str | None = None
    platform: str | None = None
    mission: str | None = None
    data_mode: DataMode | None = None
    warnings: tuple[Finding, ...] = ()
    simulated: bool = False
    not_imported: tuple[NotImported, ...] = ()
    # Who imported the file (`ana@importer-0`, `key feed`), for which provider; not public.
    actor: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class IncompleteImports:
    """Attempts whose files have the same variables that are not imported, for the same reasons; the latest first."""

    not_imported: tuple[NotImported, ...]
    attempts: tuple[ImportAttempt, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """A verification of the whole store: when it ran, what it compared, how many differences there were.

    `waiting` counts documents that were not compared because their rebuild was pending.
    """

    began_at: datetime
    ended_at: datetime
    missions: int
    profiles: int
    totals: int
    waiting: int
    differences: int


@dataclass(frozen=True, slots=True)
class ParkedRebuild:
    """A derived document that could not be rebuilt, since when and why; it waits for a change of its data."""

    scope: str
    at: datetime
    cause: str
