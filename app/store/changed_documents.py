"""The keys of the documents that change while a backup reads them, from MongoDB's change stream."""

import time
from types import TracebackType
from typing import Any, Self

import bson
from bson.timestamp import Timestamp
from pymongo.change_stream import DatabaseChangeStream
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from app.errors import RunFailed
from app.extensions import mongo

# Where to begin, as arguments of `watch`: {"start_at_operation_time": Timestamp} or {"resume_after": token}.
Position = dict[str, Any]

# The server must not send the documents themselves.
_KEYS_ONLY = [{"$project": {"documentKey": 1, "ns": 1, "operationType": 1}}]
_BATCH = 1000
# Reading ends when the stream has nothing new, which the server reports after this wait.
_WAIT_MS = 20
# An idle replica set writes an entry to its log every 10 s.
_REACHED_WITHIN_S = 60.0
_OF_DOCUMENTS = frozenset({"insert", "update", "replace", "delete"})
# ChangeStreamFatalError, ChangeStreamHistoryLost.
_LOST = (280, 286)
# The first byte of a token, before the seconds and the ordinal of its time: MongoDB's key format for a timestamp.
_TIMESTAMP = "82"


class HistoryLost(RunFailed):
    """The changes since the position are incomplete: the backup must start again."""


def after(moment: Timestamp) -> Position:
    """The position after a moment of the store."""
    return {"start_at_operation_time": Timestamp(moment.time, moment.inc + 1)}


class ChangedDocuments:
    """Collects the keys of the documents that change after a position. Reads in the session; raises HistoryLost."""

    def __init__(self, position: Position, session: ClientSession) -> None:
        self._position = position
        self._keys: dict[str, set[bytes]] = {}
        try:
            self._stream: DatabaseChangeStream[dict[str, Any]] = mongo.db.watch(
                _KEYS_ONLY, session=session, batch_size=_BATCH, max_await_time_ms=_WAIT_MS, **position
            )
        except OperationFailure as error:
            raise _translated(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def __len__(self) -> int:
        return sum(len(keys) for keys in self._keys.values())

    @property
    def position(self) -> Position:
        """The position up to which the changes have been read."""
        token = self._stream.resume_token
        return self._position if token is None else {"resume_after": dict(token)}

    def read(self, until: Timestamp | None = None) -> None:
        """Collect the keys of the changes up to now, and at least up to `until`."""
        deadline_s = time.monotonic() + _REACHED_WITHIN_S
        while (change := self._next()) is not None or not self._has_reached(until):
            if change is not None:
                self._note(change)
            elif time.monotonic() > deadline_s:
                raise RunFailed("The change stream of MongoDB has not reached the present within a minute")

    def keys(self) -> dict[str, list[Any]]:
        """The keys by collection, in order."""
        return {name: [bson.decode(key)["_id"] for key in sorted(self._keys[name])] for name in sorted(self._keys)}

    def clear(self) -> None:
        """Remove the keys."""
        self._keys.clear()

    def _next(self) -> dict[str, Any] | None:
        try:
            return self._stream.try_next()
        except OperationFailure as error:
            raise _translated(error) from error

    def _note(self, change: dict[str, Any]) -> None:
        kind = change["operationType"]
        if kind not in _OF_DOCUMENTS:
            name = change.get("ns", {}).get("coll", mongo.database)
            raise HistoryLost(f"{name} was dropped or renamed while the backup was reading ({kind}): start it again")
        self._keys.setdefault(change["ns"]["coll"], set()).add(bson.encode({"_id": change["documentKey"]["_id"]}))

    def _has_reached(self, moment: Timestamp | None) -> bool:
        if moment is None:
            return True
        token = self._stream.resume_token
        return token is not None and _time_of(token) >= moment


def _time_of(token: Any) -> Timestamp:
    """The time in a token: after a type byte, 4 bytes of seconds and 4 of an ordinal, in hexadecimal digits."""
    text = str(token["_data"])
    if not text.startswith(_TIMESTAMP):
        raise RunFailed("This version of MongoDB has change stream tokens of an unknown format")
    return Timestamp(int(text[2:10], 16), int(text[10:18], 16))


def _translated(error: OperationFailure) -> Exception:
    if error.code in _LOST:
        return HistoryLost(
            "The log of MongoDB (oplog) no longer has the changes since this backup began: start it again, and enlarge "
            "the oplog if that repeats"
        )
    return error
