"""The service level objectives of slo.yaml as frozen records."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from monitoring.strict_yaml import Invalid, Row, read, seconds

__all__ = ["Burn", "Invalid", "Objectives", "Slo", "load"]

SOURCE = Path(__file__).parent / "slo.yaml"
INDICATORS = ("errors", "latency", "journey", "freshness")
SEVERITIES = ("critical", "warning")
_NAME = r"[a-z][a-z0-9-]*"
_ALERT = r"[A-Z][A-Za-z]+"
_URL = r"https?://\S+[^/\s]"


@dataclass(frozen=True, slots=True)
class Slo:
    """One objective: the share of events that must be good over 30 days."""

    name: str
    objective: Decimal
    indicator: str
    alert: str
    title: str
    page_above: int | None
    """Number of bad events that the long window of a page must exceed; None: the objective never pages."""
    below_s: float | None = None
    """Slower responses are bad, s; of the indicator `latency`."""
    younger_s: float | None = None
    """Older data are bad, s; of the indicator `freshness`."""

    @property
    def budget(self) -> Decimal:
        """The share of events that may be bad."""
        return 1 - self.objective

    @property
    def percent(self) -> str:
        """The objective in per cent, as text."""
        return f"{(self.objective * 100).normalize():f} %"


@dataclass(frozen=True, slots=True)
class Burn:
    """One row of the table of multi-window, multi-burn-rate alerts."""

    severity: str
    long: str
    short: str
    factor: Decimal
    hold: str

    @property
    def is_page(self) -> bool:
        """True if the alert pages."""
        return self.severity == "critical"

    def seconds_until(self, budget: Decimal, share: Decimal, history_s: float) -> float | None:
        """Return the time from the first bad event until the alert fires, s; None if it never fires.

        `share` of the events is bad from then on, after `history_s` without any; the rate of events is constant. The
        alert is later by a scrape and an evaluation, and by the minimum of bad events at low traffic.
        """
        limit = float(budget * self.factor)
        bad = float(share)
        if bad <= limit:
            return None
        waits = []
        for window_s in (seconds(self.long), seconds(self.short)):
            # While the window covers the whole history, its share is bad * t / (history + t).
            filling_s = limit * history_s / (bad - limit)
            waits.append(filling_s if history_s + filling_s <= window_s else limit * window_s / bad)
        return max(waits) + seconds(self.hold)


@dataclass(frozen=True, slots=True)
class Objectives:
    """The content of slo.yaml."""

    service: str
    job: str
    probe_job: str
    team: str
    runbooks: str
    grafana: str
    slos: tuple[Slo, ...]
    burns: tuple[Burn, ...]
    keep_firing_for: str

    def runbook_url(self, alert: str) -> str:
        """Return the URL of the runbook of an alert."""
        return f"{self.runbooks}/{alert}.md"

    def slo(self, name: str) -> Slo:
        """Return the objective of that name. Raises StopIteration if there is none."""
        return next(slo for slo in self.slos if slo.name == name)

    def rows_of(self, slo: Slo) -> tuple[Burn, ...]:
        """Return the rows of the burn table that apply to an objective."""
        return tuple(burn for burn in self.burns if slo.page_above is not None or not burn.is_page)

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows of the burn table, the shortest first."""
        return tuple(sorted({window for burn in self.burns for window in (burn.long, burn.short)}, key=seconds))


def load(path: Path | None = None) -> Objectives:
    """Return the objectives in a file, by default slo.yaml. Raises Invalid with the line and the reason."""
    document = read(path or SOURCE)
    objectives = Objectives(
        service=document.text("service", _NAME),
        job=document.text("job", _NAME),
        probe_job=document.text("probe_job", _NAME),
        team=document.text("team", _NAME),
        runbooks=document.text("runbooks", _URL),
        grafana=document.text("grafana", _URL),
        slos=_unique(document.rows("slos")),
        burns=tuple(_burn(row) for row in document.rows("burn")),
        keep_firing_for=document.duration("keep_firing_for"),
    )
    document.finish()
    return objectives


def _unique(rows: list[Row]) -> tuple[Slo, ...]:
    slos: dict[str, Slo] = {}
    for row in rows:
        slo = _slo(row)
        if slo.name in slos:
            raise row.invalid("name", f"{slo.name} is given twice")
        slos[slo.name] = slo
    return tuple(slos.values())


def _slo(row: Row) -> Slo:
    objective = row.number("objective")
    if not 0 < objective < 1:
        raise row.invalid("objective", f"must be a share between 0 and 1, not {objective}")
    indicator = row.choice("indicator", INDICATORS)
    below_s = _positive(row, "below") if indicator == "latency" else None
    younger_s = _positive(row, "younger_than") if indicator == "freshness" else None
    slo = Slo(
        name=row.text("name", _NAME),
        objective=objective,
        indicator=indicator,
        alert=row.text("alert", _ALERT),
        title=row.text("title"),
        page_above=row.count("page_above"),
        below_s=below_s,
        younger_s=younger_s,
    )
    row.finish()
    return slo


def _positive(row: Row, name: str) -> float:
    length_s = seconds(row.duration(name))
    if length_s == 0:
        raise row.invalid(name, "must be longer than 0")
    return length_s


def _burn(row: Row) -> Burn:
    burn = Burn(
        severity=row.choice("severity", SEVERITIES),
        long=row.duration("long"),
        short=row.duration("short"),
        factor=row.number("factor"),
        hold=row.duration("for"),
    )
    row.finish()
    if burn.factor <= 0:
        raise row.invalid("factor", f"must be greater than 0, not {burn.factor}")
    if not 0 < seconds(burn.short) < seconds(burn.long):
        raise row.invalid("short", f"must be longer than 0 and shorter than long ({burn.long}), not {burn.short}")
    return burn
