"""Notifications at the receiver of the drills, and the time that the settings of the monitoring explain."""

import json
import re
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import yaml

from monitoring import slo
from tests.e2e.cluster.cluster import Document, get, kubectl, until

MONITORING = Path(__file__).parents[3] / "monitoring"
STANDALONE = Path(__file__).parents[3] / "deploy/k8s/components/monitoring-standalone"
# Above what the settings of Prometheus and Alertmanager explain: the start of load, and evaluations that just missed.
TOLERANCE_S = 60


def rules() -> list[Document]:
    """All rules that Prometheus loads."""
    files = sorted((MONITORING / "rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8")).get("groups", [])]
    return [rule for group in groups for rule in group["rules"]]


def first(alert: str, since_s: float, timeout_s: float = 420) -> Document:
    """The first notification that an alert fires after a time (seconds since 1970).

    Alertmanager notifies once of an alert that goes on firing, so it must not fire before the fault of the drill.
    """

    def found() -> Document | None:
        lines = [json.loads(line) for line in kubectl("logs", "alert-receiver").splitlines() if line.startswith("{")]
        firing = (line for line in lines if line["alertname"] == alert and line["status"] == "firing")
        return next((line for line in firing if line["at_s"] > since_s), None)

    return until(f"a notification of {alert}", found, timeout_s, every_s=2) or {}


def expected_s(alert: str, receiver: str | None = None) -> float:
    """Seconds from a fault to its notification: a scrape, the rules, the delay of the alert and of its group."""
    rule = next(each for each in rules() if each.get("alert") == alert)
    return _settings_s(receiver) + _seconds(rule.get("for", "0s"))


def expected_page_s(objective: str, share: float) -> float:
    """Seconds to the page of an objective when this share of the requests becomes bad, at a constant rate before."""
    objectives = slo.load()
    started = datetime.fromisoformat(get("pod", "prometheus-0")["status"]["startTime"])
    history_s = time.time() - started.timestamp()
    pages = [burn for burn in objectives.burns if burn.is_page]
    budget = objectives.slo(objective).budget
    waits_s = [burn.seconds_until(budget, Decimal(str(share)), history_s) for burn in pages]
    return _settings_s("pager") + min(wait_s for wait_s in waits_s if wait_s is not None)


def _settings_s(receiver: str | None) -> float:
    """Seconds that every alert of a receiver takes, by default that of the tickets."""
    config = yaml.safe_load((STANDALONE / "prometheus.yml").read_text(encoding="utf-8"))["global"]
    routing = yaml.safe_load((MONITORING / "alertmanager/alertmanager.yml").read_text(encoding="utf-8"))["route"]
    route = next((each for each in routing["routes"] if each["receiver"] == receiver), routing)
    # The alert may read a recording rule, which is evaluated just after it.
    delays = [config["scrape_interval"], config["evaluation_interval"], config["evaluation_interval"]]
    return sum(_seconds(each) for each in [*delays, route.get("group_wait", routing["group_wait"])])


def _seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smh])", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]
