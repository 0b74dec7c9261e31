"""A real Prometheus and a real Alertmanager over our rules and routes, a web pod and a pager that are made up."""

import contextlib
import http.server
import json
import os
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

MONITORING = Path(__file__).resolve().parents[3] / "monitoring"
Document = dict[str, Any]


def _tool(name: str) -> str:
    """Where a server's program is. Missing: skipped on a developer's machine, a failure in CI."""
    if found := shutil.which(name):
        return found
    reason = f"{name} is not on PATH: the way from a metric to the pager was not tried"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def _running(log: Path, *command: str) -> Iterator[None]:
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            yield
        finally:
            process.terminate()


@contextlib.contextmanager
def _serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def pages() -> Iterator[tuple[int, "queue.Queue[Document]"]]:
    """The port of a pager, and what it was told."""
    told: queue.Queue[Document] = queue.Queue()

    class Pager(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent: the queue tells."""

    with _serving(Pager) as port:
        yield port, told


@pytest.fixture
def failing_pod() -> Iterator[int]:
    """The port of a web pod's metrics: at each look, half of the new answers are errors."""
    looks = iter(range(1, 1_000_000))
    name = "http_server_request_duration_seconds_count"

    class Pod(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            count = 50 * next(looks)
            rows = [f'{name}{{http_response_status_code="{status}"}} {count}\n' for status in (200, 500)]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write("".join(rows).encode())

        def log_message(self, *_: Any) -> None:
            """Silent: nobody reads it."""

    with _serving(Pod) as port:
        yield port


@pytest.fixture
def alertmanager(pages: tuple[int, Any], tmp_path: Path) -> Iterator[str]:
    """The address of an Alertmanager with our routes, every receiver being the pager, without its waits."""
    program, port = _tool("alertmanager"), _free_port()
    config: Document = yaml.safe_load((MONITORING / "alertmanager/alertmanager.yml").read_text("utf-8"))
    for receiver in config["receivers"]:
        address = tmp_path / receiver["name"]
        address.write_text(f"http://127.0.0.1:{pages[0]}/{receiver['name']}")
        receiver["webhook_configs"][0]["url_file"] = str(address)
    for route in config["route"]["routes"]:
        route["group_wait"] = "0s"
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(config))
    arguments = [
        f"--config.file={tmp_path / 'alertmanager.yml'}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with _running(tmp_path / "alertmanager.log", program, *arguments):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def prometheus(alertmanager: str, failing_pod: int, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus with our rules that looks every second; the fast burn waits 1 s instead of 2 min."""
    program, port = _tool("prometheus"), _free_port()
    rules = tmp_path / "rules"
    rules.mkdir()
    for name in ("recordings.yml", "alerts.yml"):
        shutil.copy(MONITORING / "rules" / name, rules)
    burn = (MONITORING / "rules/burn.yml").read_text("utf-8")
    (rules / "burn.yml").write_text(burn.replace("for: 2m", "for: 1s"))
    labels = {"namespace": "watched", "pod": "web-1"}
    pod = {"targets": [f"127.0.0.1:{failing_pod}"], "labels": labels}
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules / "*.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}]},
        "scrape_configs": [{"job_name": "halocline-web", "static_configs": [pod]}],
    }
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    arguments = [
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=1s",
    ]
    with _running(tmp_path / "prometheus.log", program, *arguments):
        yield f"http://127.0.0.1:{port}"
