"""The objectives of slo.yaml as frozen records."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Slo:
    """One objective: the share of requests that must be good over 30 days."""

    name: str
    objective: Decimal
    alert: str
    title: str
    below_s: float | None = None

    @property
    def budget(self) -> Decimal:
        """The share that may be bad."""
        return 1 - self.objective


@dataclass(frozen=True, slots=True)
class Burn:
    """One row of the multi-window, multi-burn-rate table."""

    severity: str
    long: str
    short: str
    factor: Decimal
    hold: str
    more_than: int | None = None
    """How many bad requests the long window must exceed besides; None: any share counts."""


@dataclass(frozen=True, slots=True)
class Objectives:
    """Everything slo.yaml says."""

    service: str
    job: str
    team: str
    runbooks: str
    slos: tuple[Slo, ...]
    burns: tuple[Burn, ...]
    keep_firing_for: str

    def runbook_url(self, alert: str) -> str:
        """The page that says what to do about an alert."""
        return f"{self.runbooks}/{alert}.md"

    def slo(self, name: str) -> Slo:
        """The objective of that name. Raises StopIteration when there is none."""
        return next(slo for slo in self.slos if slo.name == name)


def load(path: Path = HERE / "slo.yaml") -> Objectives:
    """The objectives in a file. Raises KeyError or TypeError when a field is missing or unknown."""
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    # Through text: 1 - 0.999 in binary would print as 0.0010000000000000009 in every rule.
    slos = tuple(Slo(**{**row, "objective": Decimal(str(row["objective"]))}) for row in told["slos"])
    burns = tuple(
        Burn(row["severity"], row["long"], row["short"], Decimal(str(row["factor"])), row["for"], row.get("more_than"))
        for row in told["burn"]
    )
    return Objectives(
        service=told["service"],
        job=told["job"],
        team=told["team"],
        runbooks=told["runbooks"],
        slos=slos,
        burns=burns,
        keep_firing_for=told["keep_firing_for"],
    )
