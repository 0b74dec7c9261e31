"""Drills of uploads and positions through the ingress: what is received is shown; none is lost or stored twice."""

import hashlib
import http.client
import json
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

import pytest

from tests import signed_webhooks
from tests.e2e.cluster.cluster import Document, Lab, kubectl, read, send, until
from tests.e2e.cluster.importing import MISSION
from tests.made_files import time_series

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]


@pytest.fixture(scope="module")
def secret(queue: None) -> str:
    """The secret of an API key that may upload."""
    created = kubectl("exec", "deployment/ingest", "--", "halocline", "keys", "create", "drill", "--role", "importer")
    return created.strip()


def _file(folder: Path, name: str) -> bytes:
    return time_series(folder / f"{name}.nc", attributes={"id": f"{name}-{MISSION}"}).read_bytes()


def _put(lab: Lab, name: str, content: bytes, secret: str) -> tuple[int, Document]:
    """Send a file as a client does that may have sent it before."""
    url = f"{lab.url}/api/v1/imports/{hashlib.sha256(content).hexdigest()}?file_name={name}.nc"
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/octet-stream"}
    status, body, _ = send(Request(url, content, headers, method="PUT"))
    return status, json.loads(body) if body.startswith(b"{") else {}


def _ended(lab: Lab, upload: str, secret: str) -> Document:
    """The status of an upload once its import has ended."""

    def ended() -> Document | None:
        url = f"{lab.url}/api/v1/imports/{upload}"
        status, body, _ = send(Request(url, headers={"Authorization": f"Bearer {secret}"}))
        document: Document = json.loads(body)
        assert status == 200, document
        return document if document["state"] in {"done", "failed"} else None

    return until("the end of the import", ended, 120, every_s=0.2)


def test_an_uploaded_file_is_imported_and_shown(lab: Lab, secret: str, figures: Figures, tmp_path: Path) -> None:
    content = _file(tmp_path, "uploaded00")
    began = time.monotonic()
    status, received = _put(lab, "uploaded00", content, secret)
    assert status == 202, received
    ended = _ended(lab, received["id"], secret)
    shown_s = time.monotonic() - began
    repeated = _put(lab, "uploaded00", content, secret)

    figures["upload"] = {"bytes": len(content), "sent to stored, s": round(shown_s, 2)}
    assert [each["outcome"] for each in ended["result"]] == ["stored"]
    assert (repeated[0], repeated[1]["id"]) == (202, received["id"])
    assert lab.json(f"/api/v1/missions/uploaded00/{MISSION}")["platform"] == "uploaded00"
    # A wrong key is refused at the ingress as elsewhere.
    assert _put(lab, "uploaded00", content, "hlk_wrong")[0] == 401


def test_a_signed_position_is_shown_by_the_web_pods(lab: Lab, secret: str, figures: Figures) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    position = {"platform": "uploaded00", "time": at, "latitude": 56.25, "longitude": 16.5}
    body = json.dumps(position).encode()
    url = f"{lab.url}{signed_webhooks.PATH}"
    began = time.monotonic()
    answers = [
        send(Request(url, body, signed_webhooks.headers(body, sender, webhook="msg_drill"), method="POST"))
        for sender in (signed_webhooks.secret(), signed_webhooks.secret(), signed_webhooks.secret("x"))
    ]
    shown = until("the position", lambda: _reported(lab), 30, every_s=0.05)

    figures["position"] = {"three webhooks to shown, s": round(time.monotonic() - began, 2)}
    assert [status for status, _, _ in answers] == [200, 200, 401]
    assert [json.loads(text)["positions"][0]["outcome"] for _, text, _ in answers[:2]] == ["newest", "newest"]
    assert (shown["lat_deg"], shown["lon_deg"]) == (56.25, 16.5)


def test_a_file_whose_receiver_is_killed_is_sent_again_and_stored_once(
    lab: Lab, secret: str, figures: Figures, tmp_path: Path
) -> None:
    content = _file(tmp_path, "uploaded01")
    address = urlsplit(lab.url)
    with closing(http.client.HTTPConnection(address.netloc, timeout=30)) as connection:
        connection.putrequest("PUT", f"/api/v1/imports/{hashlib.sha256(content).hexdigest()}?file_name=uploaded01.nc")
        connection.putheader("Authorization", f"Bearer {secret}")
        connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content[: len(content) // 2])
        time.sleep(1)
        kubectl("delete", "pod", "--selector=app.kubernetes.io/component=upload", "--grace-period=0", "--force")
    kubectl("rollout", "status", "deployment/upload", "--timeout=120s", timeout_s=130)

    status, received = until(
        "an upload that is received", lambda: _received(_put(lab, "uploaded01", content, secret)), 60
    )
    ended = _ended(lab, received["id"], secret)
    log = lab.json("/api/v1/imports?limit=200")["items"]

    attempts = [each["outcome"] for each in log if each["platform"] == "uploaded01"]
    figures["receiver killed"] = {"attempts of the import": len(attempts)}
    assert status == 202
    assert [each["outcome"] for each in ended["result"]] == ["stored"]
    assert attempts == ["stored"]


def test_web_pods_accept_no_upload(lab: Lab, secret: str) -> None:
    # Without the route of the ingress: the pod itself.
    code = """
import urllib.request, urllib.error
request = urllib.request.Request("http://127.0.0.1:8000/api/v1/imports", b"x", method="POST")
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""
    assert lab.python("deployment/web", code).strip() in {"404", "405"}
    assert read(f"{lab.url}/imports/new")[0] == 200


def _reported(lab: Lab) -> Document | None:
    """The last position of the platform once it is a reported one."""
    last: Document = lab.json("/api/v1/platforms/uploaded00")["last_position"]
    return last if last["source"] == "report" else None


def _received(answer: tuple[int, Document]) -> tuple[int, Document] | None:
    """The answer, unless the new pods are not reached yet."""
    return answer if answer[0] == 202 else None
