"""Bad uploads: each gets one clear error, is counted, leaves nothing stored, and costs no worker."""

import io
import socket
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from app.server.request_body import Incomplete, TooSlow
from tests.integration.tasks.conftest import eventually, is_idle
from tests.integration.uploads.conftest import Db, Portal, waiting_files

OCTETS = {"Content_Type": "application/octet-stream"}


@pytest.fixture(autouse=True)
def _healthy(portal: Portal, db: Db, importer: str, file: Path) -> Any:
    """After each test, nothing is stored and the next upload is accepted."""
    yield
    eventually(lambda: is_idle(portal.settings))
    assert waiting_files(db) == 0
    assert portal.upload(file, importer, dry_run="true").status == 202


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, answer.json["detail"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "file_name: Field required"),
        ("?file_name=", "file_name: "),
        ("?file_name=..%2Fa.nc", "file_name: must be the name of a file"),
        ("?file_name=a%00.nc", "file_name: must be the name of a file"),
        ("?file_name=a.nc&colour=red", "colour: is not a parameter of this endpoint"),
        ("?file_name=a.nc&platform=a/b", "platform: "),
        ("?file_name=a.nc&mode=Q", "mode: "),
        ("?file_name=a.nc&dry_run=perhaps", "dry_run: "),
        ("?file_name=a.nc&replace=", "replace: "),
    ],
)
def test_invalid_parameters_are_named(portal: Portal, importer: str, query: str, detail: str) -> None:
    answer = portal.send("POST", query, b"content", importer)

    assert problem(answer)[0] == 400
    assert problem(answer)[1].startswith(detail)


def test_keys_that_may_not_upload_are_refused(portal: Portal, new_key: Any, db: Db) -> None:
    expired, revoked = new_key(days=-1), new_key()
    db.api_keys.update_one(
        {"_id": revoked.split("_")[1]}, {"$set": {"revoked_at": db.api_keys.find_one()["created_at"]}}
    )
    wrong = new_key()[:-4] + "aaaa"
    answers = [portal.send("POST", "?file_name=a.nc", b"content", key) for key in (None, expired, revoked, wrong, "x")]

    assert [answer.status for answer in answers] == [401] * 5
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    details = [problem(answer)[1] for answer in answers]
    assert ["required" in details[0], "expired" in details[1], "revoked" in details[2]] == [True] * 3
    assert details[3:] == ["the API key is wrong"] * 2


def test_an_address_that_sends_many_wrong_keys_has_to_wait_and_correct_keys_do_not(
    portal: Portal, importer: str, file: Path
) -> None:
    answers = [portal.send("GET", "/waiting", key=f"wrong-{number}").status for number in range(12)]

    assert answers == [401] * 10 + [429] * 2
    assert portal.send("GET", "/waiting", key="x").headers["Retry-After"]
    assert portal.upload(file, importer, dry_run="true").status == 202


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_forms_and_pages_of_other_sites_are_refused(
    portal: Portal, importer: str, headers: dict[str, str], status: int
) -> None:
    answer = portal.send("POST", "?file_name=a.nc", b"content", importer, **headers)

    assert problem(answer)[0] == status


def test_a_page_of_the_portal_may_upload(portal: Portal, importer: str, file: Path) -> None:
    origin = f"http://127.0.0.1:{portal.process.port}"
    answer = portal.send("POST", "?file_name=a.nc&dry_run=true", file.read_bytes(), importer, Origin=origin)

    assert answer.status == 202
    portal.ended(answer, importer)


def head(importer: str, *headers: str) -> bytes:
    lines = ["POST /api/v1/imports?file_name=a.nc HTTP/1.1", "Host: a", f"Authorization: Bearer {importer}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


@pytest.mark.parametrize(
    ("header", "body", "status"),
    [
        ("Content-Length: 1000001", b"", 413),
        ("Content-Length: 0", b"", 400),
        ("X-Nothing: a", b"", 411),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n", 411),
        ("Content-Length: 800000", b"x" * 300_000, 400),
        ("Content-Length: many", b"", 400),
    ],
)
def test_lengths_that_are_missing_wrong_or_too_large_are_refused(
    portal: Portal, importer: str, header: str, body: bytes, status: int
) -> None:
    answer = portal.raw(head(importer, header) + body)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in answer


def test_a_client_sees_why_its_large_file_is_refused(portal: Portal) -> None:
    answer = portal.send("POST", "?file_name=a.nc", b"x" * 900_000, "wrong")

    assert problem(answer) == (401, "the API key is wrong")


def test_what_is_no_data_file_is_refused_by_the_import(portal: Portal, db: Db, importer: str, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("first.nc", b"content")
        file.writestr("second.nc", b"content")
    (tmp_path / "mission.nc").write_bytes(archive.getvalue())

    status = portal.ended(portal.upload(tmp_path / "mission.nc", importer), importer)

    assert [each["reason_code"] for each in status["result"]] == ["archive"]


def test_one_key_holds_half_of_the_upload_slots(portal: Portal, new_key: Any, file: Path) -> None:
    def running() -> float:
        return portal.process.metric_values()["halocline_uploads_in_progress",]

    slow, other = new_key(), new_key()
    with ExitStack() as stack:
        for _ in range(2):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", portal.process.port)))
            link.sendall(head(slow, "Content-Length: 1000") + b"first bytes")
        eventually(lambda: running() == 2)
        refused = portal.upload(file, slow, dry_run="true")
        accepted = portal.upload(file, other, dry_run="true")
    eventually(lambda: running() == 0)

    assert (problem(refused)[0], "with this API key" in refused.json["detail"]) == (429, True)
    assert refused.headers["Retry-After"]
    assert accepted.status == 202
    portal.ended(accepted, other)
    portal.ended(portal.upload(file, slow, dry_run="true"), slow)


def test_outcomes_are_counted(portal: Portal, importer: str, file: Path) -> None:
    before = portal.process.metric_values()
    portal.ended(portal.put(file, importer, dry_run="true"), importer)
    portal.put(file, importer, dry_run="true")
    portal.send("PUT", f"/{'0' * 64}?file_name=a.nc", b"content", importer)
    portal.raw(head(importer, "Content-Length: 10") + b"abc")
    after = portal.process.metric_values()

    counted = {
        outcome: ("halocline_uploads_total", outcome) for outcome in ("received", "repeated", "refused", "broken")
    }
    assert {outcome: after[name] - before[name] for outcome, name in counted.items()} == dict.fromkeys(counted, 1)
    size_bytes = file.stat().st_size
    assert after["halocline_upload_bytes_total",] - before["halocline_upload_bytes_total",] == size_bytes
    assert after["halocline_uploads_in_progress",] == 0


class Broken(io.RawIOBase):
    """A body that fails."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self._error = error

    def tell(self) -> int:
        return 0

    def seek(self, *_: int) -> int:
        return 0

    def readinto(self, _: Any) -> int:
        raise self._error


@pytest.fixture
def without_broker(settings: Settings, db: Db) -> FlaskClient:
    """A client of a portal that accepts uploads and has no queue."""
    app: Flask = create_app(settings.model_copy(update={"uploads": 1, "redis_broker_url": None}))
    return app.test_client()


def test_without_a_queue_uploads_are_refused_with_the_reason(without_broker: FlaskClient, importer: str) -> None:
    answer = without_broker.post(
        "/api/v1/imports?file_name=a.nc", data=b"content", headers={"Authorization": f"Bearer {importer}"}
    )

    assert (answer.status_code, "REDIS_BROKER_URL is not set" in answer.json["detail"]) == (503, True)
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(("error", "status"), [(TooSlow, 408), (Incomplete, 400)])
def test_a_body_that_breaks_off_is_a_problem_of_the_client(
    settings: Settings, db: Db, importer: str, error: type[Exception], status: int
) -> None:
    app = create_app(settings.model_copy(update={"uploads": 1, "redis_broker_url": "redis://127.0.0.1:1/0"}))
    answer = app.test_client().post(
        "/api/v1/imports?file_name=a.nc",
        input_stream=Broken(error),
        headers={"Authorization": f"Bearer {importer}"},
        environ_overrides={"CONTENT_LENGTH": "10"},
    )

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "?file_name=a.nc"),
        ("PUT", f"/{'0' * 64}"),
        ("GET", "/waiting"),
        ("GET", "/a"),
        ("POST", "/a/approve"),
        ("POST", "/a/import"),
    ],
)
def test_a_process_without_uploads_answers_404(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(f"/api/v1/imports{path}", method=method, data=b"content")

    assert (answer.status_code, answer.json["detail"]) == (404, "This portal accepts no uploads here.")
