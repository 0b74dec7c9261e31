"""The terms of an import: who imports for whom, and what a file may replace beyond the rules of precedence."""

from dataclasses import dataclass

from app.domain.audit import Actor


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a run. `provider` is the provider of platforms for which the caller imports; None for any.

    `shorter`: a file may replace a mission of which it covers a part. `reason`: why a file may replace what is stored,
    whatever its mode, date and extent; None if it may not.
    """

    actor: Actor | None = None
    provider: str | None = None
    shorter: bool = False
    reason: str | None = None
    # The name of the action in the audit log.
    action: str = "replace"

    @property
    def may_replace(self) -> bool:
        """True if no rule of precedence applies."""
        return self.reason is not None

    @property
    def may_shorten(self) -> bool:
        """True if a file may cover less than the stored mission."""
        return self.shorter or self.may_replace


# The rules of precedence apply, and the caller is unknown.
USUAL = Terms()
