"""Snapshot reads: many reads of the store at one point in time."""

from pymongo.client_session import ClientSession

from app.extensions import mongo


def begin() -> ClientSession:
    """A session whose reads all see the store as of the first read; the caller ends it.

    MongoDB retains a snapshot for 5 minutes by default; later reads raise OperationFailure.
    """
    return mongo.client.start_session(snapshot=True)
