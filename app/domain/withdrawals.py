"""Withdrawn missions: the tombstone that takes the place of a mission that an operator hides, and its restoration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.records import display_name


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawn mission: when and why. `version` is its version, whose documents and originals are kept.

    `serial` and `name` are the label and the name of its platform, `file_name` is that of its source. `learned` holds
    the `learned_at` of its updates, by kind. `number` counts the withdrawals of the mission.
    """

    platform: str
    mission: str
    version: str
    at: datetime
    reason: str
    # Tombstones of earlier releases have only the fields above.
    serial: str | None = None
    name: str | None = None
    file_name: str = ""
    learned: Mapping[str, datetime] = field(default_factory=dict)
    number: int = 1

    @property
    def id(self) -> str:
        return f"{self.platform}/{self.mission}"

    @property
    def platform_name(self) -> str:
        """The name of the platform for display."""
        return display_name(self.serial or self.platform, self.name)


@dataclass(frozen=True, slots=True)
class Restoration:
    """The last restoration of a mission that had been withdrawn; `learned` and `number` are those of its tombstone."""

    platform: str
    mission: str
    at: datetime
    reason: str | None
    learned: Mapping[str, datetime] = field(default_factory=dict)
    number: int = 1

    @property
    def id(self) -> str:
        return f"{self.platform}/{self.mission}"


@dataclass(frozen=True, slots=True)
class Corrections:
    """The withdrawn missions of a platform, and the restorations of its stored ones."""

    withdrawn: tuple[Withdrawal, ...] = ()
    restored: tuple[Restoration, ...] = ()
