"""Many reads of one moment: what is written meanwhile does not show."""

from pymongo.client_session import ClientSession

from app.extensions import mongo


def begin() -> ClientSession:
    """A session whose reads all see the store as of the first of them; the caller ends it.

    MongoDB keeps a moment for 5 minutes unless told otherwise; reads that come later raise OperationFailure.
    """
    return mongo.client.start_session(snapshot=True)
