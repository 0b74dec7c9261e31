"""From a metric to the pager, through the real servers."""

import queue
from typing import Any

import pytest

from tests.integration.monitoring.asking import PATIENCE_S, answer

Pages = tuple[int, "queue.Queue[dict[str, Any]]"]
FAST = {
    "alertname": "AppErrorBudgetBurn",
    "namespace": "watched",
    "service": "halocline",
    "slo": "availability",
    "long": "1h",
    "short": "5m",
    "severity": "critical",
    "team": "halocline-sre",
}


def first(told: "queue.Queue[dict[str, Any]]", receiver: str) -> dict[str, Any]:
    """The first message for a receiver; others are passed over. Raises queue.Empty after a minute without one."""
    messages = iter(lambda: told.get(timeout=PATIENCE_S), None)
    return next(message for message in messages if message["receiver"] == receiver)


def test_errors_wake_someone_and_every_rule_is_sound(prometheus: str, pages: Pages) -> None:
    message = first(pages[1], "pager")

    assert message["status"] == "firing"
    assert [alert["labels"] for alert in message["alerts"]] == [FAST]
    assert message["alerts"][0]["annotations"]["summary"].startswith("50% of the requests of the last 1h missed")
    groups = answer(f"{prometheus}/api/v1/rules")["data"]["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    assert sum(len(group["rules"]) for group in groups) > 50


def test_the_watchdog_beats_without_any_trouble(prometheus: str, pages: Pages) -> None:
    assert first(pages[1], "watchdog")["alerts"][0]["labels"]["alertname"] == "Watchdog"


@pytest.mark.parametrize(
    ("cause", "effect", "silenced"),
    [
        ({}, {"severity": "warning", "long": "3d"}, True),
        ({}, {"severity": "warning", "long": "3d", "slo": "latency-1s"}, False),
        ({}, {"severity": "warning", "long": "3d", "namespace": "other"}, False),
        ({"alertname": "AppDown", "slo": ""}, {"severity": "critical"}, True),
        (
            {"alertname": "AppDown", "slo": ""},
            {"alertname": "AppTargetDown", "slo": "", "severity": "warning"},
            True,
        ),
        ({"alertname": "DependencyDown", "slo": "", "severity": "warning"}, {"severity": "critical"}, False),
    ],
    ids=[
        "a page silences the ticket of its objective",
        "but not that of another objective",
        "nor that of another namespace",
        "no pod silences the burn",
        "nor is each pod of them told",
        "a cause never silences a symptom",
    ],
)
def test_one_trouble_is_told_once(
    alertmanager: str, cause: dict[str, str], effect: dict[str, str], silenced: bool
) -> None:
    answer(f"{alertmanager}/api/v2/alerts", [{"labels": _labels(FAST | cause)}])
    answer(f"{alertmanager}/api/v2/alerts", [{"labels": _labels(FAST | {"short": "effect"} | effect)}])

    shown = answer(f"{alertmanager}/api/v2/alerts?filter=short%3D%22effect%22")

    assert [bool(alert["status"]["inhibitedBy"]) for alert in shown] == [silenced]


def _labels(told: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in told.items() if value}
