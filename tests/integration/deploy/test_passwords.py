"""The passwords of `halocline secrets` on a real mongod and a real Valkey, set up as in the cluster.

One member on a loopback address stands for the replica set; the users and rights are those of the manifests.
"""

import base64
import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from redis import Redis, RedisError, ResponseError
from redis.exceptions import AuthenticationError, NoPermissionError

from app import config, create_app, errors, extensions
from app.domain import api_keys
from app.domain.api_keys import Digest
from app.domain.reported_positions import ReportedPosition
from app.localdev import libraries, pidfiles, readiness, servers
from app.store import leases, position_indexes, received_positions, reported_positions
from tests.integration.deploy import replica_set_users
from tests.integration.deploy.replica_set_users import COMPONENT, Texts
from tests.reserved_ports import reserve


@dataclass(frozen=True)
class Servers:
    """mongod and Valkey of one installation, with the folder of its Secrets."""

    home: Path
    member: str
    redis_port: int
    clients: contextlib.ExitStack

    def initiate(self, texts: Texts) -> str:
        """The output of the Job's init container with these Secrets."""
        replica_set_users.write(self.home, texts)
        return replica_set_users.initiate(self.home, self.member)

    def mongodb(self, uri: str = "") -> MongoClient[dict[str, Any]]:
        """A client with the login of a Secret, or without one."""
        login = urlsplit(uri)
        return self.clients.enter_context(
            MongoClient(
                self.member, username=login.username, password=login.password, directConnection=True, timeoutMS=5000
            )
        )

    def redis(self, url: str = "") -> Redis:
        """A client with the login of a Secret, or without one."""
        login = urlsplit(url)
        return self.clients.enter_context(
            Redis(port=self.redis_port, username=login.username, password=login.password, socket_timeout=5)
        )


def _stored(texts: Texts) -> str:
    """The Secrets as the cluster returns them, beside one of another program that is not text."""
    encoded = {
        name: {key: base64.b64encode(text.encode()).decode() for key, text in each.items()}
        for name, each in texts.items()
    }
    encoded["other"] = {"key": base64.b64encode(b"\xff\xfe").decode()}
    return json.dumps({"items": [{"metadata": {"name": name}, "data": data} for name, data in encoded.items()]})


@pytest.fixture(scope="module")
def first() -> Texts:
    return replica_set_users.secrets("create")


@pytest.fixture(scope="module")
def stores(first: Texts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    home = tmp_path_factory.mktemp("stores")
    (home / "data").mkdir()
    replica_set_users.write(home, first)
    (home / "users.acl").write_text(first["redis"]["users.acl"])
    port, redis_port = reserve(), reserve()
    command = [str(libraries.mongod()), "--replSet", "rs0", "--keyFile", str(home / "keyfile"), "--port", str(port)]
    command += ["--dbpath", str(home / "data"), "--bind_ip", "127.0.0.1", "--nounixsocket", "--oplogSize", "64"]
    pidfiles.start("mongodb", [*command, "--wiredTigerCacheSizeGB", "0.25", "--quiet"], home)
    valkey = [str(libraries.valkey()), "--port", str(redis_port), "--bind", "127.0.0.1", "--save", ""]
    pidfiles.start("redis", [*valkey, "--aclfile", str(home / "users.acl")], home)
    try:
        with contextlib.ExitStack() as clients:
            stores = Servers(home, f"127.0.0.1:{port}", redis_port, clients)
            portal = stores.redis(first["redis"]["url"])
            readiness.wait("redis", home, lambda: bool(portal.ping()), (RedisError,))
            yield stores
    finally:
        servers.stop(home)


def test_a_member_is_ready_only_when_it_is_primary_or_secondary(first: Texts, stores: Servers) -> None:
    before = _is_ready(stores)
    stores.initiate(first)

    assert (before, _is_ready(stores), _is_ready(stores, port=1)) == (False, True, False)


def test_each_role_has_exactly_its_rights(first: Texts, stores: Servers) -> None:
    stores.initiate(first)
    web, ingest, upload, backup, admin = (
        stores.mongodb(first[f"mongodb-{role}"]["uri"]).halocline
        for role in ("web", "ingest", "upload", "backup", "admin")
    )
    admin.create_collection("missions")
    admin.command("collMod", "missions", validator={})
    ingest.missions.insert_one({"_id": "SEA077/17"})
    backup.client.halocline_restore_test.missions.insert_one({"_id": "SEA077/17"})
    backup.backups.replace_one({"_id": "newest"}, {"bytes": 1}, upsert=True)
    assert leases.take(backup, "backups", "restore_test", "first")
    leases.release(backup, "backups", "restore_test", "first")
    assert leases.take(backup, "backups", "restore_test", "second")

    upload["spool.files"].insert_one({"_id": "file"})
    upload["spool.files"].update_one({"_id": "file"}, {"$set": {"length": 1}})
    upload["spool.chunks"].insert_many([{"files_id": "file", "n": 0}])
    upload["spool.chunks"].delete_many({"files_id": "file"})
    upload.uploads.insert_one({"_id": "upload"})
    upload.uploads.update_one({"_id": "upload"}, {"$set": {"state": "queued"}})
    upload.audit.insert_one({"_id": "entry"})
    ingest.api_keys.insert_one({"_id": "key"})
    upload.api_key_uses.update_one({"_id": "key"}, {"$inc": {"uses": 1}}, upsert=True)
    upload.command("dbStats")

    assert [each.missions.count_documents({}) for each in (web, ingest, upload, backup, admin)] == [1] * 5
    for refused in (
        lambda: web.missions.insert_one({}),
        lambda: web.missions.drop(),
        lambda: web.client.other.things.find_one(),
        lambda: ingest.command("collMod", "missions", validator={}),
        lambda: ingest.client.admin.system.users.find_one(),
        lambda: upload.missions.insert_one({}),
        lambda: upload.imports.insert_one({}),
        lambda: upload.uploads.delete_one({}),
        lambda: upload.audit.update_one({}, {"$set": {"at": 1}}),
        lambda: upload.audit.delete_one({}),
        lambda: upload.api_keys.insert_one({}),
        lambda: upload.api_keys.update_one({"_id": "key"}, {"$set": {"roles": ["operator"]}}),
        lambda: upload.api_key_uses.delete_one({}),
        lambda: upload.api_keys.delete_one({}),
        lambda: backup.missions.insert_one({}),
        lambda: admin.client.admin.command("createUser", "x", pwd="x", roles=[]),
        lambda: stores.mongodb().halocline.missions.find_one(),
    ):
        with pytest.raises(OperationFailure, match=r"not authorized|requires authentication"):
            refused()


def test_the_account_of_uploads_stores_positions(
    first: Texts, stores: Servers, settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.initiate(first)
    admin = stores.mongodb(first["mongodb-admin"]["uri"]).halocline
    _ = [admin.create_collection(name) for name in (*position_indexes.INDEXES, "changes", "counters")]
    login, now = urlsplit(first["mongodb-upload"]["uri"]), datetime.now(UTC)
    uri = f"mongodb://{login.username}:{login.password}@{stores.member}/?directConnection=true"
    monkeypatch.setattr(reported_positions, "_HISTORY", 1)
    extensions.redis.bind(settings)
    extensions.mongo.bind(settings.model_copy(update={"mongodb_uri": uri, "mongodb_database": "halocline"}))
    positions = [ReportedPosition("sea077", now - timedelta(minutes=age), 16.5, 56.25) for age in (30, 20, 10)]
    receipts = [received_positions.commit("tracker", f"msg_{n}", [each], (), now) for n, each in enumerate(positions)]
    extensions.mongo.bind(settings)

    assert [receipt.result[0]["outcome"] for receipt in receipts] == ["newest"] * 3


def test_the_account_of_uploads_receives_files_and_imports_those_of_dry_runs(
    first: Texts, stores: Servers, settings: config.Settings
) -> None:
    stores.initiate(first)
    admin, ingest = (stores.mongodb(first[f"mongodb-{role}"]["uri"]).halocline for role in ("admin", "ingest"))
    present = admin.list_collection_names()
    names = {"uploads", "spool.files", "spool.chunks", "audit", "api_keys"}
    _ = [admin.create_collection(name) for name in names.difference(present)]
    key_id, secret = api_keys.new_secret()
    now = datetime.now(UTC)
    key = {"name": "feed", "roles": ["importer"], "created_at": now, "expires_at": now + timedelta(days=1)}
    ingest.api_keys.insert_one({"_id": key_id, **key, "digest": asdict(Digest.of(secret))})
    login = urlsplit(first["mongodb-upload"]["uri"])
    uri = f"mongodb://{login.username}:{login.password}@{stores.member}/?directConnection=true"
    portal = {"mongodb_uri": uri, "mongodb_database": "halocline", "uploads": 1}
    client = create_app(
        settings.model_copy(update={**portal, "redis_broker_url": "redis://127.0.0.1:1/0"})
    ).test_client()
    headers = {"Authorization": f"Bearer {secret}"}

    sent = client.post("/api/v1/imports?file_name=a.nc&dry_run=true", data=b"content", headers=headers)
    # As the worker does it.
    ingest.uploads.update_one({"_id": sent.json["id"]}, {"$set": {"state": "done", "ended_at": now}})
    imported = client.post(f"/api/v1/imports/{sent.json['id']}/import", headers=headers)
    extensions.mongo.bind(settings)

    assert [sent.status_code, imported.status_code] == [202, 202], (sent.json, imported.json)
    assert ingest["spool.files"].find_one({"key_id": key_id})["task"] == imported.json["id"]
    assert ingest.api_key_uses.find_one({"_id": key_id})["uses"] == 2


def test_a_wrong_password_has_its_own_name_in_the_logs(first: Texts, stores: Servers) -> None:
    stores.initiate(first)
    uri = first["mongodb-web"]["uri"].replace("web-a:", "web-a:wrong")

    with pytest.raises(OperationFailure) as raised:
        stores.mongodb(uri).halocline.missions.find_one()

    assert errors.name_of(raised.value) == "AuthenticationFailed"
    assert errors.name_of(ValueError("with a password")) == "ValueError"


def test_redis_serves_the_portal_and_nobody_else(first: Texts, stores: Servers) -> None:
    portal = stores.redis(first["redis"]["url"])
    portal.set("halocline:page:1", "text", ex=5)

    assert portal.get("halocline:page:1") == b"text"
    assert portal.eval("return redis.call('incr', KEYS[1])", 1, "halocline:rate:1") == 1
    assert portal.publish("halocline:changes:halocline", "1") == 0
    with pytest.raises(NoPermissionError):
        portal.flushall()
    with pytest.raises(NoPermissionError):
        portal.get("other")
    with pytest.raises((AuthenticationError, ResponseError)):
        stores.redis().get("halocline:page:1")


def test_a_rotation_keeps_the_old_password_until_the_next_one(first: Texts, stores: Servers) -> None:
    stores.initiate(first)
    second = replica_set_users.secrets("rotate", stdin=_stored(first))
    stores.initiate(second)
    old, new = (stores.mongodb(texts["mongodb-web"]["uri"]) for texts in (first, second))
    assert [client.halocline.list_collection_names() is not None for client in (old, new)] == [True, True]

    third = replica_set_users.secrets("rotate", stdin=_stored(second))
    stores.initiate(third)

    with pytest.raises(OperationFailure, match="Authentication failed"):
        stores.mongodb(first["mongodb-web"]["uri"]).halocline.list_collection_names()
    stores.mongodb(third["mongodb-web"]["uri"]).halocline.list_collection_names()
    (stores.home / "users.acl").write_text(third["redis"]["users.acl"])
    stores.initiate(first)


def test_a_user_that_the_file_does_not_contain_any_more_is_dropped(first: Texts, stores: Servers) -> None:
    accounts = json.loads(first["mongodb-users"]["users.json"])
    fewer = json.dumps({**accounts, "users": [each for each in accounts["users"] if each["user"] != "web-b"]})

    output = stores.initiate({**first, "mongodb-users": {"users.json": fewer}})

    assert (
        output.splitlines()[-1]
        == "users: admin-a, admin-b, backup-a, backup-b, ingest-a, ingest-b, upload-a, upload-b, web-a"
    )
    stores.initiate(first)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"roles": [], "users": [{"user": "web-a"}]}'])
def test_a_wrong_file_of_users_is_named_in_one_line(first: Texts, stores: Servers, text: str) -> None:
    (stores.home / "users.json").write_text(text)

    done = replica_set_users.run(stores.home, stores.member)

    assert done.returncode == 1
    assert done.stdout.startswith("Secret mongodb-users: users.json is not as `halocline secrets` writes it: ")
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")
    stores.initiate(first)


def _is_ready(stores: Servers, port: int | None = None) -> bool:
    command = ["bash", str(COMPONENT / "ready.sh"), str(port or stores.member.rpartition(":")[2])]
    return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
