"""Connections, created unbound, opened by the process that uses them (after a fork) and closed last."""

import os
import threading
from typing import Any

import redis as redis_client
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.config import Settings

Document = dict[str, Any]


class ReplicaLagTracker(CommandListener):
    """Whether this thread has read from anything but the primary, which alone knows all that is committed."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def begin(self) -> None:
        """Forgets what was read before."""
        self._thread.lagged = False

    def lagged(self) -> bool:
        """Whether something came from a secondary since `begin`."""
        return bool(getattr(self._thread, "lagged", False))

    def started(self, event: CommandStartedEvent) -> None:
        """Called by pymongo before each command."""
        client = mongo.opened
        if client is not None and client.topology_description.topology_type_name.startswith("ReplicaSet"):
            self._thread.lagged = self.lagged() or event.connection_id != client.primary

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Called by pymongo; nothing more is known then."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Called by pymongo; what failed gave nothing to show."""


class Mongo:
    """MongoDB. `db` opens on first use in each process: a client must not cross a fork."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._client: MongoClient[Document] | None = None
        self._pid: int | None = None
        self._lock = threading.Lock()

    def bind(self, settings: Settings) -> None:
        """Says where; connects nowhere. The same settings again keep what is open."""
        if settings != self._settings:
            self.close()
            self._settings = settings

    @property
    def client(self) -> MongoClient[Document]:
        if self._client is None or self._pid != os.getpid():
            with self._lock:
                if self._client is None or self._pid != os.getpid():
                    self._client, self._pid = self._open(), os.getpid()
        return self._client

    def _open(self) -> MongoClient[Document]:
        settings = self._bound()
        return MongoClient(
            settings.mongodb_uri,
            tz_aware=True,
            timeoutMS=settings.mongodb_timeout_ms,
            serverSelectionTimeoutMS=settings.mongodb_timeout_ms,
            connectTimeoutMS=settings.mongodb_timeout_ms,
            # Every thread may hold one connection, and two are for the health check and the change log.
            maxPoolSize=settings.web_threads + 2,
            readPreference="primaryPreferred",
            w="majority",
            retryWrites=True,
            appname="halocline",
            event_listeners=[reading],
        )

    @property
    def database(self) -> str:
        """The name of the portal's database."""
        return self._bound().mongodb_database

    @property
    def opened(self) -> MongoClient[Document] | None:
        """The client when there is one already."""
        return self._client

    def _bound(self) -> Settings:
        if self._settings is None:
            raise RuntimeError("extensions.mongo is not bound to settings")
        return self._settings

    @property
    def db(self) -> Database[Document]:
        """The portal's database. Each call may raise pymongo's errors within the deadline of the settings.

        What a majority does not have yet may be rolled back: a page of it would be kept after it has gone.
        """
        return self.client.get_database(
            self.database, write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority")
        )

    def close(self) -> None:
        """Closes what this process opened; harmless when nothing is open."""
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None


class Redis:
    """Redis (or Valkey): only ever speeds things up. `client` opens lazily; every command has a deadline."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._client: redis_client.Redis | None = None
        self._pid: int | None = None

    def bind(self, settings: Settings) -> None:
        """Says where; connects nowhere. The same settings again keep what is open."""
        if settings != self._settings:
            self.close()
            self._settings = settings

    @property
    def client(self) -> redis_client.Redis:
        """Raises redis.RedisError on use when Redis is away: callers catch it and go on without."""
        if self._settings is None:
            raise RuntimeError("extensions.redis is not bound to settings")
        if self._client is None or self._pid != os.getpid():
            timeout_s = self._settings.redis_timeout_s
            self._client = redis_client.Redis.from_url(
                self._settings.redis_url,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                retry=Retry(NoBackoff(), 1),  # The library's ten retries would hold a thread for a minute.
                max_connections=self._settings.web_threads + 2,
            )
            self._pid = os.getpid()
        return self._client

    def close(self) -> None:
        """Closes what this process opened; harmless when nothing is open."""
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None


reading = ReplicaLagTracker()
mongo = Mongo()
redis = Redis()
