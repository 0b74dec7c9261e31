"""Withdrawn missions: the tombstone that takes the place of a mission that an operator hides, and its restoration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain import mission_number
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

    @property
    def operator_number(self) -> str | None:
        """The number by which operators name the mission, such as `M17`; None if its file has none."""
        return mission_number.of_file(self.file_name)

    @property
    def mission_name(self) -> str:
        """The name of the mission for display: `M17 20221208T1145`."""
        return mission_number.named(self.mission, self.operator_number)

    @property
    def event(self) -> str:
        """When and why, as the end of a sentence: `was withdrawn on 28 November 2026: a test`."""
        return f"was withdrawn on {self.at.day} {self.at:%B %Y}: {self.reason}"


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
