"""The portal as it runs in production: gunicorn with its settings file, and the metrics process beside it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
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
from bench import nginx

ROOT = Path(__file__).parents[3]
# Enough for a cold start on a busy machine; without a limit, a hung server would block the whole run.
TIMEOUT_S = 60


def until(condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`; failed connections count as false. Raises TimeoutError after a minute."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            if value := condition():
                return value
        time.sleep(0.02)
    raise TimeoutError("the condition did not become true")


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
        link = connection or HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        link.request("GET", path, headers={} if connection else {"Connection": "close"})
        answer = link.getresponse()
        result = Answer(answer.status, dict(answer.getheaders()), answer.read())
        if connection is None:
            link.close()
        return result

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.child.pid).children()

    def metric_values(self) -> dict[tuple[str, ...], float]:
        """The metrics that the metrics process would expose now: values by name and label values."""
        text, _ = exposition.Exposition(exposition.SharedFiles(self.metrics_dir)).generate_metrics()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def request_count(self) -> float:
        """The number of requests."""
        return sum(self.requests_by_status().values())

    def requests_by_status(self) -> Counter[str]:
        """The number of requests by the label for the status."""
        # Only their lines are parsed, because tests read them after each request.
        text, _ = exposition.Exposition(exposition.SharedFiles(self.metrics_dir)).generate_metrics()
        lines = re.findall(
            r'^http_server_request_duration_seconds_count\{.*?http_response_status_code="(\w+)".*\} (\S+)$', text, re.M
        )
        counts: Counter[str] = Counter()
        for status, count in lines:
            counts[status] += int(float(count))
        return counts

    def worker_starts(self, *reasons: str) -> float:
        """The number of workers that were started, for these reasons or any."""
        values = self.metric_values()
        return sum(
            values.get(("halocline_worker_starts_total", reason), 0) for reason in reasons or ("boot", "replaced")
        )

    def stop(self, signal_number: signal.Signals = signal.SIGTERM) -> int:
        self.child.send_signal(signal_number)
        return self.child.wait(TIMEOUT_S)


@contextmanager
def started_commands(folder: Path, settings: config.Settings) -> Iterator[Callable[..., Process]]:
    """A function that starts commands of the portal with their own environment; they end with the block."""
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
    # The workers of nginx outlive a master that is killed.
    workers = [worker for child in running for worker in psutil.Process(child.pid).children(recursive=True)]
    _ = [child.kill() for child in running]
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            worker.kill()
    _ = [child.wait() for child in running]


def start_gunicorn(start: Callable[..., Process], *arguments: str, **environ: str) -> Process:
    """Start gunicorn with the portal's settings file; return it when all its workers serve."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), *arguments]
    environ = {"WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", **environ}
    portal = start(command, port, **environ)
    workers = float(environ["WEB_WORKERS"])
    until(lambda: portal.get("/livez").status == 200 and _worker_starts(portal, environ) == workers)
    return portal


@pytest.fixture
def start(tmp_path, settings):
    """A function that starts a command of the portal; it ends with the test."""
    with started_commands(tmp_path, settings) as start:
        yield start


@pytest.fixture
def nginx_folder(tmp_path):
    """A folder for an nginx; without the program, the test fails in CI and is skipped elsewhere."""
    if nginx.program() is None:
        reason = "nginx is not installed (apt-get install nginx-light): the proxy was not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path / "nginx"
    folder.mkdir()
    return folder


@pytest.fixture
def gunicorn(start):
    """A function that starts gunicorn and returns it when all its workers serve; it ends with the test."""
    return partial(start_gunicorn, start)


@pytest.fixture(scope="module")
def shared_gunicorn(tmp_path_factory, settings):
    """As `gunicorn`, but it ends with the module: for portals that tests only read from."""
    with started_commands(tmp_path_factory.mktemp("gunicorn"), settings) as start:
        yield partial(start_gunicorn, start)


def _worker_starts(portal: Process, environ: dict[str, str]) -> float:
    if environ.get("PROMETHEUS_MULTIPROC_DIR") == "":
        return float(environ["WEB_WORKERS"])
    return portal.worker_starts()


@pytest.fixture
def metrics_process(start):
    """A function that starts `halocline metrics` and returns it when it is live."""

    def metrics_process(**environ: str) -> Process:
        port = free_port()
        process = start([sys.executable, "-m", "app.cli", "metrics"], port, METRICS_BIND=f"127.0.0.1:{port}", **environ)
        until(lambda: process.get("/livez").status == 200)
        return process

    return metrics_process
