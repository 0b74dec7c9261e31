"""Reads of a backup: documents of whole collections as BSON, unchanged. Not for requests."""

import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo import ReadPreference
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from app.errors import RunFailed
from app.extensions import mongo

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
_BY_KEY = [("_id", 1)]
# A primary that was just elected reports the commits of its predecessor within milliseconds.
_SNAPSHOT_WITHIN_S = 30.0
_PAUSE_S = 0.1


def session() -> ClientSession:
    """A session whose reads never return older data than its earlier ones, also from a secondary that lags."""
    return mongo.client.start_session(causal_consistency=True)


def now(session: ClientSession) -> Timestamp:
    """The present time of the store, which later reads of the session include. Raises pymongo's errors."""
    mongo.db.counters.find_one({}, {"_id": 1}, session=session)
    if session.operation_time is None:
        raise RunFailed("MongoDB is not a replica set: a backup needs its change streams")
    return session.operation_time


def collections() -> list[str]:
    """The names of all collections, in order."""
    names: list[str] = mongo.db.list_collection_names(filter={"type": "collection"})
    return sorted(name for name in names if not name.startswith("system."))


def documents(collection: str, after: Any, session: ClientSession) -> Iterator[bytes]:
    """The documents of a collection in the order of their keys, after the key `after`; from the first with None.

    A document that is not changed meanwhile is returned as it is; of the others the result may be any state.
    """
    cursor: Any = _collection(collection).find_raw_batches({}, session=session).sort(_BY_KEY).hint(_BY_KEY)
    if after is not None:
        # Not a query with $gt, which only matches keys of the same type. `min` includes the key.
        cursor = cursor.min([("_id", after)])
    found = (document for batch in cursor for document in split(batch))
    for document in found:
        if after is None or key(document) != after:
            yield document
        break
    yield from found


def by_keys(collection: str, keys: Sequence[Any], session: ClientSession) -> Iterator[bytes]:
    """The documents of a collection with these keys, in any order."""
    batches: Any = mongo.db[collection].find_raw_batches({"_id": {"$in": list(keys)}}, session=session)
    for batch in batches:
        yield from split(batch)


def count(collection: str, session: ClientSession) -> int:
    """The number of documents, counted in the index of keys."""
    return mongo.db[collection].count_documents({}, hint="_id_", session=session)


def split(batch: bytes) -> Iterator[bytes]:
    """The documents in a sequence of BSON documents. Raises ValueError if it is cut off."""
    position = 0
    while position < len(batch):
        if position + 4 > len(batch):
            raise ValueError("a document is cut off")
        (size,) = struct.unpack_from("<i", batch, position)
        if size < 5 or position + size > len(batch):
            raise ValueError("a document is cut off")
        yield batch[position : position + size]
        position += size


def key(document: bytes) -> Any:
    """The `_id` of a document. Raises bson's errors and KeyError."""
    return RawBSONDocument(document, _RAW)["_id"]


@contextmanager
def snapshot(since: Timestamp) -> Iterator[tuple[ClientSession, Timestamp]]:
    """A session whose reads all see the store at one moment, which is not before `since`, and that moment.

    MongoDB retains it for 5 minutes by default; later reads raise OperationFailure. Raises RunFailed if the server has
    no such snapshot within half a minute.
    """
    deadline_s = time.monotonic() + _SNAPSHOT_WITHIN_S
    while time.monotonic() < deadline_s:
        with mongo.client.start_session(snapshot=True) as session:
            reply = mongo.db.command({"find": "counters", "limit": 1}, session=session)
            moment: Timestamp = reply["cursor"]["atClusterTime"]
            if moment >= since:
                yield session, moment
                return
        time.sleep(_PAUSE_S)
    raise RunFailed("MongoDB has not committed recent writes to a majority of its members")


def _collection(name: str) -> Collection[dict[str, Any]]:
    # Not from the primary, which serves the visitors, if there is another member.
    return mongo.db[name].with_options(read_preference=ReadPreference.SECONDARY_PREFERRED)
