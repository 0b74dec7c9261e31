"""A portal that accepts uploads, with a broker and a worker: real processes, which the tests of a module share."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from app import config
from app.domain.api_keys import Role
from app.domain.audit import Actor
from app.ingest.corrections import key_records
from app.localdev import pidfiles, valkey
from tests.integration.http.conftest import Answer, Process, start_gunicorn, started_commands
from tests.integration.tasks.conftest import eventually, is_idle, launched, stop
from tests.made_files import time_series
from tests.restorable_database import RestorableDatabase

Db = Database[dict[str, Any]]
Start = Callable[..., "Portal"]
OWNER = "Made Observatory"
# The platform `made` belongs to this provider.
PLATFORMS = f'[made]\nserial = "MADE1"\nprovider = "{OWNER}"\n'
TIMEOUT_S = 60


@dataclass
class Portal:
    """A web process with its settings."""

    process: Process
    settings: config.Settings

    def send(self, method: str, path: str, body: bytes | None = None, key: str | None = None, **headers: str) -> Answer:
        """The response to a request below /api/v1/imports; `Name_With_Dash` is a header."""
        link = HTTPConnection("127.0.0.1", self.process.port, timeout=TIMEOUT_S)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"Authorization": f"Bearer {key}"} if key else {}
        link.request(method, f"/api/v1/imports{path}", body, given)
        answer = link.getresponse()
        result = Answer(answer.status, dict(answer.getheaders()), answer.read())
        link.close()
        return result

    def upload(self, file: Path, key: str, **query: str) -> Answer:
        """The response to an upload of the file."""
        words = urlencode({"file_name": file.name, **query})
        return self.send("POST", f"?{words}", file.read_bytes(), key)

    def put(self, file: Path, key: str, **query: str) -> Answer:
        """The response to an upload of the file under its SHA-256."""
        content = file.read_bytes()
        words = urlencode({"file_name": file.name, **query})
        return self.send("PUT", f"/{hashlib.sha256(content).hexdigest()}?{words}", content, key)

    def import_checked(self, upload: str, key: str, **query: str) -> Answer:
        """The response to the import of a dry run."""
        return self.send("POST", f"/{upload}/import?{urlencode(query)}", key=key)

    def ended(self, answer: Answer, key: str) -> dict[str, Any]:
        """The state of an upload when no worker works for it any more."""
        return self.wait(answer.headers["Location"].rpartition("/")[2], key)

    def wait(self, upload: str, key: str) -> dict[str, Any]:
        """The same by the id of the upload."""
        ends = ("done", "failed", "waiting", "rejected")
        status = eventually(
            lambda: (state := self.send("GET", f"/{upload}", key=key).json)["state"] in ends and state,
            within_s=TIMEOUT_S,
        )
        eventually(lambda: is_idle(self.settings))
        return dict(status)

    def raw(self, sent: bytes) -> bytes:
        """All that the server sends after these bytes, with no further ones from the client."""
        with socket.create_connection(("127.0.0.1", self.process.port), timeout=TIMEOUT_S) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
        return b"".join(parts)


@pytest.fixture(scope="module")
def start_portal(
    settings: config.Settings,
    _restorable: RestorableDatabase,
    tmp_path_factory: pytest.TempPathFactory,
    few_basins: Path,
) -> Iterator[Start]:
    """A function that starts a portal; all of them share a broker and a worker, which end with the module."""
    # Before the worker writes the state of the queue, which would belong to the empty database otherwise.
    _restorable.empty()
    folder = tmp_path_factory.mktemp("uploads")
    (folder / "platforms.toml").write_text(PLATFORMS, encoding="utf-8")
    broker = valkey.start_broker(folder / "broker")
    queued = settings.model_copy(update={"redis_broker_url": broker, "basins_dir": few_basins, "log_level": "INFO"})
    more = {"HALOCLINE_PLATFORMS_FILE": str(folder / "platforms.toml")}
    times: dict[str, float] = {"attempts.MOST_ATTEMPTS": 1}
    faults = {"defect.nc": "fail"}
    worker = launched(queued, folder / "worker.log", "worker", times, concurrency=2, settings=more, faults=faults)
    with ExitStack() as stack:

        def started(**environ: str) -> Portal:
            own = tmp_path_factory.mktemp("portal")
            start = stack.enter_context(started_commands(own, settings))
            given = {"HALOCLINE_UPLOADS": "4", "REDIS_BROKER_URL": broker, "HALOCLINE_API_PER_MIN": "0", **environ}
            return Portal(start_gunicorn(start, **given), queued)

        yield started
    stop(worker)
    pidfiles.stop(folder / "broker" / "broker.pid")


@pytest.fixture(scope="module")
def _shared(start_portal: Start) -> Portal:
    return start_portal(HALOCLINE_MAX_FILE_BYTES="1000000")


@pytest.fixture
def portal(_shared: Portal, db: Db) -> Portal:
    """The portal that a module shares, with an empty database. Files may have 1 MB."""
    return _shared


@pytest.fixture
def db(db: Db, settings: config.Settings) -> Iterator[Db]:
    """The database by a client of the test's own: an application that a test creates closes that of the portal."""
    with MongoClient[dict[str, Any]](settings.mongodb_uri, tz_aware=True) as client:
        yield client[settings.mongodb_database]


def waiting_files(db: Db) -> int:
    """The number of documents of files that wait for a worker or an operator: of all but ended dry runs."""
    kept = db["spool.files"].distinct("_id", {"kept_until": {"$exists": True}})
    files = db["spool.files"].count_documents({"_id": {"$nin": kept}})
    return files + db["spool.chunks"].count_documents({"files_id": {"$nin": kept}})


@pytest.fixture
def new_key(db: Db) -> Callable[..., str]:
    """A function that creates an API key and returns its secret."""

    def create(role: Role = "importer", provider: str | None = None, days: float = 10) -> str:
        name = f"{role}-{db.api_keys.count_documents({})}"
        return key_records.create(name, (role,), provider, timedelta(days=days), Actor("user", "ana@here"))[1]

    return create


@pytest.fixture
def importer(new_key: Callable[..., str]) -> str:
    """The secret of an importer's key."""
    return new_key()


@pytest.fixture
def operator(new_key: Callable[..., str]) -> str:
    """The secret of an operator's key."""
    return new_key("operator")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A mission of the platform `made`."""
    return time_series(tmp_path / "mission.nc")
