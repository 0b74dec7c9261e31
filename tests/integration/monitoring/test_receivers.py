"""A real Alertmanager with the native receivers: what PagerDuty, Slack, a mail server and a dead man's switch get."""

import base64
import contextlib
import email
import email.policy
import http.server
import json
import queue
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
import yaml

from monitoring import receivers
from tests.integration.monitoring.conftest import MONITORING, Document
from tests.integration.monitoring.polling import TIMEOUT_S, json_response
from tests.integration.monitoring.servers import free_port, running, serving, tool

KEY, PASSWORD = "0123456789abcdef0123456789abcdef", "mail-password"
LINKS = {
    "dashboard_url": "https://grafana.example/d/halocline-overview?var-namespace=ocean",
    "runbook_url": "https://halocline.example/runbooks/X.md",
}


@dataclass(slots=True)
class Services:
    """The simulated services, and what each of them has received."""

    http_port: int = 0
    mail_port: int = 0
    received: dict[str, "queue.Queue[Any]"] = field(
        default_factory=lambda: {name: queue.Queue() for name in ("pagerduty", "slack", "watchdog", "mail")}
    )

    def next(self, name: str) -> Any:
        """Return the next message of a service. Raises queue.Empty after a minute without one."""
        return self.received[name].get(timeout=TIMEOUT_S)


@contextlib.contextmanager
def _mail_server(services: Services) -> Iterator[int]:
    class Session(socketserver.StreamRequestHandler):
        """As much of SMTP as a client needs that authenticates and sends one message."""

        def handle(self) -> None:
            recipients, credentials = [], b""
            self.wfile.write(b"220 mail\r\n")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(" ", 1)[0].upper()
                if verb == "AUTH":
                    credentials = base64.b64decode(line.rsplit(" ", 1)[1])
                if verb == "RCPT":
                    recipients.append(line.partition(":")[2].split(">")[0].strip("<> "))
                if verb == "DATA":
                    self.wfile.write(b"354 go\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    services.received["mail"].put((credentials, recipients, b"".join(lines)))
                replies = {"EHLO": b"250-mail\r\n250 AUTH PLAIN\r\n", "AUTH": b"235 ok\r\n", "QUIT": b"221 bye\r\n"}
                self.wfile.write(replies.get(verb, b"250 ok\r\n"))
                if verb == "QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """All services on ports of their own."""
    everything = Services()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            everything.received[self.path.strip("/")].put(body)
            self.send_response(202 if self.path == "/pagerduty" else 200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Log nothing: the tests read the messages."""

    with serving(Handler) as http_port, _mail_server(everything) as mail_port:
        everything.http_port, everything.mail_port = http_port, mail_port
        yield everything


@pytest.fixture(scope="module")
def alertmanager(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Alertmanager with the native receivers; groups are sent at once."""
    program, port, folder = tool("alertmanager"), free_port(), tmp_path_factory.mktemp("native")
    config = receivers.configuration(MONITORING / "alertmanager/receivers/native.yaml")
    address = f"http://127.0.0.1:{services.http_port}"
    keys = {
        "pagerduty-routing-key": KEY,
        "slack-url": f"{address}/slack",
        "watchdog-url": f"{address}/watchdog",
        "smtp-password": PASSWORD,
    }
    for name, content in keys.items():
        (folder / name).write_text(content)
    config["global"] |= {
        "pagerduty_url": f"{address}/pagerduty",
        "smtp_smarthost": f"127.0.0.1:{services.mail_port}",
        "smtp_require_tls": False,
    }
    for route in [config["route"], *config["route"]["routes"]]:
        route |= {"group_wait": "0s", "group_interval": "1s"}
    text = yaml.safe_dump(config).replace(receivers.FOLDER, str(folder))
    (folder / "alertmanager.yml").write_text(text)
    arguments = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(folder / "alertmanager.log", program, *arguments):
        yield f"http://127.0.0.1:{port}"


def _send(alertmanager: str, name: str, severity: str, summary: str, **more: Any) -> None:
    labels = {"alertname": name, "severity": severity, "namespace": "ocean", "service": "halocline"}
    alert: Document = {"labels": labels | more.pop("labels", {}), "annotations": {"summary": summary, **LINKS}, **more}
    json_response(f"{alertmanager}/api/v2/alerts", [alert])


def test_pagerduty_gets_an_event_with_links_and_its_end(alertmanager: str, services: Services) -> None:
    _send(alertmanager, "AppDown", "critical", "No web pod is available.", labels={"slo": "availability"})
    event = services.next("pagerduty")
    _send(
        alertmanager, "AppDown", "critical", "No web pod is available.",
        labels={"slo": "availability"}, startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-01T00:00:01Z",
    )  # fmt: skip
    end = services.next("pagerduty")

    # The fields of the Events API, version 2.
    assert (event["routing_key"], event["event_action"], end["event_action"]) == (KEY, "trigger", "resolve")
    assert 0 < len(event["dedup_key"]) <= 255
    assert event["dedup_key"] == end["dedup_key"]
    payload = event["payload"]
    assert payload["summary"] == "AppDown in ocean: No web pod is available."
    assert payload["severity"] == "critical"
    assert payload["source"]
    assert (payload["class"], payload["component"], payload["group"]) == ("AppDown", "availability", "ocean")
    assert event["links"] == [
        {"href": LINKS["runbook_url"], "text": "Runbook"},
        {"href": LINKS["dashboard_url"], "text": "Dashboard"},
    ]


def test_slack_gets_an_attachment_with_the_value_and_both_links(alertmanager: str, services: Services) -> None:
    _send(alertmanager, "JobFailed", "warning", "The Job backup-1 failed.")
    message = services.next("slack")

    (attachment,) = message["attachments"]
    assert attachment["title"] == "JobFailed in ocean"
    assert attachment["title_link"] == LINKS["runbook_url"]
    assert attachment["color"] == "warning"
    assert attachment["fallback"] == "JobFailed: The Job backup-1 failed."
    assert attachment["text"].splitlines()[:2] == [
        "The Job backup-1 failed.",
        f"<{LINKS['runbook_url']}|runbook> <{LINKS['dashboard_url']}|dashboard>",
    ]


def test_a_mail_is_authenticated_and_plain_text(alertmanager: str, services: Services) -> None:
    _send(alertmanager, "ImportsRefused", "info", "Files were refused in the last hour.")
    credentials, recipients, content = services.next("mail")

    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert credentials.split(b"\0")[-1] == PASSWORD.encode()
    assert recipients == ["data-team@example.org"]
    assert message["To"] == "data-team@example.org"
    assert message["From"] == "halocline@example.org"
    assert message["Subject"] == "ImportsRefused in ocean"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:3] == [
        "Files were refused in the last hour.",
        f"Runbook: {LINKS['runbook_url']}",
        f"Dashboard: {LINKS['dashboard_url']}",
    ]
    assert message.get_body(("html",)) is None


def test_the_dead_mans_switch_gets_the_watchdog(alertmanager: str, services: Services) -> None:
    _send(alertmanager, "Watchdog", "none", "Always firing.")

    assert services.next("watchdog")["commonLabels"]["alertname"] == "Watchdog"


def test_failing_notifications_reach_the_pager_and_the_tickets(alertmanager: str, services: Services) -> None:
    _send(alertmanager, "NotificationsFailing", "critical", "Notifications fail.", labels={"integration": "slack"})

    assert services.next("pagerduty")["payload"]["class"] == "NotificationsFailing"
    assert services.next("slack")["attachments"][0]["color"] == "danger"


def test_a_missing_key_fails_one_receiver_and_not_the_start(
    alertmanager: str, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = next(path for path in tmp_path_factory.getbasetemp().glob("native*") if (path / "slack-url").exists())
    (folder / "slack-url").rename(folder / "absent")
    try:
        _send(alertmanager, "PdbBlocks", "warning", "No eviction is allowed.")
        _send(alertmanager, "AppDown", "critical", "Still down.", labels={"slo": "journey"})

        assert services.next("pagerduty")["payload"]["component"] == "journey"
    finally:
        (folder / "absent").rename(folder / "slack-url")
    # Alertmanager tries again, and reads the file each time.
    assert services.next("slack")["attachments"][0]["title"] == "PdbBlocks in ocean"
