"""Transactions: atomic, retried after a write conflict."""

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
    """The result of `work(session)`, whose writes are committed by a majority. `work` may run more than once."""
    with mongo.client.start_session() as session:
        return session.with_transaction(
            work,
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )


def is_unreachable(error: PyMongoError) -> bool:
    """True if the store did not respond, as opposed to rejecting a command: a retry may succeed."""
    return isinstance(error, ConnectionFailure) or error.timeout
