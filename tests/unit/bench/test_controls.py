"""The settings of gunicorn for the controls: those of production, with a worker class by name."""

import os
import re
import subprocess
import sys

import pytest

from bench import portals


def printed(configuration: str, **environ: str) -> dict[str, str]:
    """The settings that gunicorn prints for a configuration file."""
    command = [sys.executable, "-m", "gunicorn", "-c", configuration, "--print-config", "bench.controls:bare"]
    completed = subprocess.run(
        command,
        cwd=portals.ROOT,
        env={**os.environ, "HALOCLINE_PUBLIC_URL": "https://halocline.example/", **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(re.findall(r"^(\w+) += (.*)$", completed.stdout, re.MULTILINE))


@pytest.fixture(scope="module")
def production() -> dict[str, str]:
    return printed("gunicorn.conf.py")


@pytest.mark.parametrize("name", [portals.STOCK, portals.PRODUCTION])
def test_a_control_has_the_settings_of_production_but_its_own_worker_class(name, production):
    control = printed("bench/gunicorn_control.py", **{portals.WORKER_CLASS: name})
    worker_class = production["worker_class"] if name == portals.PRODUCTION else portals.STOCK
    assert control["worker_class"] == worker_class
    same = ("workers", "threads", "backlog", "keepalive", "worker_connections", "access_log_format", "logger_class")
    assert {key: control[key] for key in same} == {key: production[key] for key in same}
