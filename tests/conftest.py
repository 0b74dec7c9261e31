"""Real servers for the tests: one mongod and one Valkey a session, a database of its own for each worker.

The main `pytest` process owns the servers. Workers read their folder from the environment; the first worker that needs
a server starts it under a lock. The main process stops them at the end, also when the session is interrupted.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo import MongoClient
from pymongo.database import Database

import app as halocline
from app import config, extensions
from app.ingest import context
from app.ingest.derive import section_plots
from app.ingest.interpret.identity import Options
from app.localdev import mongod, servers, valkey
from tests.closing_client import ClosingClient
from tests.import_tools import InProcessReader, blank_picture, write_few_basins
from tests.restorable_database import RestorableDatabase

_SERVERS = "HALOCLINE_TEST_SERVERS"
_DATA = "HALOCLINE_TEST_DATA"
# Longer than any transaction of a test on a busy machine.
_TRANSACTION_S = 15
Document = dict[str, Any]
Seed = Callable[[Hashable, Callable[[], Any]], Any]
FirstContent = tuple[Hashable, Callable[[Database[Document]], Any]]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[_SERVERS] = tempfile.mkdtemp(prefix="halocline-test-")
    # Variables that a developer's shell exports must not change a test: each test passes its settings explicitly.
    for name in _config_names():
        os.environ.pop(name, None)


def pytest_xdist_auto_num_workers() -> int:
    """The number of test processes of `-n auto`: many tests wait for a server or a browser."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and (home := os.environ.pop(_SERVERS, None)):
        servers.stop(Path(home))
        shutil.rmtree(home, ignore_errors=True)


def _config_names() -> list[str]:
    """The environment variables that the settings read."""
    fields = config.Settings.model_fields
    names = [str(field.validation_alias or name).upper() for name, field in fields.items()]
    return [name + suffix for name in names for suffix in ("", "_FILE")]


def _shared(start: Callable[[Path], str]) -> str:
    home = Path(os.environ[_SERVERS])
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return start(home)


@pytest.fixture(scope="session")
def worker_number(worker_id: str) -> int:
    """The number of this worker: 0 for the only or the first one."""
    return int(worker_id.removeprefix("gw")) if worker_id != "master" else 0


@pytest.fixture(scope="session")
def mongodb_uri() -> str:
    """The URI of a real mongod, a replica set of one. All workers share it: each uses a database of its own."""
    uri = _shared(mongod.start)
    with MongoClient[Document](uri) as client:
        # A killed importer leaves a transaction, whose locks last until its end: by default for a minute.
        client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=_TRANSACTION_S)
    return uri


@pytest.fixture(scope="session")
def redis_url(worker_number: int) -> str:
    """The URL of this worker's own database on a real Valkey."""
    return _shared(valkey.start).removesuffix("/0") + f"/{worker_number}"


@pytest.fixture(scope="session")
def settings(mongodb_uri: str, redis_url: str, worker_number: int) -> config.Settings:
    """Settings that point at the servers of the tests and at this worker's database."""
    return config.load(
        mongodb_uri=mongodb_uri,
        mongodb_database=f"test_{worker_number}",
        # A test machine builds the front end and runs a browser beside the servers: 2 s is for production.
        mongodb_timeout_ms=10_000,
        redis_url=redis_url,
        redis_timeout_s=2,
        HALOCLINE_ENVIRONMENT="test",
        # No rate limits: all tests send requests from one address. Tests of the limits set them.
        HALOCLINE_API_PER_MIN=0,
        HALOCLINE_SEARCHES_PER_MIN=0,
        HALOCLINE_EXPORTS_PER_MIN=0,
    )


@pytest.fixture(scope="session")
def _restorable(settings: config.Settings) -> Iterator[RestorableDatabase]:
    database = RestorableDatabase(settings.mongodb_uri, settings.mongodb_database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def _connections() -> Iterator[None]:
    """Keeps the connections of this process open between tests: opening them costs more than most tests."""
    yield
    extensions.mongo.close()
    extensions.redis.close()


@pytest.fixture
def first_content() -> FirstContent | None:
    """The database content at the start of a test: a key and a function that stores it. For modules to override."""
    return None


@pytest.fixture
def db(
    settings: config.Settings,
    _restorable: RestorableDatabase,
    _connections: None,
    first_content: FirstContent | None,
) -> Database[Document]:
    """This worker's database with its validators, its indexes and its first content; Redis is empty.

    `app.extensions` is bound to both, so that queries, ingest and commands called in the test use them.
    """
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    # An earlier test may have simulated failures of MongoDB.
    extensions.mongo.breaker.close()
    if first_content is None:
        _restorable.empty()
    else:
        key, store = first_content
        _restorable.begin_with(key, lambda: store(extensions.mongo.db))
    extensions.redis.client.flushdb()
    return extensions.mongo.db


@pytest.fixture
def seed(db: Database[Document], _restorable: RestorableDatabase) -> Seed:
    """`RestorableDatabase.seed` of the empty database: the content of a key is built once per worker, then restored."""
    return _restorable.seed


@pytest.fixture(scope="session")
def shared_app(settings: config.Settings, _connections: None) -> Flask:
    """The application of this worker, on the worker's database. Tests share it."""
    flask_app: Flask = halocline.create_app(settings)
    flask_app.testing = True
    flask_app.test_client_class = ClosingClient
    return flask_app


@pytest.fixture
def app(shared_app: Flask, db: Database[Document]) -> Iterator[Flask]:
    """The application on the empty database of this worker. All tests share it: a test must not change it."""
    yield shared_app
    ClosingClient.close_all()


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """A test client of `app`."""
    with app.test_client() as test_client:
        yield test_client


@pytest.fixture(scope="session")
def few_basins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some of the basins that Halocline ships, for HALOCLINE_BASINS_DIR."""
    return write_few_basins(tmp_path_factory.mktemp("basins"))


@pytest.fixture(scope="session")
def tools(few_basins: Path) -> context.ImportContext:
    """An import context with a few basins and a reader in this process; copy it with `dataclasses.replace`."""
    loaded = config.load(HALOCLINE_ENVIRONMENT="test", HALOCLINE_BASINS_DIR=few_basins)
    return context.import_context(loaded, Options(), reader=InProcessReader())


@pytest.fixture
def blank_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores sections with pictures of one pixel: drawing one takes 0.2 s of CPU time, the first 1.3 s."""
    monkeypatch.setattr(section_plots, "section", blank_picture)
    monkeypatch.setattr(section_plots, "cloud", blank_picture)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder of the real files. If it is not set, the test is skipped on a developer's machine and fails in CI."""
    folder = os.environ.get(_DATA)
    if folder and Path(folder).is_dir():
        return Path(folder).resolve()
    reason = f"{_DATA} does not name the folder of the real files: not tested on them"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
