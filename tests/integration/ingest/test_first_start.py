"""The first start of several processes at once on an empty database."""

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
def nothing(mongodb_uri: str, worker_number: int) -> Iterator[Db]:
    """A database that does not exist yet."""
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        name = f"test_{worker_number}_first"
        client.drop_database(name)
        yield client[name]
        client.drop_database(name)


def test_first_starts_at_once_end_in_one_ready_store(nothing: Db) -> None:
    together = Barrier(4)

    def start(_: int) -> list[str]:
        together.wait(timeout=10)
        return indexes.ensure(nothing)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(start, range(4)))

    assert done == [sorted(indexes.INDEXES)] * 4
    assert indexes.missing(nothing) == []


def test_a_collection_that_came_between_the_look_and_the_command_is_fine(
    nothing: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.ensure(nothing)
    monkeypatch.setattr(type(nothing), "list_collections", Mock(return_value=[]))
    monkeypatch.setattr(type(nothing), "list_collection_names", Mock(return_value=[]))

    assert indexes.ensure(nothing) == sorted(indexes.INDEXES)
