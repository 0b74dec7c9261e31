"""A real Prometheus and a real Alertmanager with our rules and routes, a simulated web pod and a simulated pager."""

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.monitoring.polling import TIMEOUT_S
from tests.integration.monitoring.servers import free_port, running, serving, tool

MONITORING = Path(__file__).resolve().parents[3] / "monitoring"
Document = dict[str, Any]


class Pager:
    """The notifications that Alertmanager has sent, of all receivers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._messages: list[Document] = []
        self._changed = threading.Condition()

    def receive(self, message: Document) -> None:
        """Store a notification."""
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def first(self, receiver: str, namespace: str) -> Document:
        """Return the first notification of a namespace to a receiver. Fails after a minute without one."""

        def matching() -> list[Document]:
            return [
                message
                for message in self._messages
                if message["receiver"] == receiver and message["groupLabels"].get("namespace", "") == namespace
            ]

        with self._changed:
            assert self._changed.wait_for(matching, TIMEOUT_S), f"no notification to {receiver}"
            return matching()[0]


@pytest.fixture(scope="module")
def pager() -> Iterator[Pager]:
    """A pager that listens on a port of its own."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.receive(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Log nothing: the tests read the notifications."""

    with serving(Handler) as port:
        receiver = Pager(port)
        yield receiver


@pytest.fixture(scope="module")
def failing_pod() -> Iterator[int]:
    """The port of a web pod's metrics: at each scrape, half of the new responses are errors."""
    scrapes = iter(range(1, 1_000_000))
    name = "http_server_request_duration_seconds_count"

    class Pod(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            count = 50 * next(scrapes)
            rows = [f'{name}{{http_response_status_code="{status}"}} {count}\n' for status in (200, 500)]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write("".join(rows).encode())

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    with serving(Pod) as port:
        yield port


@pytest.fixture(scope="module")
def alertmanager(pager: Pager, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Alertmanager with our routes; every receiver is the pager, and groups are sent at once."""
    program, port, folder = tool("alertmanager"), free_port(), tmp_path_factory.mktemp("alertmanager")
    config: Document = yaml.safe_load((MONITORING / "alertmanager/webhooks/alertmanager.yml").read_text("utf-8"))
    for receiver in config["receivers"]:
        address = folder / receiver["name"]
        address.write_text(f"http://127.0.0.1:{pager.port}/{receiver['name']}")
        receiver["webhook_configs"][0]["url_file"] = str(address)
    for route in config["route"]["routes"]:
        route["group_wait"] = "0s"
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    arguments = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(folder / "alertmanager.log", program, *arguments):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def prometheus(alertmanager: str, failing_pod: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus with our rules at an interval of 500 ms."""
    program, port, folder = tool("prometheus"), free_port(), tmp_path_factory.mktemp("prometheus")
    rules = folder / "rules"
    rules.mkdir()
    for path in (MONITORING / "rules").glob("*.yml"):
        shutil.copy(path, rules)
    labels = {"namespace": "watched", "pod": "web-1"}
    pod = {"targets": [f"127.0.0.1:{failing_pod}"], "labels": labels}
    config = {
        "global": dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "500ms"),
        "rule_files": [str(rules / "*.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}]},
        "scrape_configs": [{"job_name": "halocline-web", "static_configs": [pod]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=500ms",
    ]
    with running(folder / "prometheus.log", program, *arguments):
        yield f"http://127.0.0.1:{port}"
