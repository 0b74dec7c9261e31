"""`make up MONITORING=1`: what it needs, and the configuration of its Prometheus."""

import shutil
import subprocess

import pytest
import yaml
from click.testing import CliRunner

from app.cli import cli
from app.localdev import monitoring
from app.localdev.errors import LocalDevError


def test_without_prometheus_one_line_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    result = CliRunner().invoke(cli, ["up", "--monitoring", "--home", str(tmp_path / "home")])

    assert isinstance(result.exception, LocalDevError)
    assert str(result.exception).startswith("prometheus is not on PATH: install it, 'sudo apt-get install prometheus'")
    assert "\n" not in str(result.exception)
    assert not (tmp_path / "home").exists()


def test_prometheus_scrapes_the_portal_as_the_rules_expect_and_evaluates_them():
    config = yaml.safe_load(monitoring.config("127.0.0.1:9100", "127.0.0.1:9115"))

    job, probe = config["scrape_configs"]
    assert job["job_name"] == "halocline-web"
    assert job["static_configs"] == [
        {"targets": ["127.0.0.1:9100"], "labels": {"namespace": "local", "pod": "web-local"}}
    ]
    assert probe["job_name"] == "halocline-probe"
    assert config["rule_files"][0].endswith("/monitoring/rules/*.yml")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_the_configuration_is_valid(tmp_path):
    file = tmp_path / "prometheus.yml"
    file.write_text(monitoring.config("127.0.0.1:9100", "127.0.0.1:9115"))

    checked = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_port_of_the_metrics_and_their_folder_stay_in_the_folder_of_the_portal(tmp_path):
    env: dict[str, str] = {}
    monitoring.prepare(tmp_path, env)
    first = dict(env)
    monitoring.prepare(tmp_path, env)

    assert env == first
    assert env["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path / "metrics")
