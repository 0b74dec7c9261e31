"""The service level objectives of slo.yaml as frozen records."""

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
        """The share of requests that may be bad."""
        return 1 - self.objective


@dataclass(frozen=True, slots=True)
class Burn:
    """One row of the table of multi-window, multi-burn-rate alerts."""

    severity: str
    long: str
    short: str
    factor: Decimal
    hold: str
    more_than: int | None = None
    """Number of bad requests that the long window must also exceed; None: no minimum."""


@dataclass(frozen=True, slots=True)
class Objectives:
    """The content of slo.yaml."""

    service: str
    job: str
    team: str
    runbooks: str
    slos: tuple[Slo, ...]
    burns: tuple[Burn, ...]
    keep_firing_for: str

    def runbook_url(self, alert: str) -> str:
        """Return the URL of the runbook of an alert."""
        return f"{self.runbooks}/{alert}.md"

    def slo(self, name: str) -> Slo:
        """Return the objective of that name. Raises StopIteration if there is none."""
        return next(slo for slo in self.slos if slo.name == name)


def load(path: Path = HERE / "slo.yaml") -> Objectives:
    """Return the objectives in a file. Raises KeyError or TypeError if a field is missing or unknown."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    # Decimal, from text: as a float, 1 - 0.999 is 0.0010000000000000009 in every rule.
    slos = tuple(Slo(**{**row, "objective": Decimal(str(row["objective"]))}) for row in document["slos"])
    burns = tuple(
        Burn(row["severity"], row["long"], row["short"], Decimal(str(row["factor"])), row["for"], row.get("more_than"))
        for row in document["burn"]
    )
    return Objectives(
        service=document["service"],
        job=document["job"],
        team=document["team"],
        runbooks=document["runbooks"],
        slos=slos,
        burns=burns,
        keep_firing_for=document["keep_firing_for"],
    )
