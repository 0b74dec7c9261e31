"""The first start of several concurrent processes on an empty database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest.mock import Mock

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from app.store import indexes

Db = Database[dict[str, Any]]


@pytest.fixture
def new_database(mongodb_uri: str, worker_number: int) -> Iterator[Db]:
    """A database that does not exist yet."""
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        name = f"test_{worker_number}_first"
        client.drop_database(name)
        yield client[name]
        client.drop_database(name)


def test_concurrent_first_starts_create_all_collections_and_indexes(new_database: Db) -> None:
    barrier = Barrier(4)

    def start(_: int) -> list[str]:
        barrier.wait(timeout=10)
        return indexes.ensure(new_database)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(start, range(4)))

    assert results == [sorted(indexes.INDEXES)] * 4
    assert indexes.missing(new_database) == []


def test_a_collection_that_another_process_creates_after_the_check_is_no_error(
    new_database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.ensure(new_database)
    monkeypatch.setattr(type(new_database), "list_collections", Mock(return_value=[]))
    monkeypatch.setattr(type(new_database), "list_collection_names", Mock(return_value=[]))

    assert indexes.ensure(new_database) == sorted(indexes.INDEXES)
