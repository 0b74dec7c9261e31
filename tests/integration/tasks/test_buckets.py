"""New objects of a bucket: on moto's server, and on one that lies, denies access or fails."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import obstore
import pytest
import structlog.testing
from obstore.store import S3Store
from pymongo.database import Database

from app.errors import Invalid, RunFailed
from app.ingest.remote import object_store
from app.tasks import broker, buckets, queue
from app.tasks.attempts import Call
from tests import faulty_server, reserved_ports, s3_server
from tests.integration.tasks.conftest import eventually, waiting
from tests.made_files import time_series

Database_ = Database[dict[str, Any]]
Look = Callable[..., str]
_NAMES = count()
ENTRY = "bucket-gliders"
CREDENTIALS = "[default]\naws_access_key_id = key\naws_secret_access_key = secret\n"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server."""
    with s3_server.serving(tmp_path_factory.mktemp("s3") / "log") as address:
        yield address


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    """A file with keys."""
    path = tmp_path / "credentials"
    path.write_text(CREDENTIALS, encoding="utf-8")
    return path


@pytest.fixture
def arguments(credentials: Path) -> dict[str, Any]:
    """The arguments of the task; each test names its server."""
    return {
        "entry": ENTRY, "bucket": "gliders", "prefix": "", "endpoint": None, "region": "us-east-1",
        "credentials": str(credentials), "anonymous": False, "names": ["*.nc"], "settled_s": 0, "most": 10,
    }  # fmt: skip


@pytest.fixture
def faulty() -> Iterator[faulty_server.Server]:
    """A server whose answers the test sets."""
    with faulty_server.serving() as server:
        yield server


@pytest.fixture
def look(call: Call, arguments: dict[str, Any], faulty: faulty_server.Server) -> Look:
    """A function that looks at the bucket of the faulty server in this process."""
    return lambda **changes: buckets.look(call, **{**arguments, "endpoint": faulty.url(""), **changes})


def listing(size_bytes: int, key: str = "nrt/made.nc", modified: str = "2026-01-01T00:00:00.000Z") -> bytes:
    """The answer to a request for the list of objects."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>gliders</Name><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents>"
        f"<Key>{key}</Key><LastModified>{modified}</LastModified><ETag>&quot;abc&quot;</ETag><Size>{size_bytes}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>"
    ).encode()


EMPTY = b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>gliders</Name></ListBucketResult>'


def put_object(server: faulty_server.Server, listed_bytes: int, answer: faulty_server.Answer) -> None:
    """Let the server list an object and answer in this way to the request for it."""
    server.answers["/gliders"] = [faulty_server.body(listing(listed_bytes), Content_Type="application/xml")]
    server.answers["/gliders/nrt/made.nc"] = [answer]


def content(data: bytes) -> faulty_server.Answer:
    """The content of an object."""
    return faulty_server.body(data, ETag='"abc"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")


def stored_bytes(db: Database_) -> int:
    """The number of documents in the spool."""
    return db["spool.files"].count_documents({}) + db["spool.chunks"].count_documents({})


def test_each_new_or_changed_object_is_imported_once(
    served: Any, db: Database_, arguments: dict[str, Any], endpoint: str, tmp_path: Path
) -> None:
    bucket = f"gliders-{next(_NAMES)}"
    s3_server.create_bucket(endpoint, bucket)
    config: Any = {"endpoint": endpoint, "access_key_id": "key", "secret_access_key": "secret", "region": "us-east-1"}
    store = S3Store(bucket, config=config, client_options={"allow_http": True})
    app, looks = queue.celery_app(served), count(1)

    def look(**changes: Any) -> None:
        changed = {"bucket": bucket, "endpoint": endpoint, "prefix": "nrt", **changes}
        queue.send(app, "bucket", broker.MAINTENANCE, {**arguments, **changed})
        done = {"_id": "tasks:bucket:done", "n": next(looks)}
        eventually(lambda: db.counters.find_one(done) and waiting(served) == 0)

    for key in ("nrt/made.nc", "nrt/.part.nc", "nrt/readme.txt", "delayed/other.nc"):
        obstore.put(store, key, time_series(tmp_path / "made.nc").read_bytes(), use_multipart=False)
    look(settled_s=3600)
    before = db.imports.count_documents({})
    look()
    look()
    changed = time_series(tmp_path / "made.nc", attributes={"date_modified": "2030-01-01T00:00:00Z"}).read_bytes()
    obstore.put(store, "nrt/made.nc", changed, use_multipart=False)
    look()

    assert before == 0
    assert [doc["file_name"] for doc in db.imports.find()] == ["made.nc"] * 2
    assert db.imports.find_one(sort=[("at", 1)])["outcome"] == "stored"
    assert stored_bytes(db) == 0


@pytest.mark.parametrize(
    ("listed_bytes", "answer", "code", "reason"),
    [
        (3 << 30, content(b"x"), "too_large", "made.nc: 3221225472 bytes are more than the limit of 2147483648"),
        (4, faulty_server.status(404, ""), "not_found", "made.nc: it has vanished from the bucket since it was listed"),
        (
            4,
            faulty_server.status(412, ""),
            "changed_while_reading",
            "made.nc: it has changed in the bucket since it was listed",
        ),
        (4, faulty_server.status(403, "no 10.0.0.1"), "fetch_failed", "made.nc: the bucket denies access to it"),
        (4, content(b"12345"), "fetch_failed", "made.nc: the bucket sends more bytes than the 4 that it lists"),
        (4, content(b"123"), "fetch_failed", "made.nc: the bucket sends fewer bytes than the 4 that it lists"),
    ],
    ids=["too large", "vanished", "changed", "denied", "more bytes", "fewer bytes"],
)
def test_an_object_that_cannot_be_stored_is_refused_once_and_counted(
    look: Look,
    faulty: faulty_server.Server,
    db: Database_,
    listed_bytes: int,
    answer: faulty_server.Answer,
    code: str,
    reason: str,
) -> None:
    put_object(faulty, listed_bytes, answer)

    assert [look(), look()] == ["done", "done"]

    assert [(doc["reason_code"], doc["reason"]) for doc in db.imports.find()] == [(code, reason)]
    assert db.counters.find_one({"_id": "imports:refused"})["n"] == 1
    assert stored_bytes(db) == 0


def test_an_object_that_returns_is_queued(look: Look, faulty: faulty_server.Server, db: Database_) -> None:
    put_object(faulty, 4, faulty_server.status(404, ""))
    look()
    put_object(faulty, 4, content(b"1234"))
    faulty.answers["/gliders"] = [faulty_server.body(listing(4, modified="2026-01-02T00:00:00.000Z"))]

    look()

    assert [doc["filename"] for doc in db["spool.files"].find()] == ["made.nc"]


def test_an_object_is_queued_when_it_is_settled(look: Look, faulty: faulty_server.Server, db: Database_) -> None:
    now = datetime.now(UTC)
    put_object(faulty, 4, content(b"1234"))
    faulty.answers["/gliders"] = [
        faulty_server.body(listing(4, modified=f"{now - age:%Y-%m-%dT%H:%M:%S.000Z}"))
        for age in (timedelta(), timedelta(minutes=2))
    ]

    counts = [(look(settled_s=60), stored_bytes(db)) for _ in range(2)]

    assert counts == [("done", 0), ("done", 2)]


@pytest.mark.parametrize(
    ("answer", "error", "cause"),
    [
        (faulty_server.status(404, "<Error><Code>NoSuchBucket</Code></Error>"), Invalid, "the bucket gliders does not"),
        (faulty_server.status(403, "<Error>secret at 10.0.0.1</Error>"), Invalid, "the bucket gliders denies access"),
        (faulty_server.status(401, ""), Invalid, "the bucket gliders denies access"),
        (faulty_server.body(b"220 a login"), RunFailed, "the bucket gliders cannot be listed"),
        (faulty_server.body(listing(4, key="a//b/../c.nc")), RunFailed, "the bucket gliders cannot be listed"),
    ],
    ids=["wrong bucket", "no access", "no signature", "no listing", "no key"],
)
def test_a_listing_that_fails_is_one_error_without_the_words_of_the_server(
    look: Look, faulty: faulty_server.Server, answer: faulty_server.Answer, error: type[Exception], cause: str
) -> None:
    faulty.answers["/gliders"] = [answer]

    with pytest.raises(error, match=cause) as raised:
        look()

    assert not {"10.0.0.1", "secret", "login"} & set(str(raised.value).replace(":", " ").split())


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>secret at 10.0.0.1</body></html>",
        b'<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
        b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
    ],
    ids=["a login page", "a page in XML", "another answer of S3"],
)
def test_a_server_that_answers_without_a_listing_is_an_error_and_no_empty_bucket(
    look: Look, faulty: faulty_server.Server, page: bytes, anonymous: bool
) -> None:
    faulty.answers["/gliders"] = faulty.answers["/gliders/"] = [faulty_server.body(page, Content_Type="text/html")]

    with pytest.raises(RunFailed, match=r"cannot be listed: .+ such as with a web page; check the endpoint"):
        look(anonymous=anonymous)


@pytest.mark.parametrize("code", [301, 302, 307])
def test_the_check_of_an_empty_bucket_follows_no_redirect(look: Look, faulty: faulty_server.Server, code: int) -> None:
    faulty.answers["/gliders"] = [faulty_server.body(EMPTY, Content_Type="application/xml")]
    faulty.answers["/gliders/"] = [faulty_server.status(code, "", Location=faulty.url("/latest/meta-data"))]
    faulty.answers["/latest/meta-data"] = [faulty_server.body(b"secret")]

    with structlog.testing.capture_logs() as logged:
        assert look() == "done"

    assert "/latest/meta-data" not in faulty.requests
    assert [each["error"] for each in logged if each["event"] == "empty_bucket_not_checked"] == ["a redirect"]


@pytest.mark.parametrize("check", [faulty_server.not_http, faulty_server.redirect("/login")], ids=["broken", "moved"])
def test_the_signed_address_of_a_bucket_is_not_logged(
    look: Look, faulty: faulty_server.Server, check: faulty_server.Answer, caplog: pytest.LogCaptureFixture
) -> None:
    faulty.answers["/gliders"] = [faulty_server.body(EMPTY, Content_Type="application/xml")]
    faulty.answers["/gliders/"] = [check]
    caplog.set_level(logging.DEBUG, "urllib3")

    with structlog.testing.capture_logs() as logged:
        assert look() == "done"

    assert any("Signature" in path for path in faulty.requests)
    assert "Signature" not in caplog.text + str(logged)
    assert sum(path.startswith("/gliders/") for path in faulty.requests) <= 2


@pytest.mark.parametrize("check", [faulty_server.slow_headers, faulty_server.slow_body], ids=["headers", "body"])
def test_the_check_of_an_empty_bucket_has_a_total_limit(
    look: Look, faulty: faulty_server.Server, check: faulty_server.Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty.answers["/gliders"] = [faulty_server.body(EMPTY, Content_Type="application/xml")]
    faulty.answers["/gliders/"] = [check]
    monkeypatch.setattr(object_store, "_CHECK_S", 0.3)

    started_s = time.monotonic()

    assert look() == "done"
    assert time.monotonic() - started_s < 10


@pytest.mark.parametrize(
    "check",
    [
        faulty_server.body(EMPTY, Content_Type="application/xml"),
        faulty_server.status(403, "<Error><Code>AccessDenied</Code></Error>"),
    ],
    ids=["an empty listing", "keys that may list the prefix alone"],
)
def test_an_empty_bucket_is_no_error(look: Look, faulty: faulty_server.Server, check: faulty_server.Answer) -> None:
    faulty.answers["/gliders"] = [faulty_server.body(EMPTY, Content_Type="application/xml")]
    faulty.answers["/gliders/"] = [check]

    assert look() == "done"


def test_a_web_page_in_place_of_a_bucket_is_counted_and_on_the_status_page(
    served: Any, db: Database_, arguments: dict[str, Any], faulty: faulty_server.Server
) -> None:
    page = faulty_server.body(b"<html><body>Log in</body></html>", Content_Type="text/html")
    faulty.answers["/gliders"] = faulty.answers["/gliders/"] = [page]
    app = queue.celery_app(served)
    queue.send(app, "bucket", broker.MAINTENANCE, {**arguments, "endpoint": faulty.url("")}, ENTRY)

    parked = eventually(lambda: db.parked_tasks.find_one({"_id": ENTRY}), 120)
    eventually(lambda: waiting(served) == 0)

    assert "the server answers without a listing of objects" in parked["public_cause"]
    assert db.counters.find_one({"_id": "tasks:bucket:failed"})["n"] >= 1


def test_a_store_that_is_unreachable_is_one_error(look: Look) -> None:
    with pytest.raises(RunFailed, match="the bucket gliders cannot be listed: no connection"):
        look(endpoint=f"http://127.0.0.1:{reserved_ports.reserve()}")


@pytest.mark.parametrize("text", ["", "[default]\naws_access_key_id = key\n", "secret without a section"])
def test_a_file_of_credentials_is_named_without_its_content(look: Look, credentials: Path, text: str) -> None:
    credentials.write_text(text, encoding="utf-8")

    with pytest.raises(Invalid, match=r"credentials: .+/credentials has no \[default\] with") as raised:
        look()

    assert "secret without" not in str(raised.value)


def test_requests_are_signed_unless_the_bucket_is_public(look: Look, faulty: faulty_server.Server) -> None:
    put_object(faulty, 4, content(b"1234"))
    look()
    look(anonymous=True)

    signed = ["Credential=key/" in headers.get("authorization", "") for headers in map(_lower, faulty.headers)]
    assert (signed[0], signed[-1]) == (True, False)


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
