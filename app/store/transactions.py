"""One transaction: all of it or nothing, repeated when it meets another."""

from collections.abc import Callable
from typing import TypeVar

from pymongo import ReadPreference
from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app.extensions import mongo

Result = TypeVar("Result")


def run(work: Callable[[ClientSession], Result]) -> Result:
    """What `work(session)` returns, its writes committed by a majority. `work` may be called more than once."""
    with mongo.client.start_session() as session:
        return session.with_transaction(
            work,
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )


def is_away(error: PyMongoError) -> bool:
    """Whether the store did not answer, and not that it answered no: trying again later may help."""
    return isinstance(error, ConnectionFailure) or error.timeout
