"""Drill of uploads: a file that a client sends through the ingress is imported, and the web pods accept none."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import importing
from tests.e2e.cluster.cluster import Document, Lab, forwarded, kubectl, until
from tests.made_files import time_series

pytestmark = pytest.mark.timeout(1200)

Figures = dict[str, Any]
UPLOAD = Path(__file__).parent / "upload"
ROLES = ("redis-broker", "worker", "maintenance", "beat", "upload")


@pytest.fixture(scope="module")
def upload(lab: Lab) -> Iterator[None]:
    """The lab with the queue and the pods that receive uploads."""
    lab.apply(manifests=UPLOAD)
    for role in ROLES:
        kubectl("rollout", "status", f"deployment/{role}", "--timeout=180s", timeout_s=190)
    lab.replaced()
    yield
    kubectl("delete", "deployment", *ROLES, "--ignore-not-found", "--wait=false")
    kubectl("delete", "hpa/worker", "service/redis-broker", "pvc/redis-broker", "--ignore-not-found", "--wait=false")
    kubectl("delete", "service/upload", "service/upload-metrics", "pdb/upload", "--ignore-not-found", "--wait=false")


def test_a_file_that_a_client_sends_through_the_ingress_is_imported(
    lab: Lab, upload: None, figures: Figures, tmp_path: Path
) -> None:
    keys = ("halocline", "keys", "create", "drill", "--role", "importer", "--days", "1")
    key = kubectl("exec", "deployment/ingest", "--", *keys).strip()
    file = time_series(tmp_path / "sent.nc", attributes={"id": f"sent00-{importing.MISSION}"})
    began_s = time.monotonic()

    status, received = _request("POST", f"{lab.url}/api/v1/imports?file_name=sent.nc", key, file.read_bytes())
    done = until("the import", lambda: _ended(lab, received["id"], key), 120)

    figures["upload"] = {"bytes": file.stat().st_size, "imported after, s": round(time.monotonic() - began_s, 1)}
    assert status == 202
    assert [each["outcome"] for each in done["result"]] == ["stored"]
    assert _request("POST", f"{lab.url}/api/v1/imports?file_name=sent.nc", "wrong", b"content")[0] == 401
    with forwarded("service/web", 80) as web:
        assert _request("POST", f"{web}/api/v1/imports?file_name=sent.nc", key, b"content")[0] == 404


def _ended(lab: Lab, upload_id: str, key: str) -> Document | None:
    _, status = _request("GET", f"{lab.url}/api/v1/imports/{upload_id}", key)
    return status if status["state"] in ("done", "failed") else None


def _request(method: str, url: str, key: str, body: bytes | None = None) -> tuple[int, Document]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())
