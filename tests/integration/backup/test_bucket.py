"""Backups in an S3-compatible store: moto's server in a process of its own on loopback."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import obstore
import pytest
from obstore.store import S3Store
from pymongo.database import Database

from tests import reserved_ports, s3_server
from tests.integration.backup.conftest import Run, documents

Db = Database[dict[str, Any]]
_BUCKETS = count()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server without credentials of its own: it accepts any."""
    with s3_server.serving(tmp_path_factory.mktemp("s3") / "log") as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a new bucket on the server, which the settings name."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    name = f"backups-{next(_BUCKETS)}"
    s3_server.create_bucket(endpoint, name)
    return name


@pytest.fixture
def store(endpoint: str, bucket: str) -> S3Store:
    """The bucket, to look at what the commands have stored."""
    config: Any = {"endpoint": endpoint, "access_key_id": "key", "secret_access_key": "secret", "region": "us-east-1"}
    return S3Store(bucket, config=config, client_options={"allow_http": True})


def names(store: S3Store) -> list[str]:
    """The names of all objects."""
    return sorted(entry["path"] for entries in obstore.list(store) for entry in entries)


def test_a_backup_in_a_bucket_is_restored_and_a_second_one_stores_only_what_changed(
    bucket: str, store: S3Store, stored: Db, restored: Db, halocline: Run
) -> None:
    target = f"s3://{bucket}/portal/nightly"
    first = halocline("backup", target, "--name", "first")
    before = documents(stored)
    objects = names(store)
    result = halocline("restore", target, "--into", restored.name)
    second = halocline("backup", target, "--name", "second", "--json")

    assert first.exit_code == 0, first.output
    assert {name.split("/")[2] for name in objects} == {"backups", "parts"}
    assert all(name.startswith("portal/nightly/") for name in objects)
    assert result.exit_code == 0, result.output
    assert documents(restored)["missions"] == before["missions"]
    # The record of the first backup.
    assert len(names(store)) == len(objects) + 2
    assert json.loads(second.stdout)["new_bytes"] < 500


def test_retention_deletes_objects_of_a_bucket(bucket: str, store: S3Store, stored: Db, halocline: Run) -> None:
    halocline("backup", f"s3://{bucket}", "--name", "first")

    result = halocline("backup", f"s3://{bucket}", "--name", "second", "--keep", 1)

    assert result.exit_code == 0, result.output
    assert "old backups deleted: 1, parts: " in result.stdout
    assert [name for name in names(store) if name.startswith("backups/")] == ["backups/second/manifest.json"]


def test_an_altered_object_is_one_line_that_names_it(
    bucket: str, store: S3Store, stored: Db, restored: Db, halocline: Run
) -> None:
    halocline("backup", f"s3://{bucket}")
    altered = next(name for name in names(store) if name.startswith("parts/"))
    content = bytes(obstore.get(store, altered).bytes())
    obstore.put(store, altered, content[:-1] + bytes([content[-1] ^ 1]))
    damaged = halocline("restore", f"s3://{bucket}", "--into", restored.name)
    obstore.delete(store, altered)

    missing = halocline("restore", f"s3://{bucket}", "--into", restored.name)

    assert (damaged.exit_code, missing.exit_code) == (1, 1)
    assert f"halocline: the part {altered} (" in damaged.stderr
    assert damaged.stderr.endswith(") is damaged: its SHA-256 differs from its name\n")
    assert missing.stderr.endswith(") is missing\n")


def test_a_store_that_fails_is_one_line_and_status_3(
    bucket: str, stored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = halocline("backup", "s3://no-such-bucket")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{reserved_ports.reserve()}")
    unreachable = halocline("backup", f"s3://{bucket}", "--list")

    assert (absent.exit_code, unreachable.exit_code) == (3, 3)
    assert absent.stderr.splitlines()[-1].startswith("halocline: s3://no-such-bucket: ")
    assert unreachable.stderr.splitlines()[-1].startswith(f"halocline: s3://{bucket}: its objects cannot be listed: ")
    assert "Traceback" not in absent.stderr + unreachable.stderr
