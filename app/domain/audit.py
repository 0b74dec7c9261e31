"""Records of the audit log: who changed what on the portal, when and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# A user of a host, an API key, or a scheduled task.
ActorKind = Literal["user", "key", "task"]
# "unchanged": the store was already as requested. "refused": a rule did not allow it.
AuditOutcome = Literal["done", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user with the host (`ana@importer-0`), an API key by its name, or a scheduled task."""

    kind: ActorKind
    name: str

    @property
    def label(self) -> str:
        """The actor for people: `ana@importer-0`, `key feed`, or `task recover`."""
        return self.name if self.kind == "user" else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An action, its target (a mission, platform, file or key), its reason and its outcome.

    `detail` is one line about the effect, such as the versions before and after.
    """

    id: str
    at: datetime
    actor: Actor
    action: str
    target: str
    outcome: AuditOutcome
    reason: str | None = None
    detail: str | None = None
