"""A real mongod, as a replica set of one member, and a real Valkey, which speaks Redis: both from wheels."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis import Redis, RedisError

from app.trial import libraries, process
from app.trial.errors import TrialError

# A cold mongod from a slow disk needs about 10 s; a hung one would keep the user waiting for ever.
START_WITHIN_S = 60.0
_POLL_S = 0.05
_NOT_YET_INITIALIZED = 94
_REPLICA_SET = "rs0"


def start_mongodb(home: Path) -> str:
    """URI of the mongod that keeps its data in `home/mongodb`, ready for transactions; a running one is taken as it is.

    Raises TrialError with one line: a library is missing, or mongod ended or did not get ready in time.
    """
    data = home / "mongodb"
    data.mkdir(parents=True, exist_ok=True)
    port = _port(home, "mongodb")
    if process.alive(home / "mongodb.pid") is None:
        port = _keep_port(home, "mongodb", port if _is_free(port) else free_port())
        command = [str(libraries.mongod()), "--dbpath", str(data), "--port", str(port)]
        command += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", _REPLICA_SET, "--quiet"]
        # A laptop has other things to do: mongod's own default is half of the memory.
        command += ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        process.start("mongodb", command, home)
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500, timeoutMS=5000
    )
    with client:
        _await("mongodb", home, lambda: _is_primary(client, port), (PyMongoError,))
    # Directly: in a set of one there is nothing to discover, and the set may know itself by an earlier port.
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def start_redis(home: Path) -> str:
    """URL of the Valkey of `home`, ready; it keeps nothing. Raises TrialError as `start_mongodb` does."""
    port = _port(home, "redis")
    if process.alive(home / "redis.pid") is None:
        port = _keep_port(home, "redis", port if _is_free(port) else free_port())
        command = [str(libraries.valkey()), "--port", str(port), "--bind", "127.0.0.1"]
        # A cache: nothing on disk, bounded, the least used goes first. Tests give each worker a database.
        command += ["--save", "", "--appendonly", "no", "--maxmemory", "64mb"]
        command += ["--maxmemory-policy", "allkeys-lru", "--databases", "128"]
        process.start("redis", command, home)
    with Redis(host="127.0.0.1", port=port, socket_timeout=1) as client:
        _await("redis", home, lambda: bool(client.ping()), (RedisError,))
    return f"redis://127.0.0.1:{port}/0"


def stop(home: Path) -> list[str]:
    """Names of the servers of `home` that ran and are stopped now, last started first."""
    return [name for name in ("redis", "mongodb") if process.stop(home / f"{name}.pid")]


def free_port() -> int:
    """A TCP port on the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are only being forgotten is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return port != 0


def _port(home: Path, name: str) -> int:
    try:
        return int((home / f"{name}.port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _keep_port(home: Path, name: str, port: int) -> int:
    (home / f"{name}.port").write_text(f"{port}\n", encoding="ascii")
    return port


def _is_primary(client: MongoClient[dict[str, Any]], port: int) -> bool:
    """Makes the server a set of one, or tells the set its new port, and says whether it takes writes by now."""
    hello = client.admin.command("hello")
    if hello.get("isWritablePrimary"):
        return True
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    try:
        known = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": [member]})
        return False
    if known["members"][0]["host"] != member["host"]:
        moved = {**known, "version": known["version"] + 1, "members": [{**known["members"][0], **member}]}
        client.admin.command("replSetReconfig", moved, force=True)
    return False


def _await(name: str, home: Path, ready: Callable[[], bool], errors: tuple[type[Exception], ...]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not _tried(ready, errors):
        log = home / f"{name}.log"
        if process.alive(home / f"{name}.pid") is None:
            raise TrialError(f"{name} ended while starting: {_cause(log)} (whole log: {log})")
        if time.monotonic() > deadline:
            raise TrialError(f"{name} was not ready within {START_WITHIN_S:.0f} s (log: {log})")
        time.sleep(_POLL_S)


def _tried(ready: Callable[[], bool], errors: tuple[type[Exception], ...]) -> bool:
    try:
        return ready()
    except errors:
        return False


def _cause(log: Path) -> str:
    text = process.last_lines(log, 40)
    if "No space left on device" in text:
        return "the disk is full: free some space and try again"
    return process.last_lines(log, 1) or "it wrote nothing"
