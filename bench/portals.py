"""Portals of this machine to measure: gunicorn with the settings of production, each on a port of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from app.trial.servers import free_port
from bench.pages import Client

ROOT = Path(__file__).parent.parent
# Two cold workers on a busy machine.
_READY_WITHIN_S = 60.0


@contextmanager
def running(mongodb_uri: str, redis_url: str, database: str, log: Path, **environ: str) -> Iterator[int]:
    """The port of a portal over this database that answers, for the time of the block."""
    port = free_port()
    given = {
        **os.environ,
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": database,
        "REDIS_URL": redis_url,
        "WEB_BIND": f"127.0.0.1:{port}",
        "HALOCLINE_LOG_LEVEL": "INFO",
        **environ,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py")]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=output, stderr=subprocess.STDOUT)
    try:
        _await(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(_READY_WITHIN_S)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        client = Client(port)
        try:
            client.get("/readyz")
        except (OSError, HTTPException, RuntimeError):
            time.sleep(0.1)
        else:
            return
        finally:
            client.close()
    raise RuntimeError(f"the portal did not start: {log.read_text(errors='replace')[-1000:]}")
