"""Every alert is shown to fire: by a drill on a cluster, or by a rule test, with the reason why no drill does it."""

from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import faults
from tests.unit.monitoring.sources import ALERT_NAMES, FIRED

UNBREAKABLE: dict[str, str] = yaml.safe_load((faults.HERE / "unbreakable.yaml").read_text("utf-8"))
DRILLED = [alert for phase in faults.PHASES.values() for fault in phase for alert in fault.alerts]


def test_every_alert_has_a_drill_or_a_reason_for_none() -> None:
    assert sorted([*DRILLED, *faults.ELSEWHERE, *UNBREAKABLE]) == ALERT_NAMES


@pytest.mark.parametrize("alert", UNBREAKABLE)
def test_an_alert_without_a_drill_fires_in_a_rule_test(alert: str) -> None:
    assert alert in {proof.alert for proof in FIRED}
    assert len(UNBREAKABLE[alert]) > 20


@pytest.mark.parametrize(("alert", "module"), faults.ELSEWHERE.items())
def test_an_alert_of_another_module_is_waited_for_there(alert: str, module: str) -> None:
    assert f'"{alert}"' in (Path(faults.HERE) / f"{module}.py").read_text("utf-8")
