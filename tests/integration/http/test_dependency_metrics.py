"""The use of real servers is measured: pools, waits, failures, timeouts."""

from collections import Counter
from typing import Any

import pytest
from pymongo import CursorType, MongoClient
from pymongo.errors import OperationFailure, WaitQueueTimeoutError
from redis import ResponseError
from redis import TimeoutError as RedisTimeout

from app.telemetry import metrics
from app.telemetry.dependencies import CommandDurations, PoolConnections, TimedRedis, publish_pools

DURATIONS = "halocline_dependency_request_duration_seconds_count"


@pytest.fixture
def counted():
    """The requests by operation and outcome that were counted during the test."""

    def counts():
        return Counter(
            {
                tuple(sample.labels.values()): sample.value
                for sample in next(iter(metrics.dependency_request_duration.collect())).samples
                if sample.name == DURATIONS
            }
        )

    before = counts()

    def measured(server):
        # Portals of earlier tests may still ping MongoDB.
        found = counts() - before
        pings = ("mongodb", "other", "ok")
        return {labels: count for labels, count in found.items() if labels[0] == server and labels != pings}

    return measured


@pytest.fixture
def pool():
    return PoolConnections()


@pytest.fixture
def client(settings, pool):
    """A client with one connection, for which a command waits 50 ms at most."""
    listeners = [CommandDurations(), pool]
    with MongoClient[dict[str, Any]](
        settings.mongodb_uri, maxPoolSize=1, waitQueueTimeoutMS=50, retryReads=False, event_listeners=listeners
    ) as mongodb:
        yield mongodb


@pytest.fixture
def redis(settings):
    client = TimedRedis.from_url(settings.redis_url, socket_timeout=0.1)
    yield client
    client.close()


def state(pool):
    pool.publish()
    return [metrics.mongodb_pool_connections.labels(state)._value.get() for state in ("in_use", "idle")]


def test_connections_are_in_use_or_idle(client, pool, db):
    db.numbers.insert_many({"n": n} for n in range(1000))
    numbers = client[db.name].numbers
    assert state(pool) == [0, 0]
    with numbers.find(batch_size=10, cursor_type=CursorType.EXHAUST) as cursor:
        next(cursor)
        in_use = state(pool)
    numbers.find_one()

    assert in_use == [1, 0]
    assert state(pool) == [0, 1]
    client.close()
    assert state(pool) == [0, 0]


def test_a_command_without_a_connection_is_a_failure_of_the_pool(client, db):
    failures = metrics.mongodb_pool_checkout_failures.labels("timeout")._value
    db.numbers.insert_many({"n": n} for n in range(1000))
    numbers = client[db.name].numbers
    before = failures.get()
    with numbers.find(batch_size=10, cursor_type=CursorType.EXHAUST) as cursor:
        next(cursor)
        with pytest.raises(WaitQueueTimeoutError):
            numbers.find_one()

    assert failures.get() - before == 1


def test_commands_of_mongodb_are_counted_by_operation_and_outcome(client, db, counted):
    db.numbers.insert_many({"n": n} for n in range(3))
    numbers = client[db.name].numbers
    list(numbers.find(batch_size=2))
    numbers.count_documents({})
    with pytest.raises(OperationFailure):
        numbers.find_one({"$nonsense": 1})

    assert counted("mongodb") == {
        ("mongodb", "find", "ok"): 1,
        ("mongodb", "getMore", "ok"): 1,
        ("mongodb", "aggregate", "ok"): 1,
        ("mongodb", "find", "error"): 1,
    }


def test_a_command_beyond_its_time_is_a_timeout(client, db, counted):
    db.numbers.insert_many({"n": n} for n in range(1000))
    # A thousand documents with a thousand each, all counted before the first result.
    joined = {"$lookup": {"from": "numbers", "pipeline": [], "as": "all"}}
    pipeline = [joined, {"$unwind": "$all"}, {"$group": {"_id": "$all.n", "n": {"$sum": "$n"}}}]
    with pytest.raises(OperationFailure):
        client[db.name].numbers.aggregate(pipeline, maxTimeMS=5)

    assert counted("mongodb") == {("mongodb", "aggregate", "timeout"): 1}


def test_commands_of_redis_are_counted_by_operation_and_outcome(redis, counted):
    redis.set("key", "x")
    redis.get("key")
    redis.delete("key")
    with pytest.raises(ResponseError):
        redis.execute_command("GET")
    with pytest.raises(RedisTimeout):
        redis.blpop(["nothing"], timeout=1)

    assert counted("redis") == {
        ("redis", "set", "ok"): 1,
        ("redis", "get", "ok"): 1,
        ("redis", "other", "ok"): 1,
        ("redis", "get", "error"): 1,
        ("redis", "other", "timeout"): 1,
    }


def test_connections_of_redis_are_in_use_or_idle(redis):
    redis.get("key")
    publish_pools(redis)

    states = [metrics.redis_pool_connections.labels(state)._value.get() for state in ("in_use", "idle")]
    assert states == [0, 1]
