"""A real gunicorn with the worker class of the portal and a small application, one for each module of tests."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app.localdev.ports import free_port

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
# Only a limit for a server that hangs.
TIMEOUT_S = 60


class Server:
    """A running gunicorn, and raw connections to it."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        command = [sys.executable, "-m", "gunicorn", "-c", str(HERE / "gunicorn_settings.py")]
        command += ["-b", f"127.0.0.1:{self.port}", "tests.integration.server.application:application"]
        self.log = folder / "log"
        with self.log.open("wb") as out:
            environ = {**os.environ, "SERVER_TEST_FOLDER": str(folder)}
            self.child = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=subprocess.STDOUT)
        self.until(lambda: self.get("/now").startswith(b"HTTP/1.1 200"))

    @staticmethod
    def until(condition):
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            with suppress(OSError):
                if value := condition():
                    return value
            time.sleep(0.01)
        raise TimeoutError("the condition did not become true")

    def connect(self, sent=b""):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)
        connection.sendall(sent)
        return connection

    def exchange(self, sent):
        """All that the server sends until it closes the connection."""
        with self.connect(sent) as connection:
            return rest(connection)

    def get(self, path):
        return self.exchange(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())

    def release(self, name):
        (self.folder / name).touch()

    def waits(self, name):
        """A connection whose request occupies a thread until `release(name)`."""
        return self.connect(f"GET /wait/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())


def rest(connection):
    """The bytes until the end of the connection."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


@contextmanager
def running(folder: Path):
    """A server that is killed at the end."""
    server = Server(folder)
    try:
        yield server
    finally:
        server.child.kill()
        server.child.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def own_server(tmp_path):
    """A server that the test may stop."""
    with running(tmp_path) as server:
        yield server
