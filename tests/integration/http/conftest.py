"""The portal as it runs in production: gunicorn with its settings file, and the metrics process beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import config
from app.localdev.ports import free_port
from app.telemetry import exposition

ROOT = Path(__file__).parents[3]
# A cold interpreter on a busy machine; a hung server would hold the whole run.
PATIENCE_S = 60


def until(true: Callable[[], Any]) -> Any:
    """What `true` gives as soon as it is true; connections that fail meanwhile are part of the waiting."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            if found := true():
                return found
        time.sleep(0.02)
    raise TimeoutError("it did not become true")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Process:
    """A process that listens on a port and writes its log to a file."""

    child: subprocess.Popen[bytes]
    port: int
    log: Path
    metrics_dir: Path

    def get(self, path: str, connection: HTTPConnection | None = None) -> Answer:
        link = connection or HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        link.request("GET", path, headers={} if connection else {"Connection": "close"})
        answer = link.getresponse()
        found = Answer(answer.status, dict(answer.getheaders()), answer.read())
        if connection is None:
            link.close()
        return found

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.child.pid).children()

    def numbers(self) -> dict[tuple[str, ...], float]:
        """What the metrics process would tell now: the value by name and label values."""
        text, _ = exposition.Exposition(exposition.SharedFiles(self.metrics_dir)).generate_metrics()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def counted(self) -> float:
        """The number of requests; only their lines are parsed, as tests ask for it after each request."""
        text, _ = exposition.Exposition(exposition.SharedFiles(self.metrics_dir)).generate_metrics()
        name = "http_server_request_duration_seconds_count"
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name}{{"))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.child.send_signal(how)
        return self.child.wait(PATIENCE_S)


@contextmanager
def starting(folder: Path, settings: config.Settings) -> Iterator[Callable[..., Process]]:
    """Starts commands of the portal in an environment of their own below the folder, and ends them with the block."""
    started: list[Process] = []

    def start(command: list[str], port: int, **environ: str) -> Process:
        base = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(folder),
            "HALOCLINE_ENVIRONMENT": "lab",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
            "MONGODB_URI": settings.mongodb_uri,
            "MONGODB_DATABASE": settings.mongodb_database,
            "REDIS_URL": settings.redis_url,
            # A machine that runs tests and builds at once is slower than a pod; see the fixture `settings`.
            "MONGODB_TIMEOUT_MS": str(settings.mongodb_timeout_ms),
        }
        log = folder / f"{port}.log"
        with log.open("wb") as out:
            child = subprocess.Popen(command, cwd=ROOT, env={**base, **environ}, stdout=out, stderr=subprocess.STDOUT)
        started.append(Process(child, port, log, Path(base["PROMETHEUS_MULTIPROC_DIR"])))
        return started[-1]

    yield start
    running = [process.child for process in started if process.child.poll() is None]
    _ = [child.kill() for child in running]
    _ = [child.wait() for child in running]


def start_gunicorn(start: Callable[..., Process], *arguments: str, **environ: str) -> Process:
    """Starts gunicorn with the portal's settings file; returns it when all its workers serve."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), *arguments]
    environ = {"WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", **environ}
    portal = start(command, port, **environ)
    workers = float(environ["WEB_WORKERS"])
    until(lambda: portal.get("/livez").status == 200 and _starts(portal, environ) == workers)
    return portal


@pytest.fixture
def start(tmp_path, settings):
    """Starts a command of the portal, and ends it with the test."""
    with starting(tmp_path, settings) as start:
        yield start


@pytest.fixture
def gunicorn(start):
    """Starts gunicorn with the portal's settings file; gives it when all its workers serve."""
    return partial(start_gunicorn, start)


@pytest.fixture(scope="module")
def lasting_gunicorn(tmp_path_factory, settings):
    """As `gunicorn`, for portals that the tests of a module only read from."""
    with starting(tmp_path_factory.mktemp("gunicorn"), settings) as start:
        yield partial(start_gunicorn, start)


def _starts(portal: Process, environ: dict[str, str]) -> float:
    if environ.get("PROMETHEUS_MULTIPROC_DIR") == "":
        return float(environ["WEB_WORKERS"])
    return portal.numbers().get(("halocline_worker_starts_total",), 0)


@pytest.fixture
def metrics_process(start):
    """Starts `halocline metrics`; gives it when it answers."""

    def metrics_process(**environ: str) -> Process:
        port = free_port()
        process = start([sys.executable, "-m", "app.cli", "metrics"], port, METRICS_BIND=f"127.0.0.1:{port}", **environ)
        until(lambda: process.get("/livez").status == 200)
        return process

    return metrics_process
