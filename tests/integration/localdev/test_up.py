"""`halocline up` as a user runs it: a process, a page, Ctrl-C."""

import http.client
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from typing import Any

import psutil
import pytest
from pymongo import MongoClient
from selenium.webdriver.support.wait import WebDriverWait

from app.localdev import background, monitoring, pidfiles, ports, servers
from app.localdev import up as start
from app.localdev.errors import LocalDevError
from tests.reserved_ports import reserve

COMMAND = [sys.executable, "-m", "app.cli"]


class RunningPortal:
    """`halocline up` in a new folder on a free port; the constructor returns when it prints its URL."""

    def __init__(self, home, port, few_basins, *options):
        command = [*COMMAND, "up", "--home", str(home), "--port", str(port), *options]
        self.home, self.port = home, port
        # One worker starts faster than two.
        env = {**os.environ, "WEB_WORKERS": "1", "HALOCLINE_BASINS_DIR": str(few_basins)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        self.output = []
        self.ready = any(self._is_address(line) for line in self.process.stdout)

    def _is_address(self, line):
        self.output.append(line)
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
            return {doc["_id"]: doc["version"] for doc in client.halocline.missions.find({"simulated": False})}

    def runs_other_commands(self):
        """True if other commands reach the database, the cache and the queue with the printed variables."""
        printed = next(line for line in self.process.stdout if line.startswith("Other commands: "))
        variables = dict(word.split("=", 1) for word in shlex.split(printed) if "=" in word)
        ports = {
            setting: f":{(self.home / f'{name}.port').read_text().strip()}/"
            for setting, name in (("MONGODB_URI", "mongodb"), ("REDIS_URL", "redis"), ("REDIS_BROKER_URL", "broker"))
        }
        # The first one announces a change, and logs a failure to do so.
        ended = [
            subprocess.run([*COMMAND, *words], env={**os.environ, **variables}, capture_output=True, check=False)
            for words in (("tasks", "discard", "--all"), ("tasks", "state"))
        ]
        return (
            variables.keys() == ports.keys()
            and all(port in variables[setting] for setting, port in ports.items())
            and [(each.returncode, each.stderr) for each in ended] == [(0, b"")] * len(ended)
        )

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, signal_number):
        self.process.send_signal(signal_number)
        self.output += self.process.stdout.readlines()
        return self.process.wait()


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / ".halocline"
    folder.mkdir()
    for name in ("mongodb", "redis", "broker"):
        ports.record(folder, name, reserve())
    yield folder
    pidfiles.stop(tmp_path / ".halocline/up.pid")
    pidfiles.stop(tmp_path / ".halocline/simulator.pid")
    for name in (*monitoring.PROCESSES, "web"):
        pidfiles.stop(tmp_path / f".halocline/{name}.pid")
    servers.stop(tmp_path / ".halocline")


@pytest.fixture
def up(home, few_basins):
    """A function that starts the portal on a free port with a few sea areas; the portals end with the test."""
    started = []

    def start(*options):
        started.append(RunningPortal(home, reserve(), few_basins, *options))
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.wait()
        running.process.stdout.close()


def test_the_portal_shows_the_demo_missions_and_ctrl_c_ends_every_process(up, home):
    portal = up()
    assert portal.ready, "".join(portal.output)
    children = portal.children()
    assert portal.process.stdout.readline() == (
        f"Simulated gliders dive on http://127.0.0.1:{portal.port}/?simulated=include\n"
    )
    assert portal.status_of("/") == 200
    assert portal.runs_other_commands()
    # Simulated profiles appear on open pages.
    assert portal.status_of("/live/events?tags=simulated") == 200
    assert len(portal.missions()) == 2
    assert pidfiles.alive(home / "up.pid") == portal.process.pid
    assert pidfiles.alive(home / "simulator.pid") is not None
    worker = pidfiles.alive(home / "worker.pid")
    assert worker is not None
    assert pidfiles.alive(home / "beat.pid") is None

    os.kill(worker, signal.SIGKILL)
    wait = WebDriverWait(home, 20, 0.05)
    wait.until(lambda folder: pidfiles.alive(folder / "worker.pid") not in (None, worker))
    assert portal.status_of("/missions") == 200

    assert portal.end(signal.SIGINT) == 0
    _ended, running = psutil.wait_procs(children, timeout=5)
    assert running == []
    assert list(home.glob("*.pid")) == []


@pytest.mark.slow
def test_a_second_start_shows_the_same_missions(up):
    first = up("--no-simulate")
    missions = first.missions()
    assert len(missions) == 2
    assert first.end(signal.SIGINT) == 0

    second = up("--no-simulate")
    assert second.missions() == missions
    assert second.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_a_killed_child_ends_the_portal_and_is_named(up, home):
    portal = up()
    children = portal.children()

    os.kill(pidfiles.alive(home / "web.pid"), signal.SIGKILL)

    assert portal.process.wait() == 1
    assert "web ended by itself" in portal.process.stdout.read()
    # Workers of a killed server detect its end by polling, within seconds.
    _ended, running = psutil.wait_procs(children, timeout=30)
    assert running == []


@pytest.mark.slow
def test_a_portal_whose_worker_cannot_start_serves_without_it(up, home, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import os, sys\nif sys.orig_argv[-1] == 'worker': os._exit(3)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    portal = up("--no-simulate")
    assert portal.ready, "".join(portal.output)

    WebDriverWait(home, 60, 0.1).until(lambda folder: "stays stopped" in (folder / "worker.log").read_text())

    assert portal.status_of("/") == 200
    assert portal.end(signal.SIGINT) == 0
    assert "worker ended 5 times in a row and stays stopped" in "".join(portal.output)
    assert list(home.glob("*.pid")) == []


@pytest.fixture
def children(home):
    """Processes that replace those of the portal and sleep until they are ended."""
    return {name: pidfiles.start(name, ["sleep", "600"], home) for name in start._PROCESSES}


def test_the_first_child_that_ends_is_named(children, home):
    os.kill(children["web"], signal.SIGKILL)

    with pytest.raises(LocalDevError, match=r"^web ended by itself; its log is .*web\.log"):
        start._watch(start.Portal(home, 1), background.Background(home, {}, {}))


@pytest.fixture
def short_pauses(monkeypatch):
    """Restarts after hundredths of a second."""
    monkeypatch.setattr(background, "FIRST_PAUSE_S", 0.01)


def ended(pid):
    """End a child, and wait until it is no more than an entry of the process table."""
    os.kill(pid, signal.SIGKILL)
    WebDriverWait(pid, 10, 0.01).until(lambda one: psutil.Process(one).status() == psutil.STATUS_ZOMBIE)


def test_a_worker_that_ends_is_started_again_and_its_log_continues(home, short_pauses, capsys):
    beside = background.Background(home, dict(os.environ), {"worker": ["sh", "-c", "echo begins; sleep 600"]})
    wait = WebDriverWait(home, 10, 0.01)
    wait.until(lambda folder: (folder / "worker.log").read_text() == "begins\n")
    first = pidfiles.alive(home / "worker.pid")

    ended(first)
    wait.until(lambda folder: beside.check() or pidfiles.alive(folder / "worker.pid") not in (None, first))

    line = "worker ended by itself; start 1 of 4 in 0.01 s"
    wait.until(lambda folder: (folder / "worker.log").read_text() == f"begins\nhalocline up: {line}\nbegins\n")
    assert capsys.readouterr().err == f"{line}; its log is {home / 'worker.log'}\n"
    pidfiles.stop(home / "worker.pid")


def test_a_worker_that_ends_at_once_is_given_up(home, short_pauses, capsys):
    beside = background.Background(home, dict(os.environ), {"worker": ["sh", "-c", "echo wrong settings; exit 2"]})

    wait = WebDriverWait(home / "worker.log", 20, 0.01)
    wait.until(lambda log: beside.check() or "stays stopped" in log.read_text())
    beside.check()

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == background.MOST_RESTARTS + 1
    assert lines[-1].startswith("worker ended 5 times in a row and stays stopped: uploads and queued imports wait")
    assert (home / "worker.log").read_text().count("wrong settings\n") == background.MOST_RESTARTS + 1


def test_a_worker_that_ran_for_long_has_all_restarts_again(home, short_pauses, monkeypatch):
    monkeypatch.setattr(background, "STABLE_S", 0.0)
    beside = background.Background(home, dict(os.environ), {"worker": ["false"]})

    wait = WebDriverWait(home / "worker.log", 20, 0.01)
    wait.until(lambda log: beside.check() or log.read_text().count("start 1 of 4") > 5)

    assert "stays stopped" not in (home / "worker.log").read_text()


@pytest.mark.slow
def test_down_stops_the_processes_of_a_killed_up(up, home):
    portal = up()
    children = portal.children()
    portal.process.kill()
    portal.process.wait()

    completed = subprocess.run([*COMMAND, "down", "--home", str(home)], capture_output=True, text=True, check=True)

    assert completed.stdout == "Stopped: simulator, worker, web, broker, redis, mongodb.\n"
    _ended, running = psutil.wait_procs(children, timeout=5)
    assert running == []


def test_down_stops_every_process_of_the_folder(children, home):
    assert start.down(home) == list(start._PROCESSES)

    assert [psutil.pid_exists(pid) for pid in children.values()] == [False] * len(children)
    assert list(home.glob("*.pid")) == []


def test_a_second_up_is_refused_in_one_line(home):
    (home / "up.pid").write_text(pidfiles.identity(os.getpid()))

    command = [*COMMAND, "up", "--home", str(home), "--port", str(reserve())]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)

    (home / "up.pid").unlink()
    assert completed.returncode == 1
    assert completed.stderr == (
        f"halocline: The portal runs already (process {os.getpid()}): open it, or stop it with 'make down' first.\n"
    )


def test_a_home_without_its_parent_folder_is_refused_in_one_line(tmp_path):
    command = [*COMMAND, "up", "--home", str(tmp_path / "missing/home"), "--port", str(reserve())]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)

    assert completed.returncode == 1
    assert completed.stderr == f"halocline: The folder {tmp_path / 'missing'} does not exist: create it first.\n"


@pytest.mark.slow
def test_a_second_up_beside_a_running_one_is_refused_in_one_line(up, home):
    portal = up("--no-simulate")

    command = [*COMMAND, "up", "--home", str(home), "--port", str(reserve())]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)

    assert completed.returncode == 1
    assert completed.stderr == (
        f"halocline: The portal runs already (process {portal.process.pid}): open it, "
        "or stop it with 'make down' first.\n"
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not on PATH")
def test_with_monitoring_prometheus_scrapes_the_portal_and_evaluates_the_rules(up, home):
    portal = up("--no-simulate", "--monitoring")
    assert portal.ready, "".join(portal.output)
    prometheus = next(line for line in portal.process.stdout if "Prometheus" in line).split()[-1]

    # A scrape and an evaluation later; the rules are those of the dashboards and alerts.
    wait = WebDriverWait(prometheus, 60)
    assert wait.until(lambda url: result(url, 'up{job="halocline-web",namespace="local"} == 1'))
    assert wait.until(lambda url: result(url, "slo:objective:ratio"))
    assert wait.until(lambda url: result(url, "probe_success == 1"))
    assert result(prometheus, "halocline_build_info")

    assert portal.end(signal.SIGINT) == 0
    assert list(home.glob("*.pid")) == []


def result(prometheus, query):
    """The current result of a query."""
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)["data"]["result"]


@pytest.mark.slow
def test_the_simulator_ends_with_the_portal(up):
    portal = up()

    assert portal.process.stdout.readline() == (
        f"Simulated gliders dive on http://127.0.0.1:{portal.port}/?simulated=include\n"
    )
    assert pidfiles.alive(portal.home / "simulator.pid") is not None
    assert portal.end(signal.SIGTERM) == 0
    assert pidfiles.alive(portal.home / "simulator.pid") is None
