"""A database that tests share: restored cheaply, and only the collections with writes since the last restoration.

The server's oplog names every collection that any process has written to. Content that is slow to build is built
once: later tests restore the stored documents.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from itertools import chain
from typing import Any

from bson.raw_bson import RawBSONDocument
from bson.regex import Regex
from bson.timestamp import Timestamp
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from app.store import indexes

Documents = Mapping[str, list[RawBSONDocument]]
# The content after the first start of Halocline.
_EMPTY: tuple[Hashable, ...] = ()
# Part of the namespace of commands such as `create` and `dropIndexes`.
_COMMANDS = "$cmd"


class RestorableDatabase:
    """The portal's database `name`. A content is the sequence of keys passed to `seed` since `empty`."""

    def __init__(self, uri: str, name: str) -> None:
        # w=1 is enough here: the last write of a restoration waits for the majority.
        self._client: MongoClient[RawBSONDocument] = MongoClient(
            uri, document_class=RawBSONDocument, w=1, timeoutMS=30_000
        )
        self._db = self._client[name]
        self._contents: dict[tuple[Hashable, ...], Documents] = {}
        self._results: dict[tuple[Hashable, ...], Any] = {}
        self._current: tuple[Hashable, ...] | None = None
        self._since: Timestamp | None = None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def empty(self) -> None:
        """Restore the database with its validators and indexes and without any mission."""
        self._restore(_EMPTY)

    def begin_with(self, key: Hashable, build: Callable[[], Any]) -> None:
        """Restore the content that `build` creates in the empty database; does nothing if it is current."""
        if (*_EMPTY, key) in self._contents:
            self._restore((*_EMPTY, key))
        else:
            self.empty()
            self.seed(key, build)

    def seed(self, key: Hashable, build: Callable[[], Any]) -> Any:
        """Return what `build` returns, with the documents that it stores in the database.

        `build` runs once for each content on which it is called; later calls restore the documents. After a write of
        the test itself, it runs at every call. Tests must not change its result.
        """
        if self._current is None or self._written():
            return build()
        content = (*self._current, key)
        if content in self._contents:
            self._restore(content)
        else:
            self._results[content] = build()
            self._contents[content] = self._snapshot()
            self._enter(content)
        return self._results[content]

    def _restore(self, content: tuple[Hashable, ...]) -> None:
        written = self._written()
        if self._current is None or _COMMANDS in written:
            self._begin()
            written = set()
        before, after = self._contents[self._current or _EMPTY], self._contents[content]
        different = {name for name in {*before, *after} if before.get(name) is not after.get(name)}
        for name in written | different:
            if name in before or name in written:
                self._db[name].delete_many({})
            if name in after:
                self._db[name].insert_many(after[name], ordered=False)
        if written or different:
            self._enter(content)
        self._current = content

    def _begin(self) -> None:
        """Remove every document and every unknown collection; create what is missing."""
        options = self._client.codec_options.with_options(document_class=dict, tz_aware=True)
        portal: Database[Any] = self._db.with_options(codec_options=options)
        for name in portal.list_collection_names(filter={"type": "collection"}):
            if name in indexes.INDEXES:
                portal[name].delete_many({})
            else:
                portal.drop_collection(name)
        indexes.ensure(portal)
        self._current = None
        if _EMPTY not in self._contents:
            empty = self._snapshot()
            # A document of a process that an earlier test left running would be part of every content.
            assert "changes" not in empty, "another process writes into the database of the tests"
            self._contents[_EMPTY] = empty
        self._enter(_EMPTY)

    def _snapshot(self) -> Documents:
        """All documents. Collections without a write since the current content reuse its lists."""
        before = {} if self._current is None else self._contents[self._current]
        names = set(indexes.INDEXES) if self._current is None else self._written() - {_COMMANDS}
        now = {name: list(self._db[name].find()) for name in names}
        return {name: documents for name, documents in {**before, **now}.items() if documents}

    def _enter(self, content: tuple[Hashable, ...]) -> None:
        """Record that the database holds this content, and wait until every reader sees it."""
        # The portal reads with read concern majority: this write changes nothing and waits for all earlier writes.
        counters = self._db.counters.with_options(write_concern=WriteConcern("majority"))
        with self._client.start_session() as session:
            counters.delete_one({"_id": "none"}, session=session)
            self._since = session.operation_time
        self._current = content

    def _written(self) -> set[str]:
        """The collections that any process has written to since the current content was entered."""
        if self._current is None:
            return set()
        own = Regex(f"^{re.escape(self._db.name)}\\.")
        entries = self._client.local["oplog.rs"].aggregate(
            [
                {"$match": {"ts": {"$gt": self._since}, "$or": [{"ns": own}, {"o.applyOps.ns": own}]}},
                {"$group": {"_id": "$ns", "inner": {"$addToSet": "$o.applyOps.ns"}}},
            ]
        )
        spaces = {space for entry in entries for space in (entry["_id"], *chain.from_iterable(entry["inner"]))}
        prefix = f"{self._db.name}."
        return {space.removeprefix(prefix) for space in spaces if space.startswith(prefix)}
