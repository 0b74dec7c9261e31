"""Connections to MongoDB and Redis: bound to settings first, opened on first use (after the fork), closed last."""

import os
import threading
from contextlib import suppress
from typing import Any

import pymongo
import redis as redis_client
from pymongo import MongoClient, ReadPreference
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, NotPrimaryError, PyMongoError
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ConnectionPoolListener,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.circuit_breaker import OPTIONAL, CircuitBreaker
from app.config import Settings

# For a ping, which MongoDB answers in milliseconds; longer than a lost packet takes.
PING_TIMEOUT_S = 1.0

# The longest wait for a server, also in commands whose operations may last longer: an election takes about 10 s.
_LONGEST_SELECTION_MS = 15_000

Document = dict[str, Any]


class ReplicaLagTracker(CommandListener):
    """Records for each thread whether it has read from a secondary, which may lag behind the primary."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def reset(self) -> None:
        """Start a new record for this thread."""
        self._thread.has_secondary_read = False

    def has_secondary_read(self) -> bool:
        """True if this thread has read from a secondary since `reset`."""
        return bool(getattr(self._thread, "has_secondary_read", False))

    def started(self, event: CommandStartedEvent) -> None:
        """Called by pymongo before each command."""
        client = mongo.opened
        if client is not None and client.topology_description.topology_type_name.startswith("ReplicaSet"):
            is_secondary = event.connection_id != client.primary
            self._thread.has_secondary_read = self.has_secondary_read() or is_secondary

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Called by pymongo; `started` has recorded the server already."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Called by pymongo; a failed command returns no data."""


class AnswerRecorder(CommandListener):
    """Reports each answer of MongoDB to the circuit breaker."""

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker

    def started(self, event: CommandStartedEvent) -> None:
        """Called by pymongo; a command that was sent is no answer."""

    def succeeded(self, event: CommandSucceededEvent) -> None:  # noqa: ARG002
        """Called by pymongo after each command."""
        self._breaker.answered()

    def failed(self, event: CommandFailedEvent) -> None:
        """Called by pymongo, also before it retries the command; callers report the final error to `note_failure`."""


class CircuitOpen(ConnectionFailure):
    """MongoDB does not answer: the operation was not tried."""


class Mongo:
    """MongoDB. Each process opens its own client on first use, because a client must not cross a fork."""

    def __init__(self) -> None:
        self.breaker = CircuitBreaker(self._probe)
        # Further listeners of the driver, for metrics. Set before the client is opened.
        self.listeners: tuple[CommandListener | ConnectionPoolListener, ...] = ()
        self._settings: Settings | None = None
        self._client: MongoClient[Document] | None = None
        self._pid: int | None = None
        self._lock = threading.Lock()

    def bind(self, settings: Settings) -> None:
        """Set the server to use, without connecting. Equal settings leave an open connection as it is."""
        if settings != self._settings:
            self.close()
            self._settings = settings

    @property
    def client(self) -> MongoClient[Document]:
        """The client of this process. Opens it on first use."""
        if self._client is None or self._pid != os.getpid():
            with self._lock:
                if self._client is None or self._pid != os.getpid():
                    self._client, self._pid = self._open(), os.getpid()
        return self._client

    def _open(self) -> MongoClient[Document]:
        settings = self._bound()
        selection_ms = min(settings.mongodb_timeout_ms, _LONGEST_SELECTION_MS)
        ca_path = settings.mongodb_tls_ca_path
        tls: dict[str, Any] = {"tls": True, "tlsCAFile": str(ca_path)} if ca_path else {}
        return MongoClient(
            settings.mongodb_uri,
            **tls,
            tz_aware=True,
            timeoutMS=settings.mongodb_timeout_ms,
            serverSelectionTimeoutMS=selection_ms,
            connectTimeoutMS=selection_ms,
            # For the commands that `timeoutMS` does not limit: closing a cursor, and the end of all sessions.
            socketTimeoutMS=settings.mongodb_timeout_ms,
            maxPoolSize=self.pool_limit,
            readPreference="primaryPreferred",
            w="majority",
            retryWrites=True,
            appname="halocline",
            event_listeners=[replica_lag, AnswerRecorder(self.breaker), *self.listeners],
        )

    @property
    def pool_limit(self) -> int:
        """Most connections to each server: one for each request thread, and three for the background threads."""
        # The health check, the change log and the background refresh.
        return self._bound().web_threads + self._bound().body_threads + 3

    @property
    def database(self) -> str:
        """The name of the portal's database."""
        return self._bound().mongodb_database

    @property
    def opened(self) -> MongoClient[Document] | None:
        """The client, or None before its first use."""
        return self._client

    def _bound(self) -> Settings:
        if self._settings is None:
            raise RuntimeError("extensions.mongo is not bound to settings")
        return self._settings

    @property
    def db(self) -> Database[Document]:
        """The portal's database. Each call may raise pymongo's errors within the timeout of the settings.

        Raises CircuitOpen while the circuit breaker is open. It only opens in processes that call `note_failure`.
        Reads use read concern `majority`: other data may be rolled back, and a page of it would stay cached.
        """
        if self.breaker.is_open:
            raise CircuitOpen("MongoDB does not answer")
        return self.client.get_database(
            self.database, write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority")
        )

    def ping(self) -> None:
        """Raises pymongo's errors if no server answers within a second, also while the circuit breaker is open."""
        _ping(self.client)

    def note_failure(self, error: PyMongoError) -> None:
        """Report the error of an operation, after the driver's retries, to the circuit breaker.

        Only errors without an answer count: no deadline that the server itself enforced, and no change of the primary.
        """
        if isinstance(error, ConnectionFailure) and not isinstance(error, NotPrimaryError | CircuitOpen):
            self.breaker.failed()

    def _probe(self) -> None:
        # Not the property `client`, which would reopen a client that was closed in the meantime.
        client = self._client
        if client is None:
            self.breaker.close()
            return
        with suppress(PyMongoError):
            _ping(client)

    def close(self) -> None:
        """Close the client that this process opened, if any."""
        self.breaker.close()
        if self._client is not None and self._pid == os.getpid():
            # It sends MongoDB the end of its sessions, which an unreachable server does not need.
            with pymongo.timeout(PING_TIMEOUT_S):
                self._client.close()
        self._client = None


def _ping(client: MongoClient[Document]) -> None:
    # A secondary answers reads too: an election is not an outage.
    with pymongo.timeout(PING_TIMEOUT_S):
        client.admin.command("ping", read_preference=ReadPreference.PRIMARY_PREFERRED)


# Written by the probe: a replica that became read-only, or a server without memory, would answer a ping.
_PROBE_KEY = "halocline:probe"


class Redis:
    """Redis (or Valkey), which the portal can do without. Every command has a timeout.

    Callers ask `breaker` before a command, and report an error to it: while Redis fails, no request waits for it.
    """

    def __init__(self) -> None:
        self.breaker = CircuitBreaker(self._probe, OPTIONAL)
        # A class that measures commands, in processes with metrics. Set before the client is opened.
        self.client_class = redis_client.Redis
        self._settings: Settings | None = None
        self._client: redis_client.Redis | None = None
        self._pid: int | None = None
        self._lock = threading.Lock()

    def bind(self, settings: Settings) -> None:
        """Set the server to use, without connecting. Equal settings leave an open connection as it is."""
        if settings != self._settings:
            self.close()
            self._settings = settings

    @property
    def client(self) -> redis_client.Redis:
        """The client of this process. Its commands raise redis.RedisError; callers catch it and go on without Redis."""
        if self._client is None or self._pid != os.getpid():
            with self._lock:
                if self._client is None or self._pid != os.getpid():
                    self._client, self._pid = self._open(), os.getpid()
        return self._client

    def _open(self) -> redis_client.Redis:
        if self._settings is None:
            raise RuntimeError("extensions.redis is not bound to settings")
        timeout_s = self._settings.redis_timeout_s
        return self.client_class.from_url(
            self._settings.redis_url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 1),  # The library's default of ten would hold a thread for a minute.
            max_connections=self._settings.web_threads + self._settings.body_threads + 3,
        )

    def _probe(self) -> None:
        with suppress(redis_client.RedisError, OSError):
            self.client.set(_PROBE_KEY, 1, px=1000)
            self.breaker.answered()

    @property
    def opened(self) -> redis_client.Redis | None:
        """The client, or None before its first use."""
        return self._client

    def close(self) -> None:
        """Close the client that this process opened, if any."""
        self.breaker.close()
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None


replica_lag = ReplicaLagTracker()
mongo = Mongo()
redis = Redis()
