"""`halocline up` as somebody who tries the portal out meets it: a process, a page, Ctrl-C."""

import http.client
import os
import signal
import subprocess
import sys
from typing import Any

import psutil
import pytest
from pymongo import MongoClient

from app.trial import process, servers

COMMAND = [sys.executable, "-m", "app.cli"]


class Running:
    """`halocline up` in a folder of its own, on a free port, until the page answers."""

    def __init__(self, home, port, *options):
        command = [*COMMAND, "up", "--home", str(home), "--port", str(port), *options]
        self.home, self.port = home, port
        # One worker starts faster than two.
        env = {**os.environ, "WEB_WORKERS": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        self.said = []
        self.ready = any(self._says_where(line) for line in self.process.stdout)

    def _says_where(self, line):
        self.said.append(line)
        return line.startswith("Halocline is on http://127.0.0.1:")

    def status_of(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def missions(self):
        port = int((self.home / "mongodb.port").read_text())
        with MongoClient[Any]("127.0.0.1", port, directConnection=True) as client:
            return {doc["_id"]: doc["version"] for doc in client.halocline.missions.find()}

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, how):
        self.process.send_signal(how)
        self.said += self.process.stdout.readlines()
        return self.process.wait()


@pytest.fixture
def home(tmp_path):
    yield tmp_path / ".halocline"
    process.stop(tmp_path / ".halocline/up.pid")
    process.stop(tmp_path / ".halocline/simulator.pid")
    process.stop(tmp_path / ".halocline/web.pid")
    servers.stop(tmp_path / ".halocline")


@pytest.fixture
def up(home):
    """Starts the portal on a free port; whatever a test leaves running is closed."""
    started = []

    def start(*options):
        started.append(Running(home, servers.free_port(), *options))
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.wait()
        running.process.stdout.close()


def test_the_portal_shows_the_demo_missions_and_ctrl_c_leaves_nothing_behind(up, home):
    first = up("--no-simulate")
    assert first.ready, "".join(first.said)
    children = first.children()
    assert first.status_of("/") == 200
    missions = first.missions()
    assert len(missions) == 2

    assert first.end(signal.SIGINT) == 0
    _gone, left = psutil.wait_procs(children, timeout=5)
    assert left == []
    assert list(home.glob("*.pid")) == []

    second = up("--no-simulate")
    assert second.missions() == missions
    assert second.end(signal.SIGTERM) == 0


def test_a_dead_child_ends_everything_and_is_named(up, home):
    running = up()
    children = running.children()

    os.kill(process.alive(home / "web.pid"), signal.SIGKILL)

    assert running.process.wait() == 1
    assert "web ended by itself" in running.process.stdout.read()
    # Workers of a killed server notice within seconds; nobody else can tell them.
    _gone, left = psutil.wait_procs(children, timeout=30)
    assert left == []


def test_down_stops_what_a_killed_up_left_behind(up, home):
    running = up()
    children = running.children()
    running.process.kill()
    running.process.wait()

    done = subprocess.run([*COMMAND, "down", "--home", str(home)], capture_output=True, text=True, check=True)

    assert done.stdout == "Stopped: simulator, web, redis, mongodb.\n"
    _gone, left = psutil.wait_procs(children, timeout=5)
    assert left == []


def test_a_second_up_is_refused_in_one_line(up, home):
    running = up("--no-simulate")

    command = [*COMMAND, "up", "--home", str(home), "--port", str(servers.free_port())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        f"halocline: The portal runs already (process {running.process.pid}): open it, "
        "or stop it with 'make down' first.\n"
    )


def test_simulated_gliders_dive_where_their_address_says(up):
    running = up()

    assert running.process.stdout.readline() == (
        f"Simulated gliders dive on http://127.0.0.1:{running.port}/?simulated=include\n"
    )
    assert process.alive(running.home / "simulator.pid") is not None
    assert running.end(signal.SIGTERM) == 0
    assert process.alive(running.home / "simulator.pid") is None
