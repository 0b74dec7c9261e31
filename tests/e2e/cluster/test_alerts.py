"""Drills of the alerts that this cluster can make fire: each reaches its receiver in the time that settings explain.

Prometheus begins without data, because events of earlier drills are in the windows of some alerts. Its rules are those
of the manifests, but no alert waits (`for`) longer than LONGEST_FOR_S, by default 300 s; rule tests prove the rest.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.strict_yaml import seconds
from tests.e2e.cluster import faults, notifications, prometheus, stored
from tests.e2e.cluster.cluster import NAMESPACE, Document, Failed, Lab, kubectl, until
from tests.e2e.cluster.faults import Fault

pytestmark = [pytest.mark.full, pytest.mark.timeout(2400)]

Figures = dict[str, Any]
LONGEST_FOR_S = float(os.environ.get("LONGEST_FOR_S", "300"))
# Some requests are counted by Redis, or by each worker without it. The lab has no limits.
COUNTED = "HALOCLINE_API_PER_MIN=1000000"
RECEIVERS = {"critical": "pager", "warning": "tickets", "info": "notes", "none": "watchdog"}


@pytest.fixture(scope="module")
def watched(lab: Lab) -> Iterator[Lab]:
    """The lab with short waits, two web pods whose requests are counted, and records of all nightly Jobs."""
    with _shortened(lab) as folder:
        kubectl("apply", "--kustomize", folder)
    kubectl("rollout", "status", "statefulset/prometheus", "--timeout=120s")
    kubectl("exec", "deployment/ingest", "--", "halocline", "simulate", "--once", timeout_s=300)
    for name in ("backup", "restore-test"):
        kubectl("create", "job", f"{name}-alerts", f"--from=cronjob/{name}")
        kubectl("wait", "--for=condition=complete", f"job/{name}-alerts", "--timeout=300s", timeout_s=310)
    stored.verify()
    kubectl("set", "env", "deployment/web", "--containers=app", COUNTED)
    lab.replaced()
    faults.forget("prometheus", "alertmanager")
    yield lab
    kubectl("set", "env", "deployment/web", "--containers=app", "HALOCLINE_API_PER_MIN-")
    kubectl("delete", "job", "backup-alerts", "restore-test-alerts", "--ignore-not-found")
    lab.apply()
    lab.replaced()


@contextlib.contextmanager
def _shortened(lab: Lab) -> Iterator[str]:
    """A folder for `kubectl apply -k`: the manifests of the drills with alerts that do not wait for long."""
    with lab.rendered() as folder, tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary).resolve()
        files = ["alerts.yml", "burn.yml"]
        for name in files:
            text = (notifications.MONITORING / "rules" / name).read_text(encoding="utf-8")
            (target / name).write_text(yaml.safe_dump(_short(yaml.safe_load(text))))
        content = {
            "namespace": NAMESPACE,
            "resources": [os.path.relpath(folder, target)],
            "configMapGenerator": [{"name": "prometheus-rules", "behavior": "merge", "files": files}],
        }
        (target / "kustomization.yaml").write_text(yaml.safe_dump(content))
        yield str(target)


def _short(rules: Document) -> Document:
    """The rules, in which no alert waits for longer than LONGEST_FOR_S."""
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        if seconds(rule.get("for", "0s")) > LONGEST_FOR_S:
            rule["for"] = f"{LONGEST_FOR_S:.0f}s"
    return rules


@pytest.mark.parametrize("phase", faults.PHASES)
def test_each_fault_reaches_the_receiver_of_its_alerts(watched: Lab, figures: Figures, phase: str) -> None:
    _until_scraped()
    expected: dict[str, float] = {}
    took: dict[str, float | None] = {}
    receivers: dict[str, str] = {}
    began: dict[str, float] = {}
    with contextlib.ExitStack() as stack:
        for fault in faults.PHASES[phase]:
            expected |= {alert: _expected_s(fault, alert) for alert in fault.alerts}
            effect = fault.effect(watched)
            # The effect may need time to begin, such as that of a rollout.
            effect.__enter__()
            # Without the exception of a failed drill: the fault must end in any case.
            stack.callback(effect.__exit__, None, None, None)
            began |= dict.fromkeys(fault.alerts, time.time())
        for alert, began_s in began.items():
            notified = _notified(alert, began_s, expected[alert])
            took[alert] = notified["at_s"] - began_s if notified else None
            receivers[alert] = notified.get("receiver", "")

    figures[f"alerts: {phase}"] = {
        f"{alert}, s (expected)": f"{_whole(took[alert])} ({expected[alert]:.0f})" for alert in took
    }
    slow = {alert: (s, expected[alert]) for alert, s in took.items() if not _is_in_time(s, expected[alert])}
    assert slow == {}
    assert receivers == {alert: _receiver(alert) for alert in receivers}


def _is_in_time(took_s: float | None, expected_s: float) -> bool:
    return took_s is not None and took_s < expected_s + notifications.TOLERANCE_S


def _whole(number: float | None) -> str:
    return "none" if number is None else f"{number:.0f}"


def _notified(alert: str, began_s: float, expected_s: float) -> Document:
    """The first notification since the fault began; empty if there is none in time."""
    deadline_s = began_s + expected_s + 2 * notifications.TOLERANCE_S
    # A fault may fire while it begins.
    since_s = began_s - notifications.TOLERANCE_S
    with contextlib.suppress(Failed):
        return notifications.first(alert, since_s, max(deadline_s - time.time(), 1))
    return {}


def _expected_s(fault: Fault, alert: str) -> float:
    """Seconds until the notification, from the settings of the monitoring and the shortened wait."""
    rule = _rule(alert)
    if fault.page and alert.endswith("BudgetBurn"):
        return notifications.expected_page_s(*fault.page) + fault.shows_after_s
    waits_s = seconds(rule.get("for", "0s"))
    shipped_s = notifications.expected_s(alert, _receiver(alert))
    return shipped_s - max(waits_s - LONGEST_FOR_S, 0) + fault.shows_after_s


def _receiver(alert: str) -> str:
    # NotificationsFailing goes to both: either may be the one that fails.
    return RECEIVERS[_rule(alert)["labels"]["severity"]]


def _rule(alert: str) -> Document:
    """The first rule of an alert: that of the objectives which pages, if there is one."""
    return next(rule for rule in notifications.rules() if rule.get("alert") == alert)


def _until_scraped() -> None:
    """Wait until Prometheus has two samples of the store's counters: an increase needs them."""
    with prometheus.opened() as server:
        query = "count_over_time(halocline_imports_total[5m]) > 2 and on (namespace) halocline:namespace:seen1d"
        until("samples of the counters", lambda: prometheus.result(server, query), 180, every_s=3)
