"""Withdrawn missions: the tombstone that takes the place of a mission that an operator hides."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawn mission: when and why. `version` is its version, whose documents and originals are kept."""

    platform: str
    mission: str
    version: str
    at: datetime
    reason: str

    @property
    def id(self) -> str:
        return f"{self.platform}/{self.mission}"
