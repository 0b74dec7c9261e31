"""`halocline dev` as developers run it: a page with the toolbar, a changed file, Ctrl-C."""

import os
import signal
import subprocess
import sys
import urllib.request

import psutil
import pytest

from app.localdev import ports, up
from tests.reserved_ports import reserve

COMMAND = [sys.executable, "-m", "app.cli", "dev"]


@pytest.fixture
def dev(tmp_path, few_basins):
    """`halocline dev` in a folder of its own; the server watches the Python files of that folder, too."""
    home, port = tmp_path / ".halocline", reserve()
    home.mkdir()
    for name in ("mongodb", "redis", "broker"):
        ports.record(home, name, reserve())
    (tmp_path / "watched.py").write_text("")
    command = [*COMMAND, "--home", str(home), "--port", str(port)]
    env = {**os.environ, "HALOCLINE_BASINS_DIR": str(few_basins)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    yield process, f"http://127.0.0.1:{port}/"
    process.terminate()
    process.wait()
    process.stdout.close()
    up.down(home)


def await_line(process, words):
    """Read the output up to the line that has the words; returns what was read."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def page(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read().decode()


@pytest.mark.slow
def test_the_portal_of_developers_has_the_toolbar_reloads_and_ends_with_ctrl_c(dev, tmp_path):
    process, url = dev
    await_line(process, f"Halocline is on {url.rstrip('/')}")
    children = psutil.Process(process.pid).children(recursive=True)
    landing = page(url)
    assert "SEA077" in landing
    assert 'id="flDebug"' in landing

    (tmp_path / "watched.py").write_text("# Changed.\n")

    assert "watched.py" in await_line(process, "Restarting with stat")
    # The request waits in the listening socket until the new process accepts it.
    assert 'id="flDebug"' in page(url)

    process.send_signal(signal.SIGINT)
    assert "Stopping" in process.stdout.read()
    assert process.wait() == 0
    _ended, running = psutil.wait_procs(children, timeout=5)
    assert running == []
