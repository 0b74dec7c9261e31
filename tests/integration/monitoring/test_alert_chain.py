"""The alert chain from a metric to the pager, through real servers."""

import uuid

import pytest

from tests.integration.monitoring.conftest import Pager
from tests.integration.monitoring.polling import json_response

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


def test_errors_page_and_every_rule_evaluates(prometheus: str, pager: Pager) -> None:
    message = pager.first("pager", "watched")

    assert message["status"] == "firing"
    assert [alert["labels"] for alert in message["alerts"]] == [FAST]
    assert message["alerts"][0]["annotations"]["summary"].startswith("50% of the requests of the last 1h missed")
    groups = json_response(f"{prometheus}/api/v1/rules")["data"]["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    assert sum(len(group["rules"]) for group in groups) > 50


@pytest.mark.usefixtures("prometheus")
def test_the_watchdog_fires_without_a_fault(pager: Pager) -> None:
    assert pager.first("watchdog", "")["alerts"][0]["labels"]["alertname"] == "Watchdog"


@pytest.mark.parametrize(
    ("cause", "effect", "inhibited"),
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
        (
            {"alertname": "AppDown", "slo": ""},
            {"alertname": "AppJourneyBudgetBurn", "slo": "journey", "severity": "critical"},
            True,
        ),
        ({"alertname": "AppDown", "slo": ""}, {"alertname": "MongoNoPrimary", "slo": ""}, False),
        ({"alertname": "AppDown", "slo": ""}, {"alertname": "Watchdog", "slo": "", "severity": "none"}, False),
        ({"alertname": "DependencyDown", "slo": "", "severity": "warning"}, {"severity": "critical"}, False),
    ],
    ids=[
        "a page inhibits the ticket of its objective",
        "a page does not inhibit a ticket of another objective",
        "a page does not inhibit a ticket of another namespace",
        "AppDown inhibits the burn",
        "AppDown inhibits AppTargetDown",
        "AppDown inhibits the burn of the journey",
        "AppDown does not inhibit another cause that pages",
        "nothing inhibits the watchdog",
        "a cause never inhibits a symptom",
    ],
)
def test_consequences_are_inhibited(
    alertmanager: str, cause: dict[str, str], effect: dict[str, str], inhibited: bool
) -> None:
    # A service of its own isolates each case: all inhibition rules require the same service.
    fast = FAST | {"service": uuid.uuid4().hex}
    json_response(f"{alertmanager}/api/v2/alerts", [{"labels": _labels(fast | cause)}])
    json_response(f"{alertmanager}/api/v2/alerts", [{"labels": _labels(fast | {"short": "effect"} | effect)}])

    alerts = json_response(
        f"{alertmanager}/api/v2/alerts?filter=short%3D%22effect%22&filter=service%3D%22{fast['service']}%22"
    )

    assert [bool(alert["status"]["inhibitedBy"]) for alert in alerts] == [inhibited]


def _labels(labels: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}
