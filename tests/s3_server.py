"""moto's S3 server in a process of its own on loopback. It has no credentials of its own: it accepts any."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.localdev import ports
from tests import reserved_ports

# Its libraries need older versions of Halocline's, so they have a folder of their own: scripts/setup dev.
LIBRARIES = Path(sys.prefix) / "s3-server"


@contextmanager
def serving(log: Path) -> Iterator[str]:
    """The address of the server for the duration of the block."""
    assert LIBRARIES.is_dir(), "run scripts/setup dev: it installs requirements/s3-server.txt"
    port = reserved_ports.reserve()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(LIBRARIES)}
    with log.open("wb") as output, subprocess.Popen(command, env=environment, stdout=output, stderr=output) as server:
        deadline_s = time.monotonic() + 60
        while ports.is_free(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline_s, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def create_bucket(endpoint: str, name: str) -> None:
    """Create a bucket on the server."""
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT")) as response:
        assert response.status == 200
