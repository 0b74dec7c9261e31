"""Fixtures of the tests of backup and restore: a store with real documents, and the command line."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient
from pymongo.database import Database

from app import cli, config
from app.commands import backup as backup_command
from app.commands import restore as restore_command
from app.commands import verify as verify_command
from app.ingest import importer
from app.ingest.context import ImportContext
from tests.conftest import Seed
from tests.made_files import profile_file, time_series

Document = dict[str, Any]
Run = Callable[..., Result]


@pytest.fixture
def halocline(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as a shell does, without the niceness, which would stay with the test process."""
    monkeypatch.setenv("MONGODB_URI", settings.mongodb_uri)
    monkeypatch.setenv("MONGODB_DATABASE", settings.mongodb_database)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    for module in (backup_command, restore_command, verify_command):
        monkeypatch.setattr(module.os, "nice", lambda _: 0)  # type: ignore[attr-defined]
    return lambda *arguments: CliRunner().invoke(cli.cli, [str(argument) for argument in arguments])


@pytest.fixture
def stored(
    tmp_path: Path,
    tools: ImportContext,
    db: Database[Document],
    seed: Seed,
    blank_pictures: None,
    settings: config.Settings,
) -> Iterator[Database[Document]]:
    """The worker's database with a mission from a file and one from two profiles, their originals and derived data.

    On a connection of its own, because the commands close the other one.
    """
    files = [time_series(tmp_path / "made.nc")]
    files += [profile_file(tmp_path / f"{n}.nc", n, {"id": "other-20210101T0000"}) for n in (1, 2)]
    seed("two missions for backups", lambda: list(importer.real(files, tools)))
    client: MongoClient[Document]
    with MongoClient(settings.mongodb_uri, tz_aware=True) as client:
        yield client[settings.mongodb_database]


@pytest.fixture
def restored(settings: config.Settings) -> Iterator[Database[Document]]:
    """An empty database to restore into, which is dropped at the end, as is the one of restore tests."""
    client: MongoClient[Document]
    with MongoClient(settings.mongodb_uri, tz_aware=True) as client:
        name = f"{settings.mongodb_database}_restored"
        yield client[name]
        client.drop_database(name)
        client.drop_database(f"{settings.mongodb_database}_restore_test")


def documents(db: Database[Document]) -> dict[str, list[Document]]:
    """All documents by collection, except what a restore adds: the change that invalidates cached pages."""
    found = {name: list(db[name].find().sort("_id", 1)) for name in sorted(db.list_collection_names())}
    del found["changes"]
    found["counters"] = [doc for doc in found["counters"] if doc["_id"] != "changes"]
    return found


def parts(target: Path) -> list[Path]:
    """The files of all parts."""
    return sorted((target / "parts").rglob("*.bson.gz"))
