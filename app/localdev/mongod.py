"""A real mongod from a wheel, as a replica set of one member."""

from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app.localdev import libraries, pidfiles, ports, readiness

_NOT_YET_INITIALIZED = 94
_REPLICA_SET = "rs0"


def start(home: Path) -> str:
    """URI of a mongod with its data in `home/mongodb`, ready for transactions; it is started unless it runs.

    Raises LocalDevError if a library is missing, mongod ended, or it was not ready in time.
    """
    data = home / "mongodb"
    data.mkdir(parents=True, exist_ok=True)
    port = ports.recorded(home, "mongodb")
    if pidfiles.alive(home / "mongodb.pid") is None:
        port = ports.assigned(home, "mongodb")
        command = [str(libraries.mongod()), "--dbpath", str(data), "--port", str(port)]
        command += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", _REPLICA_SET, "--quiet"]
        # A laptop runs other programs, too: mongod's default cache is half of the memory.
        command += ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        pidfiles.start("mongodb", command, home)
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500, timeoutMS=5000
    )
    with client:
        readiness.wait("mongodb", home, lambda: _is_primary(client, port), (PyMongoError,))
    # Direct: a set of one member needs no discovery, and its configuration may still name an earlier port.
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def _is_primary(client: MongoClient[dict[str, Any]], port: int) -> bool:
    """True if the server accepts writes. Else initiates its set of one member, or updates its port."""
    hello = client.admin.command("hello")
    if hello.get("isWritablePrimary"):
        return True
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    try:
        replica_set = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": [member]})
        return False
    current = replica_set["members"][0]
    if current["host"] != member["host"]:
        moved = {**replica_set, "version": replica_set["version"] + 1, "members": [{**current, **member}]}
        client.admin.command("replSetReconfig", moved, force=True)
    return False
