"""The embedded servers support what the portal requires of MongoDB and Redis."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from redis import Redis

from app.localdev import mongod, servers, valkey


@pytest.fixture
def home(tmp_path: Path):
    yield tmp_path
    servers.stop(tmp_path)


def test_an_aborted_transaction_leaves_no_document(db):
    db.create_collection("notes")
    with db.client.start_session() as session:
        session.start_transaction()
        db.notes.insert_one({"_id": 1}, session=session)
        session.abort_transaction()

    assert db.notes.count_documents({}) == 0


def test_redis_returns_a_stored_value(redis_url):
    with Redis.from_url(redis_url) as client:
        client.set("depth_m", "705.2")
        assert client.get("depth_m") == b"705.2"


def test_data_survive_a_restart_on_another_port(home):
    with MongoClient[Any](mongod.start(home)) as client:
        client.halocline.missions.insert_one({"_id": "SEA077/17"})
    stopped = servers.stop(home)
    (home / "mongodb.port").write_text("1\n")

    with MongoClient[Any](mongod.start(home)) as client:
        assert client.halocline.missions.find_one() == {"_id": "SEA077/17"}
    assert stopped == ["mongodb"]


def test_a_running_server_is_reused(home):
    assert valkey.start(home) == valkey.start(home)


def test_stop_without_servers_stops_nothing(home):
    assert servers.stop(home) == []


def test_the_broker_evicts_nothing_and_survives_a_restart(home):
    with Redis.from_url(valkey.start_broker(home)) as client:
        client.lpush("queue", "task")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert servers.stop(home) == ["broker"]

    with Redis.from_url(valkey.start_broker(home)) as client:
        assert client.lrange("queue", 0, -1) == [b"task"]
