"""Sets of receivers: merged into the routes, or refused with the reason."""

from pathlib import Path

import pytest
import yaml

from monitoring import receivers
from tests.unit.monitoring.sources import MONITORING

OWN = """
receivers:
- name: pager
  opsgenie_configs: [{api_key_file: /etc/alertmanager/receivers/opsgenie}]
- name: tickets
- name: notes
- name: watchdog
"""


def test_own_receivers_get_the_routes_and_inhibitions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.yaml").write_text(OWN)

    assert receivers.main([str(tmp_path / "own.yaml")]) == 0
    printed, routes = yaml.safe_load(capsys.readouterr().out), receivers.routes()
    assert printed["receivers"] == yaml.safe_load(OWN)["receivers"]
    assert (printed["route"], printed["inhibit_rules"]) == (routes["route"], routes["inhibit_rules"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("receivers: [{name: pager}]", "own.yaml: the receivers must be pager, tickets, notes, watchdog, not pager"),
        ("receivers: []\nroute: {}", "own.yaml: route is an unknown field; only global and receivers are merged"),
        ("- a", "own.yaml: a mapping is required"),
    ],
)
def test_receivers_that_do_not_fit_the_routes_are_refused(
    text: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.yaml").write_text(text)

    assert receivers.main([str(tmp_path / "own.yaml")]) == 2
    assert capsys.readouterr().err == f"{reason}\n"


@pytest.mark.parametrize("path", sorted(MONITORING.glob("alertmanager/receivers/*.yaml")), ids=lambda path: path.stem)
def test_credentials_are_read_from_files(path: Path) -> None:
    config = receivers.configuration(path)
    sections = [
        config["global"],
        *(one for each in config["receivers"] for key in each if key != "name" for one in each[key]),
    ]
    secrets = [key for section in sections for key in section if "key" in key or "password" in key or "url" in key]

    assert secrets
    assert [key for key in secrets if not key.endswith("_file")] == []
