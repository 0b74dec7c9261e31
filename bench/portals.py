"""Servers to measure on this machine: gunicorn with production settings, each on its own port."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from app.localdev.ports import free_port
from bench.pages import Client

ROOT = Path(__file__).parent.parent
# The environment variable that names the worker class of a control: gunicorn's own with threads, or that of production.
WORKER_CLASS, STOCK, PRODUCTION = "BENCH_WORKER_CLASS", "gthread", "production"
# Two workers start in seconds; a minute allows for a busy machine with cold caches.
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A gunicorn that is ready: its port, the pid of its arbiter, its log and the folder of its metrics."""

    port: int
    pid: int
    log: Path
    slots: Path


@contextmanager
def running(mongodb_uri: str, redis_url: str, database: str, log: Path, **environ: str) -> Iterator[int]:
    """The port of a portal with this database, which is ready and runs for the time of the block."""
    with started(mongodb_uri, redis_url, database, log, **environ) as portal:
        yield portal.port


@contextmanager
def started(
    mongodb_uri: str, redis_url: str, database: str, log: Path, application: str | None = None, **environ: str
) -> Iterator[Server]:
    """The same with its process; `application` is served instead of the portal's own."""
    # The benchmark sends the requests of thousands of clients from one address.
    unlimited = dict.fromkeys((f"HALOCLINE_{name}_PER_MIN" for name in ("API", "SEARCHES", "EXPORTS")), "0")
    stores = {"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": database, "REDIS_URL": redis_url}
    settings = stores | unlimited | environ
    with _serving(ROOT / "gunicorn.conf.py", [application] if application else [], log, settings, "/readyz") as server:
        yield server


@contextmanager
def control(application: str, log: Path, worker_class: str = STOCK, **environ: str) -> Iterator[Server]:
    """An application of `bench.controls` under the same gunicorn, with gunicorn's own worker class or another one."""
    settings = {WORKER_CLASS: worker_class, **environ}
    applications = [f"bench.controls:{application}"]
    with _serving(ROOT / "bench" / "gunicorn_control.py", applications, log, settings, "/") as server:
        yield server


@contextmanager
def _serving(
    conf: Path, applications: list[str], log: Path, environ: Mapping[str, str], ready_path: str
) -> Iterator[Server]:
    port = free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "gunicorn", "-c", str(conf), *applications]
    with TemporaryDirectory() as slots:
        bound = {"WEB_BIND": f"127.0.0.1:{port}", "PROMETHEUS_MULTIPROC_DIR": slots, "HALOCLINE_LOG_LEVEL": "INFO"}
        bound["HALOCLINE_PUBLIC_URL"] = "http://127.0.0.1/"  # Required in production, and the host of all requests.
        with log.open("wb") as output:
            env = {**os.environ, **bound, **environ}
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            _await(port, process, log, ready_path)
            yield Server(port, process.pid, log, Path(slots))
        finally:
            process.terminate()
            process.wait(_READY_WITHIN_S)


def _await(port: int, process: subprocess.Popen[bytes], log: Path, ready_path: str) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        client = Client(port)
        try:
            client.get(ready_path)
        except (OSError, HTTPException, RuntimeError):
            time.sleep(0.1)
        else:
            return
        finally:
            client.close()
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-1000:]}")
